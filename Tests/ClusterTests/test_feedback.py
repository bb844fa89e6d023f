"""Judgements of answers on replicas that share a real Redis: whose they are, how often they count, and what they come to."""

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request

import pytest

from cluster import Redis, Simulator, eventually
from support import CLIENT_KEY, NARROW_KEY, Router, sha256
from test_versions import CANARY, CONFIG, Case, Leader, canary

FEEDBACK_CONFIG = CONFIG.replace("sha256: {key} }}", "sha256: {key} }}, {{ id: other, sha256: {other} }}")
HEADER = "x-switchyard-feedback"


def digits(number):
    """To the base of 36."""
    text = ""
    while number or not text:
        number, digit = divmod(number, 36)
        text = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + text
    return text


class FeedbackCase(Case):
    config = FEEDBACK_CONFIG

    def __init__(self, folder, replicas=2):
        self.processes, self.redis, self.simulator = [], Redis(), Simulator()
        self.leader = Leader(self.redis)
        self.routers = [
            Router.of(
                self.processes, folder, self.config, redis=self.redis.url, sim=self.simulator.url,
                key=sha256(CLIENT_KEY), other=sha256(NARROW_KEY))
            for _ in range(replicas)]

    def judge(self, ticket, router=None, key=CLIENT_KEY, body=None, **members):
        """Status and body."""
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        if body is None:
            body = json.dumps({"id": ticket, **members}).encode()
        request = urllib.request.Request(f"{(router or self.routers[0]).url}/v1/feedback", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def ticket(self, session, router=None):
        """An answer's ticket, once replicas have what they seal with; and its arm."""
        def look():
            status, headers, body = self.ask(session, session=session, router=router)
            assert status == 200, body
            return headers[HEADER] and (headers[HEADER], headers["x-switchyard-arm"])
        found = eventually(look, 10)
        assert found, "no answer has a ticket"
        return found

    def forge(self, age, holder="acme ci", version=12):
        """A ticket that is `age` seconds old, sealed as the page of decisions says."""
        at = int((time.time() - age) * 1_000)
        text = f"1~{digits(at)}~{digits(time.time_ns())}~chat@{digits(version)}@c@{digits(time.time_ns())}~-"
        secret = bytes.fromhex(self.redis.command("GET", "sy:{fb}:secret"))
        seal = hmac.new(secret, holder.encode() + b"\0" + text.encode(), hashlib.sha256).hexdigest()[:32]
        return f"{text}~{seal}"

    def counts(self):
        """All that replicas have told of the model, summed up."""
        total = {}
        for key in self.redis.command("KEYS", "sy:{ro:chat}:n:*"):
            words = self.redis.command("HGETALL", key)
            for name, count in zip(words[::2], words[1::2]):
                if not name.startswith("@"):
                    total[name] = total.get(name, 0) + int(count)
        return total


@pytest.fixture
def case(tmp_path):
    case = FeedbackCase(tmp_path)
    yield case
    case.stop()


def test_only_answers_of_models_that_are_tried_have_a_ticket(case):
    assert case.ask(session=1)[1][HEADER] is None
    canary(case, 100)
    ticket, arm = case.ticket(1)
    assert arm == "canary" and len(ticket) < 200
    assert case.ask(session=1, model="chat@11")[1][HEADER] is None
    assert case.ask(session=1, model="plain")[1][HEADER] is None
    # The canary fails and its baseline answers: that is no answer of the canary.
    case.fails({"match": {"model": "sim-large"}, "fault": {"status": 503}})
    status, headers, _ = case.ask(session=1)
    assert status == 200 and headers["x-switchyard-fallback"] == "1" and headers[HEADER] is None


def test_an_answer_is_judged_once_wherever_it_came_from(case):
    canary(case, 100)
    ticket, _ = case.ticket(1)
    assert case.judge(ticket, case.routers[1], thumbs="down") == (200, {"object": "feedback", "counted": True})
    for router in case.routers:
        status, body = case.judge(ticket, router, score=1)
        assert status == 409 and body["error"]["code"] == "feedback_repeated"
    assert eventually(lambda: case.counts().get("c.lowq") == 1, 5), case.counts()
    assert case.counts()["c.q"] == 1
    metric = case.routers[1].metric
    assert metric("switchyard_feedback_total", result="counted") == 1
    assert metric("switchyard_feedback_total", result="repeated") == 1
    def told():
        return [line for line in list(case.routers[1].lines) if '"/v1/feedback"' in line]
    assert eventually(lambda: sorted(json.loads(line)["status"] for line in told()) == [200, 409])
    assert not any(ticket in line for line in told())


def test_both_arms_are_counted_by_their_grades(case):
    canary(case, 50)
    grades = {"canary": 0.2, "baseline": 0.9}
    wanted = {"c.q": 0, "b.q": 0}
    for session in range(12):
        ticket, arm = case.ticket(session)
        assert case.judge(ticket, score=grades[arm])[1]["counted"]
        wanted["c.q" if arm == "canary" else "b.q"] += 1
    assert wanted["c.q"] > 0 and wanted["b.q"] > 0
    assert eventually(lambda: wanted.items() <= case.counts().items(), 5), case.counts()
    # Below a half, as nothing is known of what the baseline's grades were.
    assert case.counts().get("c.lowq") == wanted["c.q"] and "b.lowq" not in case.counts()


def test_a_session_counts_once_in_a_second(case):
    canary(case, 100)
    tickets = [case.ticket(7)[0] for _ in range(4)]
    counted = [case.judge(ticket, case.routers[n % 2], thumbs="up")[1]["counted"] for n, ticket in enumerate(tickets[:3])]
    assert counted == [True, False, False]
    time.sleep(1.1)
    assert case.judge(tickets[3], thumbs="up")[1]["counted"]


def test_nobody_judges_what_others_were_answered(case):
    canary(case, 100)
    ticket, _ = case.ticket(1)
    for key, text in [(NARROW_KEY, ticket), (CLIENT_KEY, ticket[:-1] + "x"), (CLIENT_KEY, "req_123")]:
        status, body = case.judge(text, key=key, thumbs="up")
        assert status == 404 and body["error"]["code"] == "feedback_unknown" and body["error"]["param"] == "id"
    assert case.judge(ticket, key="sy-nobody", thumbs="up")[0] == 401
    assert case.judge(ticket, thumbs="up")[0] == 200


def test_answers_are_judged_for_a_day(case):
    canary(case, 100)
    case.ticket(1)
    assert case.judge(case.forge(23 * 3_600), score=0)[1] == {"object": "feedback", "counted": True}
    status, body = case.judge(case.forge(25 * 3_600), score=0)
    assert status == 410 and body["error"]["code"] == "feedback_too_late"
    # Of a candidate that is tried no more.
    assert case.judge(case.forge(60, version=9), score=0)[1] == {"object": "feedback", "counted": False}


@pytest.mark.parametrize("body, param", [
    (b"", None), (b"[]", None), (b"\xff", None), (b'{"id": "x"}', "score"), (b'{"score": 1}', "id"),
    (b'{"id": "x", "score": 2}', "score"), (b'{"id": "x", "thumbs": "sideways"}', "thumbs"),
    (b'{"id": "x", "score": 1, "comment": "personal"}', "comment"), (b'{"id": "x", "score": 1, "more": 1}', "more"),
])
def test_bad_bodies_say_what_is_wrong(case, body, param):
    status, answer = case.judge(None, body=body)
    assert status == 400 and answer["error"]["code"] == "invalid_feedback" and answer["error"]["param"] == param
    assert not any("personal" in line for line in case.routers[0].lines)


def test_too_much_is_refused_unread(case):
    status, answer = case.judge(None, body=b'{"id": "' + b"x" * 20_000 + b'", "score": 1}')
    assert status == 413 and answer["error"]["code"] == "request_too_large"


def test_without_the_shared_state_it_is_asked_for_again(case):
    canary(case, 100)
    ticket, _ = case.ticket(1)
    case.redis.pause()
    status, body = case.judge(ticket, thumbs="up")
    case.redis.proceed()
    assert status == 503 and body["error"]["code"] == "state_unavailable"


def test_a_redis_that_forgot_the_secret_is_given_it_back(case):
    canary(case, 100)
    ticket, _ = case.ticket(1)
    secret = case.redis.command("GET", "sy:{fb}:secret")
    case.redis.command("DEL", "sy:{fb}:secret")
    assert eventually(lambda: case.redis.command("GET", "sy:{fb}:secret") == secret, 15)
    assert case.judge(ticket, case.routers[1], thumbs="up")[0] == 200


def test_low_grades_of_the_step_before_are_measured_and_frozen(case):
    """Without thresholds the baseline's grades are measured: as bins of a sketch."""
    canary(case, 50)
    line = CANARY.format(weight=50, sunset=4_000_000_000_000).replace(" slow95=60000", "")
    case.leader.decide(line)
    case.applied()
    found = {}
    for session in range(6):
        ticket, arm = case.ticket(session)
        assert case.judge(ticket, score=0.9)[0] == 200
        found[arm] = found.get(arm, 0) + 1
    assert eventually(lambda: sum(
        count for name, count in case.counts().items() if name.startswith("b.grade.")) == found.get("baseline", 0), 5)
    assert "c.q" not in case.counts()
