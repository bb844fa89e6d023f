"""The simulated provider's command line, as containers use it."""

import json

import pytest

from support import BINARIES, Simulator, get


def test_faults_hold_from_the_start(processes):
    rules = [{"match": {"model": "broken"}, "fault": {"status": 503}}]
    simulator = Simulator("--faults", json.dumps(rules))
    processes.append(simulator)
    statuses = [
        get(f"{simulator.url}/v1/chat/completions", "POST", json.dumps({"model": model, "messages": []}).encode())[0]
        for model in ("broken", "whole")]
    assert statuses == [503, 200]


@pytest.mark.parametrize("text, words", [
    ("[{", "--faults: bad JSON"), ('[{"fault": {"status": 999}}]', "status must be from 200 to 599"),
    ('[{"match": {"port": 1}, "fault": {"refuse": true}}]', "can't refuse from the start")])
def test_wrong_faults_are_refused(run, text, words):
    asked = run(BINARIES / "modelsim", "--port", 0, "--faults", text)
    assert asked.code != 0 and words in asked.output, asked.output
