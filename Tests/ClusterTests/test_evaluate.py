"""Evaluations of versions against the one that serves, by the command line, and the gate that wants them: replicas with a real Redis."""

import json
import os
import subprocess
import urllib.error
import urllib.request

import pytest

from cluster import BINARIES, Redis, Simulator, eventually
from support import CLIENT_KEY, NARROW_KEY, Router, get, sha256

TOKEN = "admin-token-of-tests"
CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 2, drain_notice: 1ms }}
admin: {{ port: {admin_port}, token: {token} }}
state: {{ redis: "{redis}" }}
breaker: {{ min_requests: 10000 }}
providers:
  sim: {{ dialect: openai, base_url: "{sim}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  small: {{ provider: sim, model: sim-small }}
  large: {{ provider: sim, model: sim-large }}
models:
  chat: {{ deployments: [small], retry: {{ attempts: 1 }} }}
rollout:
  gate: {{ suite: {suite}, required: {required} }}
  latency_ratio: 32
tenants:
  acme:
    keys:
      - {{ id: evaluator, sha256: {key}, pin: any }}
      - {{ id: client, sha256: {narrow} }}
"""


def line(name, expect):
    messages = [{"role": "user", "content": f"Say something to {name}."}]
    return json.dumps({"name": name, "request": {"messages": messages, "max_tokens": 8}, "expect": expect})


SUITE = [
    line("answers", {"model": "chat", "matches": r"\w+", "refuses": False, "max_latency_ms": 10_000}),
    line("ends", {"status": 200, "finish_reason": "length"}),
]


class Case:
    def __init__(self, folder, required="true", replicas=2):
        self.processes, self.folder = [], folder
        self.redis, self.simulator = Redis(), Simulator()
        self.suite = folder / "suite.jsonl"
        self.suite.write_text("\n".join(SUITE) + "\n")
        self.routers = [
            Router.of(
                self.processes, folder, CONFIG, redis=self.redis.url, sim=self.simulator.url, key=sha256(CLIENT_KEY),
                narrow=sha256(NARROW_KEY), suite=self.suite, required=required, token=TOKEN)
            for _ in range(replicas)]

    def call(self, *words, text=None, key=CLIENT_KEY):
        environment = {**os.environ, "PROVIDER_KEY": "x", "SWITCHYARD_ADMIN_TOKEN": TOKEN, "SWITCHYARD_KEY": key}
        run = subprocess.run(
            [BINARIES / "switchyard", *map(str, words), "--config", self.routers[0].config], capture_output=True,
            text=True, input=text, env=environment, timeout=120)
        return run.returncode, run.stdout.strip(), run.stderr.strip()

    def done(self, *words, **more):
        code, output, error = self.call(*words, **more)
        assert code == 0, error
        return output

    def refused(self, *words, **more):
        code, output, error = self.call(*words, **more)
        assert code == 1 and not output, output
        return error

    def register(self, number, deployment="large", reason="a test"):
        text = f"model: chat\nversion: {number}\ndeployment: {deployment}\n"
        self.done("bundles", "register", "-", "--reason", reason, text=text)

    def fails(self, *rules):
        status, text = get(f"{self.simulator.url}/sim/faults", "PUT", json.dumps(rules).encode())
        assert status == 200, text

    def ask(self, version, key=CLIENT_KEY):
        body = {"model": "chat", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}
        request = urllib.request.Request(
            f"{self.routers[0].url}/v1/chat/completions", json.dumps(body).encode(),
            {"authorization": f"Bearer {key}", "content-type": "application/json", "x-switchyard-version": str(version)})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers["x-switchyard-version"]
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())["error"]["code"]

    def stop(self):
        for process in [*self.processes, self.simulator, self.redis]:
            process.stop()


@pytest.fixture
def case(tmp_path):
    case = Case(tmp_path)
    yield case
    case.stop()


def test_a_version_in_staging_is_reached_by_who_may_pin_any(case):
    case.register(7)
    assert eventually(lambda: case.ask(7) == (200, "7"), 10)
    assert case.ask(7, NARROW_KEY) == (404, "version_not_found")
    assert eventually(lambda: case.ask(8) == (404, "version_not_found"), 10)


def test_what_is_as_good_passes_and_may_start(case):
    case.register(1)
    assert "version 1 of chat has not been evaluated" in case.refused("rollout", "start", "chat", 1)
    output = case.done("bundles", "evaluate", "chat", 1, "--runs", 2, "--by", "ann")
    assert "Version 1 of chat passes." in output and "answers  2/2" in output
    report = json.loads(case.done("bundles", "show", "chat", 1).splitlines()[1])
    assert report["passes"] and report["by"] == "ann" and report["cases"] == 2
    assert report["candidate"]["passed"] == 4 and report["baseline"]["version"] == 0
    assert case.done("rollout", "start", "chat", 1) == "version 1 is CANARY"
    assert "evaluation passed: 4 of 4 runs" in case.done("rollout", "status", "chat")
    history = case.done("rollout", "history", "chat", "--count", 5)
    assert "evaluate chat version 1 by ann: passes" in history


def test_what_is_worse_does_not_pass_and_is_told(case):
    case.register(1)
    case.fails({"match": {"model": "sim-large"}, "fault": {"status": 500}})
    code, output, error = case.call("bundles", "evaluate", "chat", 1, "--json")
    assert code == 1, error
    table = json.loads(output)
    assert not table["report"]["passes"] and table["cases"][0]["passed"] == 0 and table["cases"][0]["passed_before"] == 1
    assert "status" in table["cases"][0]["lacks"]
    assert any("status fails in 1 of 1 runs, in 0 of 1 before" in flaw for flaw in table["report"]["flaws"])
    assert "has failed its evaluation" in case.refused("rollout", "start", "chat", 1)
    assert "say why, with --reason" in case.refused("rollout", "start", "chat", 1, "--force")
    answer = case.done("rollout", "start", "chat", 1, "--force", "--reason", "the suite is wrong")
    assert answer == "version 1 is CANARY"


def test_a_slow_version_does_not_pass(case):
    case.register(1)
    case.fails({"match": {"model": "sim-large"}, "fault": {"ttft": "5s"}})
    code, output, _ = case.call("bundles", "evaluate", "chat", 1)
    assert code == 1 and "the p95 of the latency is" in output


def test_it_is_compared_with_the_version_that_serves_now(case):
    case.register(1, "small")
    case.register(2)
    case.done("bundles", "evaluate", "chat", 1)
    case.done("bundles", "evaluate", "chat", 2)
    case.done("rollout", "start", "chat", 1)
    case.done("rollout", "promote", "chat", "--force", "--reason", "a test")
    assert "and version 1 serves now" in case.refused("rollout", "start", "chat", 2)
    assert "serves: there is nothing to compare it with" in case.refused("bundles", "evaluate", "chat", 1)
    assert "version 1" in case.done("bundles", "evaluate", "chat", 2)
    assert case.done("rollout", "start", "chat", 2) == "version 2 is CANARY"


def test_another_suite_is_none_of_the_gates(case, tmp_path):
    case.register(1)
    other = tmp_path / "other.jsonl"
    other.write_text(SUITE[0] + "\n")
    case.done("bundles", "evaluate", "chat", 1, "--suite", other)
    assert "was evaluated by another suite" in case.refused("rollout", "start", "chat", 1)


def test_the_admin_port_does_the_same(case):
    case.register(1)
    router = case.routers[1]
    words = ["--replica", f"127.0.0.1:{router.admin_port}", "--url", f"http://127.0.0.1:{router.port}"]
    assert "passes." in case.done("bundles", "evaluate", "chat", 1, *words)
    shown = case.done("bundles", "show", "chat", 1, *words[:2]).splitlines()
    assert json.loads(shown[0])["version"] == 1 and json.loads(shown[1])["passes"]
    path = f"http://127.0.0.1:{router.admin_port}/api/bundles/chat/1/evaluation"
    status, text = get(path, "POST", b"{}", token=TOKEN)
    assert status == 400 and "no report" in text


@pytest.mark.parametrize("words, reason", [
    (["--suite", "nowhere.jsonl"], "nowhere.jsonl"),
    (["--key-env", "NO_SUCH_VARIABLE"], "no environment variable NO_SUCH_VARIABLE"),
    (["--url", "http://127.0.0.1:1"], "127.0.0.1:1"),
])
def test_what_can_not_be_run_is_told(case, words, reason):
    case.register(1)
    assert reason in case.refused("bundles", "evaluate", "chat", 1, *words)
    assert "there is no version 9" in case.refused("bundles", "evaluate", "chat", 9)
    assert "give it 'pin: any'" in case.refused("bundles", "evaluate", "chat", 1, key=NARROW_KEY)
    assert "wants a key" in case.refused("bundles", "evaluate", "chat", 1, key="sy-nobody")


def test_without_a_gate_nothing_is_wanted(tmp_path):
    case = Case(tmp_path, required="false", replicas=1)
    try:
        case.register(1)
        assert case.done("rollout", "start", "chat", 1) == "version 1 is CANARY"
    finally:
        case.stop()
