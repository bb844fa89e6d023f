"""Sessions that reject an answer, on replicas that share a real Redis: the rule holds at all of them, and costs nobody else a call."""

import pytest

from cluster import eventually
from test_feedback import FEEDBACK_CONFIG, HEADER, FeedbackCase

RULES = """routing:
  rules: [ {{ name: again, condition: {{ rejected: true }}, model: plain }} ]
tenants:"""


class RejectionCase(FeedbackCase):
    config = FEEDBACK_CONFIG.replace("tenants:", RULES).replace("plain: {{ deployments: [small]", "plain: {{ deployments: [large]")


@pytest.fixture
def case(tmp_path):
    case = RejectionCase(tmp_path)
    yield case
    case.stop()


def turn(case, router, session):
    """The model that answers, and the answer's ticket."""
    status, headers, body = case.ask(session, session=session, router=router)
    assert status == 200, body
    return headers["x-switchyard-model"], headers[HEADER]


def ticket(case, session):
    return eventually(lambda: turn(case, case.routers[0], session)[1], 10)


def test_a_rejected_answer_escalates_its_session_at_every_replica(case):
    one, other = case.routers
    given = ticket(case, 1)
    assert case.judge(given, other, thumbs="down") == (200, {"object": "feedback", "counted": True})
    assert [turn(case, router, 1)[0] for router in (one, other)] == ["plain", "plain"]
    assert turn(case, other, 2)[0] == "chat"
    [key] = case.redis.command("KEYS", "sy:{fb:*}:r")
    assert 0 < case.redis.command("PTTL", key) <= 600_000
    better = eventually(lambda: turn(case, one, 1)[1])
    assert case.judge(better, one, score=0.9)[0] == 200
    assert [turn(case, router, 1)[0] for router in (one, other)] == ["chat", "chat"]
    assert case.redis.command("KEYS", "sy:{fb:*}:r") == []


def test_while_redis_is_away_nothing_is_rejected(case):
    given = ticket(case, 1)
    assert case.judge(given, score=0.1)[0] == 200
    assert turn(case, case.routers[0], 1)[0] == "plain"
    case.redis.stop()
    assert eventually(lambda: turn(case, case.routers[0], 1)[0] == "chat", 10)


def gets(case):
    """Calls of GET that Redis has answered."""
    told = case.redis.figures("commandstats").get("cmdstat_get", "calls=0,")
    return int(told.split("calls=")[1].split(",")[0])


def test_who_names_no_session_costs_no_call(case):
    ticket(case, 1)
    def rise(session):
        before = gets(case)
        for number in range(60):
            assert case.ask(number, session=session)[0] == 200
        return gets(case) - before
    assert rise(2) >= 60
    assert rise(None) < 30, "others read now and then for themselves"
