"""Versions of a model on replicas that share a real Redis: who gets which, how soon a change arrives, and what is told of them. The
leader is played here, in the form that the shared state is documented in."""

import json
import threading
import time
import urllib.error
import urllib.request

import pytest

from cluster import Redis, Simulator, eventually
from leading import Leader
from support import CLIENT_KEY, Router, get, sha256

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 2, drain_notice: 1ms }}
admin: {{ port: {admin_port} }}
state: {{ redis: "{redis}" }}
cache: {{ ttl: 60s }}
breaker: {{ min_requests: 10000 }}
providers:
  sim: {{ dialect: openai, base_url: "{sim}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  small: {{ provider: sim, model: sim-small }}
  large: {{ provider: sim, model: sim-large }}
models:
  chat: {{ deployments: [small], retry: {{ attempts: 1 }} }}
  plain: {{ deployments: [small] }}
tenants:
  acme: {{ keys: [ {{ id: ci, sha256: {key} }} ] }}
"""


class Case:
    def __init__(self, folder, replicas=2, config=CONFIG):
        self.processes = []
        self.redis = Redis()
        self.simulator = Simulator()
        self.leader = Leader(self.redis)
        self.routers = [
            Router.of(
                self.processes, folder, config, redis=self.redis.url, sim=self.simulator.url, key=sha256(CLIENT_KEY))
            for _ in range(replicas)]

    def ask(self, number=0, model="chat", session=None, router=None, **more):
        """Status, headers and body of a request of its own."""
        body = {"model": model, "max_tokens": 5, "temperature": 1, "messages": [{"role": "user", "content": f"hi {number}"}]}
        headers = {"authorization": f"Bearer {CLIENT_KEY}", "content-type": "application/json"}
        if session is not None:
            headers["x-session-id"] = f"s{session}"
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        request = urllib.request.Request(
            f"{(router or self.routers[0]).url}/v1/chat/completions", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, error.headers, json.loads(error.read())

    def arms(self, sessions, router=None):
        """Of each session: the arm and the version that answered."""
        found = {}
        for session in sessions:
            status, headers, body = self.ask(session, session=session, router=router)
            assert status == 200, body
            found[session] = (headers["x-switchyard-arm"], headers["x-switchyard-version"])
        return found

    def is_at(self, router, version=None):
        version = version or self.leader.version
        return router.metric("switchyard_weights_version") == version

    def applied(self):
        """Waits until all replicas go by what was decided last."""
        assert eventually(lambda: all(self.is_at(router) for router in self.routers), 10)

    def fails(self, *rules):
        status, text = get(f"{self.simulator.url}/sim/faults", "PUT", json.dumps(rules).encode())
        assert status == 200, text

    def stop(self):
        for process in [*self.processes, self.simulator, self.redis]:
            process.stop()


@pytest.fixture
def case(tmp_path):
    case = Case(tmp_path)
    yield case
    case.stop()


CANARY = "ver=1 active=11 candidate=12 state=CANARY step=0 weight={weight} since=1 slow95=60000 deprecated=10@{sunset}"


def canary(case, weight=50, sunset=4_000_000_000_000):
    for number, deployment in ((10, "small"), (11, "small"), (12, "large")):
        case.leader.register(number, deployment)
    case.leader.stamp()
    case.leader.decide(CANARY.format(weight=weight, sunset=sunset))
    case.applied()


def test_without_decisions_a_model_is_served_as_ever(case):
    status, headers, _ = case.ask()
    assert status == 200 and headers["x-switchyard-version"] is None and headers["x-switchyard-arm"] is None
    status, _, body = case.ask(model="chat@11")
    assert status == 404 and body["error"]["code"] == "version_not_found"


def test_sessions_stay_in_their_arm_on_all_replicas_as_the_weight_grows(case):
    canary(case, 20)
    first = case.arms(range(60))
    assert first == case.arms(range(60), case.routers[1])
    tried = {session for session, arm in first.items() if arm == ("canary", "12")}
    assert 1 <= len(tried) <= 30 and all(arm == ("baseline", "11") for s, arm in first.items() if s not in tried)
    case.leader.decide(CANARY.format(weight=60, sunset=4_000_000_000_000))
    case.applied()
    case.leader.stamp()
    later = {session for session, arm in case.arms(range(60)).items() if arm == ("canary", "12")}
    assert tried < later
    # The provider saw the canary's own deployment.
    assert case.simulator.log('"sim-large"') and case.simulator.log('"sim-small"')
    metric = case.routers[0].metric
    assert metric("switchyard_rollout_weight", model="chat", arm="canary") == pytest.approx(0.6)
    assert metric("switchyard_rollout_version", model="chat", arm="canary") == 12


def test_a_failing_canary_costs_an_attempt_and_not_the_answer(case):
    canary(case, 100)
    case.fails({"match": {"model": "sim-large"}, "fault": {"status": 503}})
    status, headers, _ = case.ask(session=1)
    assert status == 200 and headers["x-switchyard-attempts"] == "2" and headers["x-switchyard-fallback"] == "1"
    assert (headers["x-switchyard-arm"], headers["x-switchyard-version"]) == ("canary", "11")
    line = case.routers[0].access_log(headers["x-request-id"])
    assert line["arm"] == "canary" and line["version"] == 11 and line["model"] == "chat"


def test_pins_reach_what_may_be_pinned_and_say_until_when(case):
    sunset = int(time.time()) + 3_600
    canary(case, 100, sunset * 1_000)
    status, headers, _ = case.ask(model="chat@11")
    assert (status, headers["x-switchyard-arm"], headers["x-switchyard-version"]) == (200, "pinned", "11")
    assert headers["sunset"] is None
    status, headers, _ = case.ask(x_switchyard_version="10")
    assert (status, headers["x-switchyard-version"]) == (200, "10")
    assert headers["sunset"] == time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(sunset))
    assert headers["deprecation"] == f"@{sunset - 30 * 86_400}"
    status, headers, _ = case.ask(x_switchyard_version=">=10")
    assert headers["x-switchyard-version"] == "11"
    status, _, body = case.ask(model="chat@12")
    assert status == 404 and "10, 11" in body["error"]["message"]
    assert case.ask(model="chat@11", x_switchyard_version="10")[0] == 400
    assert case.ask(x_switchyard_version="new")[0] == 400


def test_a_version_writes_its_prompt_and_parameters(case):
    case.leader.register(
        11, "small", parameters={"temperature": 0.25},
        prompt={"template": "Be brief.", "sha256": sha256("Be brief.")})
    case.leader.decide("ver=1 active=11")
    case.applied()
    assert case.ask(x_prompt_hash=sha256("Be brief."))[0] == 200
    body = json.loads(case.simulator.log("Be brief.")[-1]["body"])
    assert body["temperature"] == 0.25 and body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert body["model"] == "sim-small" and len(body["messages"]) == 2
    assert case.ask(x_prompt_hash=sha256("another"))[0] == 200
    assert case.routers[0].metric("switchyard_prompt_mismatches_total", model="chat") == 1


def test_nothing_lower_and_nothing_changed_by_hand_is_applied(case):
    canary(case, 100)
    (epoch, version) = (case.leader.epoch, case.leader.version)
    case.leader.decide("ver=9 active=12", epoch=epoch - 1, version=version + 5)
    time.sleep(2.5)
    assert case.ask(session=1)[1]["x-switchyard-arm"] == "canary"
    assert all(case.is_at(router, version) for router in case.routers)
    assert case.routers[0].metric("switchyard_fencing_rejections_total") == 1
    case.leader.decide("ver=9 active=11", version=version + 6)
    case.applied()
    case.redis.command("HSET", "sy:{ro}:cfg", "ver", version + 7, "m:chat", "ver=9 active=10")
    time.sleep(2.5)
    assert case.ask(session=1)[1]["x-switchyard-version"] == "11"


def test_a_weight_that_nobody_looks_after_ends(case):
    canary(case, 100)
    assert case.ask(session=1)[1]["x-switchyard-arm"] == "canary"
    begin = time.monotonic()
    assert eventually(lambda: case.ask(session=1)[1]["x-switchyard-arm"] == "baseline", 40)
    assert 20 <= time.monotonic() - begin <= 32
    case.leader.stamp()
    assert eventually(lambda: case.ask(session=1)[1]["x-switchyard-arm"] == "canary", 5)


def test_a_veto_ends_it_everywhere_and_two_replicas_that_see_harm_say_it(case):
    canary(case, 50)
    case.fails({"match": {"model": "sim-large"}, "fault": {"status": 500}})
    stop = threading.Event()

    def load(offset):
        number = offset
        while not stop.is_set():
            number += 2
            case.ask(number, session=number, router=case.routers[offset])

    threads = [threading.Thread(target=load, args=(offset,)) for offset in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert eventually(lambda: case.redis.command("HGET", "sy:{ro}:veto", "chat@12/*"), 60)
        assert eventually(lambda: all(
            router.metric("switchyard_rollout_weight", model="chat", arm="canary") == 0 for router in case.routers), 5)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert all(arm == ("baseline", "11") for arm in case.arms(range(20)).values())
    seconds = case.redis.command("KEYS", "sy:{ro:chat}:n:*")
    words = [dict(zip(words[::2], words[1::2])) for words in (case.redis.command("HGETALL", key) for key in seconds)]
    assert sum(int(word.get("c.err", 0)) for word in words) >= 5
    assert sum(int(word.get("c.n", 0)) for word in words) == sum(int(word.get("c.err", 0)) for word in words)
    assert sum(int(word.get("b.err", 0)) for word in words) == 0


def test_a_replica_that_starts_knows_the_versions_before_it_serves(case, tmp_path):
    canary(case, 100)
    router = Router.of(
        case.processes, tmp_path, CONFIG, redis=case.redis.url, sim=case.simulator.url, key=sha256(CLIENT_KEY))
    assert case.ask(session=1, router=router)[1]["x-switchyard-version"] == "12"


def test_explain_says_which_version_and_why(case, tmp_path):
    canary(case, 100)
    config = CONFIG.replace("port: {admin_port} }}", "port: {admin_port}, token: admin-token-of-tests }}")
    router = Router.of(
        case.processes, tmp_path, config, redis=case.redis.url, sim=case.simulator.url, key=sha256(CLIENT_KEY))
    body = {"model": "chat", "messages": [{"role": "user", "content": "hi"}]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{router.admin_port}/api/explain?key=ci", json.dumps(body).encode(),
        {"content-type": "application/json", "x-session-id": "s1", "authorization": "Bearer admin-token-of-tests"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        told = json.loads(answer.read())
    assert told["version"] == {
        "number": 12, "arm": "canary", "active": 11, "candidate": 12, "decided_percent": "100", "weight_percent": "100",
        "salt": "chat@12", "why": "version 12 gets 100 %, and this session is among them"}
    assert [stage["version"] for stage in told["stages"]] == [12, 11]
