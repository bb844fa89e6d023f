"""A model that judges the answers of copies: real replicas, a real Redis, a simulated provider that serves the judge too. The leader is
played, as in `test_shadow`; in the end it is one of the replicas."""

import json

import pytest

from cluster import eventually
from test_shadow import CONFIG, STEPS, Copies, Load, call, candidate, start
from test_versions import Case

JUDGED = CONFIG.replace("models:", "  judge: {{ provider: sim, model: sim-judge, price: {{ input: 10, output: 10 }} }}\nmodels:\n"
                        "  referee: {{ deployments: [judge] }}\n  unpaid: {{ deployments: [free] }}")
TERMS = "shadow: {{ sample: 10%%, budget: 1000, max_concurrent: 4, timeout: 2s, judge: {{ model: %s }} }}"
# What the candidate says; the simulator makes up what the baseline does.
NEW = "The candidate's words."


def rule(model, text, tokens=50, contains="", **fault):
    """That a model answers with this text."""
    answer = {"id": "x", "object": "chat.completion", "model": "m", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": tokens, "completion_tokens": 5, "total_tokens": tokens + 5}}
    match = {"model": model} | ({"contains": contains} if contains else {})
    return {"match": match, "fault": {"status": 200, "body": json.dumps(answer), **fault}}


class Judged(Copies):
    def __init__(self, folder, judge="referee", **more):
        super().__init__(folder, rollout=TERMS % judge, config=JUDGED, **more)

    def says(self, reply, candidate=NEW, **more):
        """What the judge replies, and what the candidate answers."""
        self.fails(rule("sim-large", candidate), rule("sim-judge", reply, **more))

    def questions(self):
        return [entry for entry in self.simulator.log() if entry["model"] == "sim-judge"]

    def judged(self, verdict):
        return self.routers[0].metric("switchyard_shadow_judged_total", model="chat", verdict=verdict)

    def unjudged(self, reason):
        return self.routers[0].metric("switchyard_shadow_unjudged_total", model="chat", reason=reason)


@pytest.fixture
def judged(tmp_path):
    made = []

    def make(**values):
        made.append(Judged(tmp_path, **values))
        return made[-1]
    yield make
    for case in made:
        case.stop()


def material(question):
    """The lines of what a judge is to read, and the beginning of those between them."""
    system, user = json.loads(question["body"])["messages"]
    lines = user["content"].split("\n")
    boundary = lines[0].removesuffix(" message of user")
    assert boundary in system["content"]
    return lines, boundary


def test_a_judge_is_asked_which_answer_is_better_and_both_are_graded(judged):
    case = judged()
    case.says('{"better": "A"}')
    for number in range(20):
        status, headers, _ = case.ask(number, session=number)
        assert status == 200
        assert eventually(lambda: len(case.questions()) == number + 1)
    boundaries, firsts = set(), 0
    for question in case.questions():
        body = json.loads(question["body"])
        assert (body["model"], body["temperature"]) == ("sim-judge", 0) and not body.get("stream")
        assert question["headers"]["x-switchyard-arm"] == "judge"
        lines, boundary = material(question)
        first, second, end = (lines.index(f"{boundary} {name}") for name in ("answer A", "answer B", "end"))
        answers = ["\n".join(lines[first + 1:second]), "\n".join(lines[second + 1:end])]
        assert lines[1].startswith("hi ") and sorted(answers).count(NEW) == 1 and all(answers)
        firsts += answers[0] == NEW
        boundaries.add(boundary)
    # Each question has a boundary of its own, and which answer comes first is chance: one time in 500,000 it is always the same.
    assert len(boundaries) == 20 and 0 < firsts < 20
    assert eventually(lambda: (case.judged("better"), case.judged("worse")) == (firsts, 20 - firsts), 5)
    assert eventually(lambda: case.counts().get("s.q") == 20, 5)
    counts = case.counts()
    assert (counts["b.q"], counts["s.lowq"], counts["b.lowq"]) == (20, 20 - firsts, firsts)
    # What is asked is paid for by the budget of the copies, and by nobody else.
    lines = case.lines("judge")
    assert len(lines) == 20 and headers["x-request-id"] in [line["request_id"] for line in lines]
    assert all("tenant" not in line and "key_id" not in line and line["model"] == "referee" for line in lines)
    assert not any(NEW in line or "better" in line for line in list(case.routers[0].lines))
    metric = case.routers[0].metric
    cost = sum(line["cost_microdollars"] for arm in ("shadow", "judge") for line in case.lines(arm))
    assert lines[0]["cost_microdollars"] == 550
    assert metric("switchyard_shadow_cost_dollars_total", model="chat") == pytest.approx(cost / 1e6)
    assert metric("switchyard_requests_total", model="referee") == 0
    assert metric("switchyard_ratelimit_decisions_total", result="admitted") == 20
    assert eventually(lambda: metric("switchyard_shadow_active") == 0)
    for router in case.routers:
        router.end()


@pytest.mark.parametrize("reply, verdict, grades", [
    ('{"better": "same"}', "same", {"s.q": 1, "b.q": 1}),
    ("Both are fine.", "none", {}),
    ('{"better": "A", "as": "I was told to say it"}', "none", {}),
])
def test_nothing_is_heard_but_a_verdict(judged, reply, verdict, grades):
    case = judged()
    case.says(reply)
    assert case.ask(1, session=1)[0] == 200
    assert eventually(lambda: case.judged(verdict) == 1)
    assert eventually(lambda: case.counts().get("s.n") == 1 and case.counts().get("s.q", 0) == grades.get("s.q", 0), 5)
    counts = case.counts()
    assert {name: count for name, count in counts.items() if name.endswith((".q", ".lowq"))} == grades


def test_a_judge_that_fails_is_nobodys_trouble(judged):
    case = judged()
    case.says("", status=429, retry_after="30")
    assert case.ask(1, session=1)[0] == 200
    assert eventually(lambda: case.judged("failed") == 1)
    assert case.ask(2, session=2)[0] == 200
    # It is left alone for a while; copies go on.
    assert eventually(lambda: case.unjudged("cooldown") == 1)
    assert len(case.questions()) == 1 and len(case.copies()) == 2
    assert eventually(lambda: case.counts().get("s.n") == 2, 5)
    assert "s.q" not in case.counts() and "s.err" not in case.counts()
    assert case.routers[0].metric("switchyard_breaker_state", deployment="judge") == 0
    case.routers[0].end()


def test_what_is_not_text_is_not_judged(judged):
    case = judged()
    case.says('{"better": "same"}', candidate="")
    assert case.ask(1, session=1)[0] == 200
    assert eventually(lambda: case.unjudged("no_text") == 1) and not case.questions()
    case.says('{"better": "same"}', candidate="x" * 40_000)
    assert case.ask(2, session=2)[0] == 200
    assert eventually(lambda: case.unjudged("too_long") == 1) and not case.questions()


@pytest.mark.parametrize("judge, reason", [("unpaid", "unpriced"), ("chat", "own_version")])
def test_some_are_no_judges(judged, judge, reason):
    case = judged(judge=judge)
    case.says('{"better": "same"}')
    assert case.ask(1, session=1)[0] == 200
    assert eventually(lambda: case.unjudged(reason) == 1)
    assert case.routers[0].metric("switchyard_shadow_copies_total", model="chat", result="ok") == 1
    assert eventually(lambda: case.counts().get("s.n") == 1, 5) and "s.q" not in case.counts()


def test_a_share_is_judged(judged):
    case = judged(judge="referee, sample: 0.01%")
    case.says('{"better": "same"}')
    for number in range(5):
        assert case.ask(number, session=number)[0] == 200
        assert eventually(lambda: len(case.copies()) == number + 1)
    assert eventually(lambda: case.counts().get("s.n") == 5, 5)
    # One in 10,000 is.
    assert len(case.questions()) <= 1


def test_a_replica_ends_while_its_judge_thinks(judged):
    case = judged()
    answer = {"match": {"model": "sim-judge"}, "fault": {"stall": "before_first_byte"}}
    case.fails(answer)
    assert case.ask(1, session=1)[0] == 200
    assert eventually(lambda: case.questions())
    assert case.routers[0].stop() == 0
    assert '"arm":"judge"' in case.routers[0].output


# ---- With a leader of its own --------------------------------------------------------------------------------------

LED = JUDGED.replace("input: 1000, output: 1000", "input: 100, output: 100") % STEPS.replace(
    "timeout: 2s }}", "timeout: 2s, judge: {{ model: referee }} }}")


@pytest.mark.parametrize("better, end", [("B", "SHADOW → ROLLED_BACK by controller: lowq"), ("A", "SHADOW → CANARY")])
def test_who_loses_is_rolled_back_before_anybody_sees_it_and_who_wins_goes_on(tmp_path, better, end):
    case = Case(tmp_path, 2, LED)
    # Wherever the candidate's answer stands, it is the worse one, or the better one. It costs no more than the baseline's.
    worse = {"A": "B", "B": "A"}[better]
    case.fails(
        rule("sim-large", NEW, tokens=1),
        rule("sim-judge", json.dumps({"better": better}), contains=json.dumps(f"answer A\n{NEW}")[1:-1]),
        rule("sim-judge", json.dumps({"better": worse})))
    try:
        load = Load(case)
        try:
            start(case)
            assert eventually(lambda: (candidate(case) or {"state": "ROLLED_BACK"})["state"] != "SHADOW", 90)
        finally:
            load.stop()
        assert load.failed == 0
        assert end in call(case, "rollout", "history", "chat")
    finally:
        case.stop()
