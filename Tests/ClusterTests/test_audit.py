"""Routing's accuracy: real replicas and a real Redis, and a simulated provider that serves the judge too."""

import json
import os
import struct
import subprocess
import urllib.error
import urllib.request

import pytest

from cluster import BINARIES, Redis, Simulator, eventually
from support import CLIENT_KEY, KEYS, Router, free_port, get, sha256
from test_judge import rule

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 2, drain_notice: 1ms }}
admin: {{ port: {admin_port} }}
state: {{ redis: "{redis}" }}
providers:
  sim: {{ dialect: openai, base_url: "{sim}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  small: {{ provider: sim, model: sim-small, data: [phi], price: {{ input: 1, output: 1 }} }}
  judge: {{ provider: sim, model: sim-judge, price: {{ input: 10, output: 10 }} }}
models:
  chat: {{ deployments: [small] }}
  referee: {{ deployments: [judge] }}
routing:
  complexity: {{ method: heuristic }}
  data_classes: {{ phi: {{}} }}
  rules:
    - {{ name: hard, condition: {{ complexity: high }}, parameters: {{ top_p: 1 }} }}
    - {{ name: coders, condition: {{ task_type: code }}, parameters: {{ top_p: 0.5 }} }}
  audit: {{ sample: 100%, per_hour: {per_hour}, judge: referee, examples: {{ most: 5000, keep: 1h }} }}
tenants:
  acme: {{ keys: [ {{ id: ci, sha256: {key} }} ] }}
"""

MARK = "purple heron"
AUDITED, CORRECT = "switchyard_routing_accuracy_audited_total", "switchyard_routing_accuracy_correct_total"
CLASSES, DROPS = "switchyard_routing_accuracy_classes_total", "switchyard_routing_accuracy_drops_total"
EXAMPLES = "switchyard_routing_accuracy_examples_total"


def says(complexity, contains="", task="chat"):
    """That the judge replies so to what contains this."""
    return rule("sim-judge", json.dumps({"task": task, "complexity": complexity}), contains=contains)


class Case:
    def __init__(self, folder, replicas=1, per_hour=1_000_000):
        self.processes, self.redis, self.simulator = [], Redis(), Simulator()
        self.routers = [
            Router.of(
                self.processes, folder, CONFIG, redis=self.redis.url, sim=self.simulator.url, key=sha256(CLIENT_KEY),
                per_hour=per_hour)
            for _ in range(replicas)]
        self.metric = self.routers[0].metric

    def rules(self, *rules):
        status, text = get(f"{self.simulator.url}/sim/faults", "PUT", json.dumps(rules).encode())
        assert status == 200, text

    def call(self, path, body, router=0, **more):
        """Status, headers and body."""
        headers = {"authorization": f"Bearer {CLIENT_KEY}", "content-type": "application/json"}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        request = urllib.request.Request(f"{self.routers[router].url}{path}", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, error.headers, json.loads(error.read())

    def ask(self, text=MARK, **more):
        body = {"model": "chat", "max_tokens": 5, "messages": [{"role": "user", "content": text}]}
        status, headers, answer = self.call("/v1/chat/completions", body, **more)
        assert status == 200, answer
        return headers

    def questions(self):
        return [entry for entry in self.simulator.log() if entry["model"] == "sim-judge"]

    def stored(self, pattern):
        return {key: self.redis.command("GET", key) for key in self.redis.command("KEYS", pattern)}

    def stop(self):
        for process in [*self.processes, self.simulator, self.redis]:
            process.stop()


@pytest.fixture
def make(tmp_path):
    made = []

    def make(**values):
        made.append(Case(tmp_path, **values))
        return made[-1]
    yield make
    for case in made:
        case.stop()


def test_a_judge_says_how_often_a_rule_is_right(make):
    case = make()
    case.rules(says("low"))
    headers = case.ask()
    assert eventually(lambda: case.metric(AUDITED, rule="none", complexity="low", by="judge") == 1)
    assert case.metric(CORRECT, rule="none", by="judge") == 1
    case.rules(says("high"))
    case.ask()
    assert eventually(lambda: case.metric(AUDITED) == 2)
    assert case.metric(CORRECT) == 1
    assert case.metric(CLASSES, fact="complexity", taken="low", said="high", by="judge") == 1
    # The client chose its task, the rule for that held, and the judge says another one.
    case.rules(says("low", task="translation"))
    case.ask(x_task_type="code")
    assert eventually(lambda: case.metric(AUDITED, rule="coders", task="code") == 1)
    assert case.metric(CORRECT, rule="coders") == 0
    # Nobody's tenant pays for it.
    def lines():
        return [json.loads(line) for line in list(case.routers[0].lines) if '"arm":"audit"' in line]
    assert eventually(lambda: len(lines()) == 3)
    assert all("tenant" not in line and line["cost_microdollars"] > 0 and line["model"] == "referee" for line in lines())
    assert headers["x-request-id"] in [line["request_id"] for line in lines()]
    cost = sum(line["cost_microdollars"] for line in lines())
    assert case.metric("switchyard_routing_accuracy_cost_dollars_total") == pytest.approx(cost / 1e6)
    assert case.metric("switchyard_requests_total", model="referee") == 0
    # Nobody keeps or logs what was said.
    assert eventually(lambda: len(case.stored("sy:example:*")) == 3)
    for entry in case.stored("sy:audit:*") | case.stored("sy:example:*"):
        assert MARK not in case.redis.command("GET", entry)
    assert not any(MARK in line for line in list(case.routers[0].lines))
    assert all(0 < int(case.redis.command("PTTL", key)) <= 3_600_000 for key in case.stored("sy:example:*"))
    case.routers[0].end()


def test_what_has_data_of_a_class_is_neither_shown_to_others_nor_kept(make):
    case = make()
    case.rules(says("low"))
    case.ask(x_data_class="phi")
    assert eventually(lambda: case.metric(DROPS, reason="not_permitted") == 1)
    assert case.metric(EXAMPLES, result="unfit") == 1
    assert not case.questions() and not case.stored("sy:example:*")
    case.ask(cache_control="no-store")
    assert eventually(lambda: case.metric(DROPS, reason="no_store") == 1)
    assert not case.questions()


def test_an_hour_has_so_many(make):
    case = make(per_hour=1)
    case.rules(says("low"))
    for _ in range(5):
        case.ask()
    assert eventually(lambda: case.metric(AUDITED) == 1)
    case.routers[0].end()
    assert len(case.questions()) == 1


def test_a_judge_that_fails_is_nobodys_trouble(make):
    case = make()
    case.rules(rule("sim-judge", "", status=429, retry_after="30"))
    case.ask()
    assert eventually(lambda: case.metric(DROPS, reason="failed") == 1)
    case.ask()
    assert eventually(lambda: case.metric(DROPS, reason="cooldown") == 1)
    assert len(case.questions()) == 1 and case.metric("switchyard_breaker_state", deployment="judge") == 0
    case.routers[0].end()


def test_a_client_says_at_any_replica_what_its_request_was(make):
    case = make(replicas=2)
    case.rules(rule("sim-judge", "Who knows."))
    ticket = eventually(lambda: case.ask()["x-switchyard-feedback"], 10)
    assert ticket and eventually(lambda: case.stored("sy:audit:*"))
    # It is kept a moment after the answer: the last one's is there once nothing is under way.
    assert case.routers[0].unsettled() == {}
    body = {"id": ticket, "complexity": "high"}
    # The other replica has what tickets are sealed with a moment later.
    reply = eventually(lambda: (reply := case.call("/v1/feedback", body, router=1))[0] != 503 and reply, 10)
    assert reply and reply[0] == 200 and reply[2]["counted"], reply
    metric = case.routers[1].metric
    assert metric(AUDITED, rule="none", complexity="low", by="feedback") == 1 and metric(CORRECT) == 0
    assert eventually(lambda: [text for text in case.stored("sy:example:*").values() if text.startswith("high feedback ")])
    assert case.call("/v1/feedback", body)[0] == 409
    status, _, answer = case.call("/v1/feedback", {"id": ticket, "complexity": "immense"})
    assert status == 400 and answer["error"]["param"] == "complexity"


def train(config, *words):
    return subprocess.run(
        [BINARIES / "switchyard", "train", "--from", "feedback", "--config", config, *words], capture_output=True, text=True,
        env=os.environ | KEYS, timeout=300)


def test_a_classifier_of_what_was_said_takes_over_where_it_is_better(make, tmp_path):
    case = make()
    case.rules(says("high", contains=" prove "), says("medium", contains=" describe "), says("low"))
    few = train(case.routers[0].config)
    assert few.returncode == 1 and "it takes 200 and 50" in few.stderr
    verbs, nouns = ("list", "describe", "prove"), ("rivers", "songs", "roads", "trees")
    for number in range(3_000):
        # A word of its own: prompts that differ by digits alone are a family.
        word = "".join("abcdefghij"[int(digit)] for digit in str(number))
        case.ask(f"{word} {verbs[number % 3]} the {nouns[number // 3 % 4]} of town")
        if number % 50 == 49 and case.metric(EXAMPLES, result="kept") >= 420:
            break
    model = tmp_path / "ours.sycm"
    done = train(case.routers[0].config, "--out", model, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    accuracy = {method["name"]: method["accuracy"] for method in report["methods"]}
    assert accuracy["new"] > 0.9 > accuracy["in force"] and report["flaws"] == [] and report["judge"] == report["prompts"]
    worth, heuristic = struct.unpack("<2d", model.read_bytes()[8:24])
    assert worth > heuristic
    # In force, it is compared with itself: nothing is better, and nothing is written.
    learned = tmp_path / "learned.yaml"
    learned.write_text(case.routers[0].config.read_text().replace("method: heuristic", f"method: learned, model: {model}"))
    before = model.read_bytes()
    again = train(learned, "--out", model)
    assert again.returncode == 1 and "in force" in again.stderr and model.read_bytes() == before
    assert subprocess.run(
        [BINARIES / "switchyard", "check", "--config", learned], env=os.environ | KEYS, timeout=30).returncode == 0


def test_a_schedule_outlives_what_goes_wrong(make, tmp_path):
    case = make()
    # A port of nobody's, as of a Redis that is still to come.
    away = tmp_path / "away.yaml"
    away.write_text(case.routers[0].config.read_text().replace(case.redis.url, f"redis://127.0.0.1:{free_port()}"))
    for config, words in ((away, "does not answer"), (case.routers[0].config, "it takes 200 and 50")):
        said = tmp_path / "said"
        with said.open("w") as errors:
            process = subprocess.Popen(
                [BINARIES / "switchyard", "train", "--from", "feedback", "--config", config, "--every", "1s", "--out",
                 tmp_path / "never.sycm"], stderr=errors, stdout=subprocess.DEVNULL, env=os.environ | KEYS)
        try:
            assert eventually(lambda: said.read_text().count(words) >= 2, 30), said.read_text()
            assert process.poll() is None
        finally:
            process.kill()
            process.wait(20)
    assert not (tmp_path / "never.sycm").exists()
