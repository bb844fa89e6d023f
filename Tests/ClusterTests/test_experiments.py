"""Experiments on replicas that share a real Redis: who is in which arm, what is counted of sessions, and what follows from it."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter

import pytest

from cluster import Redis, Simulator, eventually
from support import BINARIES, CLIENT_KEY, KEYS, NARROW_KEY, Router, sha256
from test_feedback import HEADER, FeedbackCase
from test_versions import Leader

TOKEN = "admin-token-of-tests"
CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 2, drain_notice: 1ms }}
admin: {{ port: {admin_port}, token: %s }}
state: {{ redis: "{redis}" }}
breaker: {{ min_requests: 10000 }}
providers:
  sim: {{ dialect: openai, base_url: "{sim}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  small: {{ provider: sim, model: sim-small, price: {{ input: 1000, output: 1000 }} }}
  large: {{ provider: sim, model: sim-large, price: {{ input: 2000, output: 2000 }} }}
models:
  chat: {{ deployments: [small], retry: {{ attempts: 1 }} }}
  big: {{ deployments: [large], retry: {{ attempts: 1 }} }}
  voice: {{ deployments: [small], retry: {{ attempts: 1 }} }}
bundles:
  voice:
    - {{ version: 1, deployment: small, parameters: {{ temperature: 0.25 }} }}
    - {{ version: 2, deployment: large, parameters: {{ temperature: 0.25 }}, metadata: {{ reason: bigger }} }}
routing:
  experiments:
    bigger: {{ control: chat, treatment: big, percentage: 50, outcomes: [bought], goal: bought, min_sessions: {least} }}
    tone: {{ arms: [ {{ model: voice, version: 1, percentage: 50 }}, {{ name: two, model: voice, version: 2, percentage: 50 }} ] }}
tenants:
  acme: {{ keys: [ {{ id: ci, sha256: {key} }}, {{ id: other, sha256: {other}, models: [chat] }} ] }}
""" % TOKEN


class ExperimentCase(FeedbackCase):
    def __init__(self, folder, replicas=2, least=10):
        self.processes, self.redis, self.simulator = [], Redis(), Simulator()
        self.leader = Leader(self.redis)
        self.folder = folder
        self.routers = [
            Router.of(
                self.processes, folder, CONFIG, redis=self.redis.url, sim=self.simulator.url, key=sha256(CLIENT_KEY),
                other=sha256(NARROW_KEY), least=least)
            for _ in range(replicas)]
        for router in self.routers:
            router.token = TOKEN

    def part(self, session, router=None, model="chat", **more):
        status, headers, body = self.ask(session, session=session, router=router, model=model, **more)
        assert status == 200, body
        return headers["x-switchyard-experiment"]

    def api(self, path, router=None, token=TOKEN, accept="application/json"):
        request = urllib.request.Request(
            f"http://127.0.0.1:{(router or self.routers[0]).admin_port}{path}",
            headers={"authorization": f"Bearer {token}", "accept": accept})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                text = answer.read().decode()
                return answer.status, json.loads(text) if accept == "application/json" else text
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def results(self, name="bigger"):
        status, report = self.api(f"/api/experiments/{name}")
        assert status == 200, report
        return report

    def sessions(self, name="bigger"):
        return [arm["sessions"] for arm in self.results(name)["arms"]]

    def metric_of(self, name, experiment="bigger"):
        metric = next(metric for metric in self.results(experiment)["metrics"] if metric["name"] == name)
        return {arm["name"]: (arm["sessions"], arm["mean"]) for arm in metric["arms"]}

    def command(self, *words):
        path = next(self.folder.glob("router-*.yaml"))
        result = subprocess.run(
            [BINARIES / "switchyard", "experiment", *words, "--config", path], env={**KEYS, "PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, timeout=30)
        return result.returncode, result.stdout, result.stderr


@pytest.fixture
def case(tmp_path):
    case = ExperimentCase(tmp_path)
    yield case
    case.stop()


def test_a_session_stays_in_its_arm_at_all_replicas(case):
    parts = {session: case.part(session) for session in range(40)}
    assert set(parts.values()) == {"bigger=chat", "bigger=big"}
    assert 8 <= Counter(parts.values())["bigger=big"] <= 32
    assert parts == {session: case.part(session, case.routers[1]) for session in range(40)}
    status, headers, _ = case.ask(0, session=0)
    served = "big" if parts[0] == "bigger=big" else "chat"
    assert headers["x-switchyard-model"] == served
    assert headers["x-switchyard-deployment"] == {"big": "large", "chat": "small"}[served]
    line = case.routers[0].access_log(headers["x-request-id"])
    assert line["experiment"] == parts[0] and line["model"] == served
    metric = case.routers[0].metric
    assert eventually(lambda: metric("switchyard_experiment_exchanges_total", experiment="bigger") == 41)
    # Who asks for the treatment by its name takes no part.
    assert case.part(0, model="big") is None


def test_each_session_counts_once(case):
    parts = {session: case.part(session, case.routers[session % 2]) for session in range(20)}
    for session in range(20):
        assert case.part(session, case.routers[(session + 1) % 2]) == parts[session]
    wanted = Counter(parts.values())
    assert eventually(lambda: case.sessions() == [wanted["bigger=chat"], wanted["bigger=big"]], 5), case.sessions()
    time.sleep(2)
    assert case.sessions() == [wanted["bigger=chat"], wanted["bigger=big"]]
    cost = case.metric_of("cost")
    assert cost["chat"][0] == wanted["bigger=chat"] and cost["big"][1] > 1.5 * cost["chat"][1] > 0
    assert case.metric_of("latency")["chat"][0] == wanted["bigger=chat"]
    assert case.metric_of("error")["chat"] == (wanted["bigger=chat"], 0)


def test_failures_of_an_arm_are_of_its_sessions(case):
    case.fails({"match": {"model": "sim-large"}, "fault": {"status": 500}})
    arms = Counter()
    for session in range(16):
        status, headers, _ = case.ask(session, session=session)
        arms["big" if status != 200 else "chat"] += 1
    assert arms["big"] and arms["chat"]
    assert eventually(lambda: sum(case.sessions()) == 16, 5)
    error = case.metric_of("error")
    assert error == {"chat": (arms["chat"], 0), "big": (arms["big"], 100)}
    assert case.metric_of("latency")["big"][0] == 0


def test_versions_are_arms(case):
    parts = {session: case.part(session, model="voice") for session in range(30)}
    assert set(parts.values()) == {"tone=voice@1", "tone=two"}
    for session in (next(s for s in parts if parts[s] == arm) for arm in ("tone=voice@1", "tone=two")):
        _, headers, _ = case.ask(session, session=session, model="voice")
        assert headers["x-switchyard-arm"] == "experiment"
        number = "1" if parts[session] == "tone=voice@1" else "2"
        assert headers["x-switchyard-version"] == number
        assert headers["x-switchyard-deployment"] == {"1": "small", "2": "large"}[number]
    assert case.ask(0, session=0)[1]["x-switchyard-arm"] is None


def test_whose_key_may_not_use_all_arms_takes_no_part(case):
    for session in range(10):
        assert case.part(session, authorization=f"Bearer {NARROW_KEY}") is None
    time.sleep(1.5)
    assert sum(case.sessions()) == 0


def test_feedback_tells_scores_and_outcomes(case):
    bought = Counter()
    for session in range(24):
        def look():
            _, headers, _ = case.ask(session, session=session)
            return headers[HEADER] and (headers[HEADER], headers["x-switchyard-experiment"])
        ticket, part = eventually(look, 10)
        buys = part == "bigger=big"
        status, body = case.judge(ticket, case.routers[session % 2], score=0.5, outcome={"bought": buys})
        assert (status, body["counted"]) == (200, True)
        bought[part] += 1
    chat, big = bought["bigger=chat"], bought["bigger=big"]
    assert chat and big
    assert eventually(lambda: case.metric_of("score") == {"chat": (chat, 0.5), "big": (big, 0.5)}, 5)
    assert case.metric_of("bought") == {"chat": (chat, 0), "big": (big, 1)}
    status, body = case.judge(ticket, outcome={"sold": 1})
    assert status == 400 and body["error"]["param"] == "outcome"
    assert case.judge(ticket, outcome={"bought": 1})[0] == 409


def test_there_is_no_verdict_before_there_are_enough(case):
    for session in range(6):
        case.part(session)
    assert eventually(lambda: sum(case.sessions()) == 6, 5)
    report = case.results()
    assert report["verdict"] == "gathering" and sum(arm["missing"] for arm in report["arms"]) >= 10
    assert report["idle"] is None and report["goal"] == "bought" and report["metrics"][0]["name"] == "bought"


def fill(case, sums, name="bigger"):
    """Puts sums in the place of what was counted, as the shared state has them."""
    edition = case.results(name)["edition"]
    words = [str(word) for pair in sums.items() for word in pair]
    case.redis.command("HSET", f"sy:{{xp:{name}}}:sums:{edition}", *words)


def arms(sessions, bought):
    sums = {"sessions": sum(sessions)}
    for arm, (number, good) in enumerate(zip(sessions, bought)):
        sums |= {f"{arm}.n": number, f"{arm}.o:bought.n": good, f"{arm}.o:bought.s": good * 1_000}
        squares = good * 1_000_000
        sums |= {f"{arm}.o:bought.qh": squares // 10**9, f"{arm}.o:bought.ql": squares % 10**9}
    return sums


def test_results_by_the_command_line_and_the_admin_port(case):
    fill(case, arms((20_000, 20_100), (1_000, 1_600)))
    report = case.results()
    assert report["verdict"] == "decided" and report["metrics"][0]["comparisons"][0]["direction"] == "higher"
    code, text, _ = case.command("results", "bigger")
    assert code == 0 and "big is higher than chat" in text
    assert json.loads(case.command("results", "bigger", "--json")[1])["verdict"] == "decided"
    assert case.command("list")[1].count("\n") == 2
    assert case.api("/api/experiments", accept="text/plain")[1] == case.command("list")[1]
    code, _, error = case.command("results", "nothing")
    assert code == 1 and "no experiment 'nothing'" in error
    inspected = subprocess.run(
        [BINARIES / "switchyard", "inspect", "experiments", "--config", next(case.folder.glob("router-*.yaml"))],
        env={**KEYS, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=30)
    assert "40100 sessions: arm 0 20000, arm 1 20100" in inspected.stdout


def test_arms_that_lose_sessions_are_invalid(case):
    fill(case, arms((20_000, 21_000), (1_000, 1_600)))
    assert case.results()["verdict"] == "invalid"
    assert "INVALID" in case.command("results", "bigger")[1]


def test_what_is_not_there_is_said(case):
    assert case.api("/api/experiments/none")[0] == 404
    assert case.api("/api/experiments", token="wrong")[0] == 401
    assert case.api("/api/experiments/bigger/more")[0] == 404
    case.redis.pause()
    try:
        assert case.api("/api/experiments/bigger")[0] == 503
        # Requests go on, and what they say is told later.
        parts = Counter(case.part(session) for session in range(5))
    finally:
        case.redis.proceed()
    assert eventually(lambda: case.sessions() == [parts["bigger=chat"], parts["bigger=big"]], 20)


def test_explain_says_which_arm(case):
    part = case.part(3)
    body = {"model": "chat", "messages": [{"role": "user", "content": "hi"}]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{case.routers[0].admin_port}/api/explain?key=ci", json.dumps(body).encode(),
        {"content-type": "application/json", "x-session-id": "s3", "authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        told = json.loads(answer.read())
    assert f"{told['experiment']['name']}={told['experiment']['arm']}" == part
    assert told["model"]["name"] == part.removeprefix("bigger=") and told["model"]["asked"] == "chat"


def test_another_edition_counts_anew(case):
    case.part(1)
    assert eventually(lambda: sum(case.sessions()) == 1, 5)
    before = case.results()["edition"]
    for router, path in zip(case.routers, sorted(case.folder.glob("router-*.yaml"))):
        path.write_text(path.read_text().replace("treatment: big, percentage: 50", "treatment: big, percentage: 40"))
    assert eventually(lambda: case.results()["edition"] != before, 10)
    assert case.sessions() == [0, 0] and case.results()["arms"][1]["percentage"] == 40
