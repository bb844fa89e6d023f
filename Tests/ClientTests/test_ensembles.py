"""Several models asked for one answer: cascades, votes and the best of several, over two providers whose words are given."""

import json
import threading

import httpx
import openai
import pytest

from support import CLIENT_KEY, NARROW_KEY, Router, eventually, get, prompt, sha256

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 2, drain_notice: 1ms, request_timeout: 20s }}
admin: {{ port: {admin_port}, token: {token} }}
cache: {{ ttl: 60s }}
breaker: {{ min_requests: 1000 }}
telemetry: {{ decisions: {{ keep: 1h }} }}
providers:
  alpha: {{ dialect: openai, base_url: "{alpha}/v1", api_key: "${{PROVIDER_KEY}}" }}
  beta: {{ dialect: openai, base_url: "{beta}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  small: {{ provider: alpha, model: e-small, data: [phi], price: {{ input: 10, output: 10 }} }}
  large: {{ provider: beta, model: e-large, price: {{ input: 100, output: 100 }} }}
  third: {{ provider: beta, model: e-third, data: [phi], price: {{ input: 1000, output: 1000 }} }}
  judge: {{ provider: alpha, model: e-judge, price: {{ input: 1, output: 1 }} }}
models:
  small: {{ deployments: [small] }}
  large: {{ deployments: [large] }}
  third: {{ deployments: [third] }}
  referee: {{ deployments: [judge] }}
routing:
  default_model: small
  data_classes: {{ phi: {{}} }}
  ensembles:
    frugal: {{ cascade: [small, large] }}
    hasty: {{ cascade: [small, large], deadline: 300ms }}
    sure: {{ cascade: [small, large], verify: {{ confidence: 50% }} }}
    checked: {{ cascade: [small, large], verify: {{ judge: referee }}, deadline: 2s }}
    tardy: {{ cascade: [small, large], verify: {{ judge: referee }}, deadline: 100ms }}
    panel: {{ vote: [small, large, third] }}
    impatient: {{ vote: [small, large, third], quorum: 3, deadline: 300ms }}
    same: {{ vote: [small, small, small] }}
    finest: {{ best_of: [small, large], judge: referee, deadline: 2s }}
    quick: {{ best_of: [small, large, third], judge: referee, quorum: 2 }}
  rules: [ {rules} ]
tenants:
  acme: {{ keys: [ {{ id: wide, sha256: {wide} }} ] }}
  poor: {{ limits: [ {{ requests: 4, per: hour }} ], keys: [ {{ id: narrow, sha256: {narrow} }} ] }}
  thrifty: {{ limits: [ {{ dollars: 0.01, per: month, steer: 1% }} ], keys: [ {{ id: thrifty, sha256: {thrifty} }} ] }}
"""
THRIFTY_KEY = "sk-thrifty"
TOKEN = "admin-token-of-tests"
NAMES = ["frugal", "hasty", "sure", "checked", "tardy", "panel", "impatient", "same", "finest", "quick"]
REFUSAL = "I'm sorry, but I can't help with that."


class AdminRouter(Router):
    token = TOKEN


@pytest.fixture(scope="module")
def router(processes, alpha, beta, tmp_path_factory):
    rules = ", ".join(f"{{ condition: {{ header.x-ask: {name} }}, ensemble: {name} }}" for name in NAMES)
    router = AdminRouter.of(
        processes, tmp_path_factory.mktemp("ensembles"), CONFIG, alpha=alpha.url, beta=beta.url, rules=rules, token=TOKEN,
        wide=sha256(CLIENT_KEY), narrow=sha256(NARROW_KEY), thrifty=sha256(THRIFTY_KEY))
    yield router
    router.end()


@pytest.fixture(autouse=True)
def quiet(alpha, beta):
    yield
    for provider in (alpha, beta):
        get(f"{provider.url}/sim/faults", "DELETE")


def says(model, text=None, contains="", logprob=None, **fault):
    """That a model of a provider answers with this text; without one, that it misbehaves."""
    if text is not None:
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        if logprob is not None:
            choice["logprobs"] = {"content": [{"token": "x", "logprob": logprob}]}
        body = {"id": "x", "object": "chat.completion", "model": "m", "choices": [choice],
                "usage": {"prompt_tokens": 50, "completion_tokens": 5, "total_tokens": 55}}
        fault = {"status": 200, "body": json.dumps(body)} | fault
    return {"match": {"model": model} | ({"contains": contains} if contains else {}), "fault": fault}


LATE = {"stall": "before_first_byte"}


@pytest.fixture
def script(alpha, beta):
    """Gives both providers these rules."""
    def write(*rules):
        for provider in (alpha, beta):
            status, text = get(f"{provider.url}/sim/faults", "PUT", json.dumps(rules).encode())
            assert status < 300, text
    return write


@pytest.fixture
def ask(router, tag):
    def send(ensemble, key=CLIENT_KEY, headers=None, **body):
        body = {"model": "small", "messages": prompt(tag), **body}
        return httpx.post(
            f"{router.url}/v1/chat/completions", json=body, timeout=15,
            headers={"authorization": f"Bearer {key}", "x-ask": ensemble, **(headers or {})})
    return send


@pytest.fixture
def asked(alpha, beta, tag):
    """The models that were asked, a judge too, as often as they were."""
    def models():
        entries = alpha.log(tag) + beta.log(tag)
        return sorted(entry["model"].removeprefix("e-") for entry in entries)
    return models


def text(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["choices"][0]["message"]["content"]


def told(answer):
    """What the header says: the ensemble, and its parameters."""
    name, *parameters = answer.headers["x-switchyard-ensemble"].split("; ")
    return {"name": name} | dict(parameter.split("=") for parameter in parameters)


def line(router, answer):
    return router.access_log(answer.headers["x-request-id"])


# ---- Cascades -------------------------------------------------------------------------------------------------------

def test_an_answer_that_will_do_is_the_end(router, script, ask, asked):
    script(says("e-small", "It is so."), says("e-large", "It is otherwise."))
    answer = ask("frugal")
    assert text(answer) == "It is so."
    assert told(answer) == {"name": "frugal", "kind": "cascade", "model": "1", "of": "2", "why": "accepted"}
    assert asked() == ["small"]
    written = line(router, answer)
    assert (written["ensemble"], written["ensemble_end"], written["attempts"]) == ("frugal", "accepted", 1)
    assert (written["input_tokens"], written["cost_microdollars"]) == (50, 550)
    assert "bypass" in answer.headers["cache-status"]


def test_what_will_not_do_is_asked_of_the_next_and_both_are_paid_for(router, script, ask, asked):
    script(says("e-small", REFUSAL), says("e-large", "Of course."))
    before = {name: router.metric("switchyard_cost_dollars_total", model=name) for name in ("small", "large")}
    spent = router.metric("switchyard_ensemble_cost_dollars_total", ensemble="frugal")
    answer = ask("frugal")
    assert text(answer) == "Of course."
    assert told(answer)["why"] == "escalated" and told(answer)["model"] == "2"
    assert answer.headers["x-switchyard-model"] == "large" and answer.headers["x-switchyard-attempts"] == "2"
    assert asked() == ["large", "small"]
    written = line(router, answer)
    assert (written["input_tokens"], written["output_tokens"]) == (100, 10)
    assert written["cost_microdollars"] == 550 + 5_500 and written["deployment"] == "large"
    metric = router.metric
    assert metric("switchyard_cost_dollars_total", model="small") - before["small"] == pytest.approx(0.00055)
    assert metric("switchyard_cost_dollars_total", model="large") - before["large"] == pytest.approx(0.0055)
    assert metric("switchyard_ensemble_cost_dollars_total", ensemble="frugal") - spent == pytest.approx(0.00605)
    assert metric("switchyard_ensemble_objections_total", ensemble="frugal", reason="refusal") >= 1
    kept = decision(router, answer)
    assert [attempt["deployment"] for attempt in kept["tries"]] == ["small", "large"]
    assert kept["ensemble_end"] == "escalated"


def decision(router, answer):
    """What was kept of a request, once it is there."""
    url = f"http://127.0.0.1:{router.admin_port}/api/decisions/{answer.headers['x-request-id']}"
    assert eventually(lambda: get(url, token=TOKEN)[0] == 200)
    return json.loads(get(url, token=TOKEN)[1])


SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {
    "type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}}}


@pytest.mark.parametrize("small, reason", [('{"a": "x"}', "schema"), ("", "empty"), (REFUSAL, "refusal")])
def test_an_answer_is_checked_by_what_its_client_wants(router, script, ask, small, reason):
    script(says("e-small", small), says("e-large", '{"a": 1}'))
    before = router.metric("switchyard_ensemble_objections_total", ensemble="frugal", reason=reason)
    assert text(ask("frugal", response_format=SCHEMA)) == '{"a": 1}'
    assert router.metric("switchyard_ensemble_objections_total", ensemble="frugal", reason=reason) == before + 1


def test_where_the_next_fails_the_answer_is_what_there_is(script, ask):
    script(says("e-small", REFUSAL), says("e-large", status=400))
    answer = ask("frugal")
    assert text(answer) == REFUSAL and told(answer)["why"] == "rejected" and told(answer)["model"] == "1"


def test_where_the_first_fails_the_next_is_asked(script, ask):
    script(says("e-small", status=500), says("e-large", "Here I am."))
    answer = ask("frugal")
    assert text(answer) == "Here I am." and told(answer)["why"] == "escalated"


def test_where_all_fail_it_is_as_with_the_first_alone(script, ask, asked):
    script(says("e-small", status=500), says("e-large", status=503))
    alone, together = ask("nobody"), ask("frugal")
    assert (together.status_code, together.json()) == (alone.status_code, alone.json())
    script(says("e-small", status=400), says("e-large", "Here I am."))
    count = len(asked())
    assert ask("frugal").status_code == 400 and len(asked()) == count + 1, "nobody else would take it"


def test_who_is_late_is_not_waited_for_where_there_is_an_answer(router, script, ask, beta, tag):
    script(says("e-small", REFUSAL), says("e-large", **LATE))
    answer = ask("hasty")
    assert text(answer) == REFUSAL and told(answer)["why"] == "deadline"
    assert eventually(lambda: [entry["outcome"] for entry in beta.log(tag)] == ["cancelled"])
    assert line(router, answer)["ensemble_end"] == "deadline"
    assert router.metric("switchyard_ensemble_branches_total", ensemble="hasty", result="cancelled") == 1


def test_who_is_unsure_is_asked_to_say_so(script, ask, alpha, tag):
    script(says("e-small", "Perhaps.", logprob=-2), says("e-large", "Surely."))
    assert text(ask("sure")) == "Surely."
    script(says("e-small", "Yes.", logprob=-0.1), says("e-large", "Surely."))
    assert text(ask("sure")) == "Yes."
    assert text(ask("frugal")) == "Yes."
    bodies = [json.loads(entry["body"]) for entry in alpha.log(tag)]
    assert [body.get("logprobs") for body in bodies] == [True, True, None]


@pytest.mark.parametrize("reply, served, verdict", [
    ('{"good": true}', "Four.", "good"), ('{"good": false}', "Five.", "bad"), ("Well …", "Four.", "none")])
def test_a_judge_may_check_answers(router, script, ask, asked, reply, served, verdict):
    script(says("e-small", "Four."), says("e-large", "Five."), says("e-judge", reply))
    before = router.metric("switchyard_ensemble_judged_total", ensemble="checked", verdict=verdict)
    answer = ask("checked")
    assert text(answer) == served
    assert asked().count("judge") == 1
    assert router.metric("switchyard_ensemble_judged_total", ensemble="checked", verdict=verdict) == before + 1
    extra = 0 if served == "Four." else 5_500
    assert line(router, answer)["cost_microdollars"] == 550 + 55 + extra


@pytest.mark.parametrize("fault, verdict", [({"status": 500}, "failed"), (LATE, "late")])
def test_without_its_judge_an_answer_is_taken(router, script, ask, fault, verdict):
    script(says("e-small", "Four."), says("e-large", "Five."), says("e-judge", **fault))
    answer = ask("checked")
    assert text(answer) == "Four." and told(answer)["why"] == "accepted"
    assert router.metric("switchyard_ensemble_judged_total", ensemble="checked", verdict=verdict) >= 1


def test_no_judge_is_asked_once_time_is_up(script, ask, asked):
    script(says("e-small", "Four.", ttft="300ms"), says("e-large", "Five."), says("e-judge", '{"good": false}'))
    answer = ask("tardy")
    assert text(answer) == "Four." and told(answer)["why"] == "accepted" and asked() == ["small"]


# ---- Votes ----------------------------------------------------------------------------------------------------------

def test_what_most_say_is_the_answer(router, script, ask, asked):
    script(says("e-small", "It is 41."), says("e-large", "The answer is 42."), says("e-third", "**42**"))
    answer = ask("panel")
    assert text(answer) == "The answer is 42."
    assert told(answer) == {"name": "panel", "kind": "vote", "model": "2", "of": "3", "why": "quorum"}
    assert {"large", "third"} <= set(asked()) <= {"large", "small", "third"}
    # Whoever was late is charged as far as the provider said.
    assert line(router, answer)["attempts"] == 3 and line(router, answer)["cost_microdollars"] >= 55_000 + 5_500


def test_a_quorum_waits_for_nobody(router, script, ask, beta, tag):
    script(says("e-small", "42", ttft="200ms"), says("e-large", "42", ttft="200ms"), says("e-third", **LATE))
    answer = ask("panel")
    assert text(answer) == "42" and told(answer)["why"] == "quorum" and told(answer)["model"] == "1"
    assert eventually(lambda: [entry["outcome"] for entry in beta.log(tag) if entry["model"] == "e-third"]
                      == ["cancelled"])


def test_who_fails_has_no_vote(script, ask):
    script(says("e-small", status=500), says("e-large", "blue"), says("e-third", "red"))
    answer = ask("panel")
    assert text(answer) == "blue" and told(answer)["why"] == "tie"
    script(says("e-small", status=500), says("e-large", status=400), says("e-third", "red"))
    answer = ask("panel")
    assert text(answer) == "red" and told(answer)["why"] == "only"


def test_at_the_deadline_the_best_so_far_is_taken(script, ask):
    script(says("e-small", "42"), says("e-large", "42"), says("e-third", **LATE))
    answer = ask("impatient")
    assert text(answer) == "42" and told(answer)["why"] == "deadline"


def test_each_call_is_charged_and_those_without_room_are_left_out(router, script, ask, asked):
    script(says("e-small", "1"), says("e-large", "2"), says("e-third", "3"))
    first = ask("panel", key=NARROW_KEY)
    assert text(first) == "1" and told(first)["why"] == "medoid" and len(asked()) == 3
    second = ask("panel", key=NARROW_KEY)
    assert second.status_code == 200 and told(second)["why"] == "only", "of four requests an hour one was left"
    third = ask("panel", key=NARROW_KEY)
    assert third.status_code == 429 and third.headers["retry-after"]
    assert len(asked()) == 4


def test_each_call_has_a_key_of_its_own(script, ask, alpha, beta, tag):
    script(says("e-small", "1"), says("e-large", "2"), says("e-third", "3"))
    assert ask("panel", headers={"idempotency-key": "k7"}).status_code == 200
    entries = alpha.log(tag) + beta.log(tag)
    assert sorted(entry["headers"]["idempotency-key"] for entry in entries) == ["k7-1", "k7-2", "k7-3"]


# ---- The best of several --------------------------------------------------------------------------------------------

def beside(answer, place):
    """What stands in a judge's question where this answer has this place."""
    return json.dumps(f"answer {place}\n{answer}\n")[1:-1]


def test_the_judge_is_asked_in_both_orders(router, script, ask, asked, alpha, tag):
    script(says("e-small", "Four."), says("e-large", "Five."),
           says("e-judge", '{"better": "A"}', contains=beside("Five.", "A")), says("e-judge", '{"better": "B"}'))
    answer = ask("finest")
    assert text(answer) == "Five." and told(answer)["why"] == "judged" and told(answer)["model"] == "2"
    assert asked() == ["judge", "judge", "large", "small"]
    questions = [entry["body"] for entry in alpha.log(tag) if entry["model"] == "e-judge"]
    assert sorted(beside("Five.", "A") in question for question in questions) == [False, True]
    assert line(router, answer)["cost_microdollars"] == 550 + 5_500 + 2 * 55


def test_a_judge_that_likes_a_place_is_not_heard(script, ask):
    script(says("e-small", "Four."), says("e-large", "Five."), says("e-judge", '{"better": "B"}'))
    answer = ask("finest")
    assert text(answer) == "Four." and told(answer)["why"] == "judged", "neither is better: the first"


@pytest.mark.parametrize("fault, why", [({"status": 500}, "unjudged"), (LATE, "deadline")])
def test_without_a_judge_it_is_the_first(script, ask, fault, why):
    script(says("e-small", "Four."), says("e-large", "Five."), says("e-judge", **fault))
    answer = ask("finest")
    assert text(answer) == "Four." and told(answer)["why"] == why


def test_only_answers_are_compared(script, ask, asked):
    script(says("e-small", REFUSAL), says("e-large", "Five."), says("e-judge", '{"better": "A"}'))
    answer = ask("finest")
    assert text(answer) == "Five." and told(answer)["why"] == "only" and "judge" not in asked()


def test_enough_answers_are_enough(script, ask, beta, tag):
    script(says("e-small", "Four."), says("e-large", "Five."), says("e-third", **LATE), says("e-judge", '{"better": "same"}'))
    answer = ask("quick")
    assert text(answer) == "Four." and told(answer)["why"] == "judged"
    assert eventually(lambda: [entry["outcome"] for entry in beta.log(tag) if entry["model"] == "e-third"]
                      == ["cancelled"])


# ---- All of them ----------------------------------------------------------------------------------------------------

def test_a_stream_comes_once_it_is_decided_whose(router, asked, tag):
    with openai.OpenAI(base_url=f"{router.url}/v1", api_key=CLIENT_KEY, max_retries=0, timeout=15) as client:
        raw = client.chat.completions.with_raw_response.create(
            model="small", messages=prompt(tag), stream=True, extra_headers={"x-ask": "same"})
        pieces = [chunk.choices[0].delta.content for chunk in raw.parse() if chunk.choices]
    assert raw.headers["content-type"].startswith("text/event-stream")
    assert len([piece for piece in pieces if piece]) > 3
    assert "kind=vote" in raw.headers["x-switchyard-ensemble"] and "why=quorum" in raw.headers["x-switchyard-ensemble"]
    assert set(asked()) == {"small"} and 2 <= len(asked()) <= 3


def test_what_is_too_large_to_be_compared_is_passed_on_whole(router, tag):
    count = 12_000
    body = {"model": "small", "stream": True, "messages": prompt(tag, tokens=count)}
    headers = {"authorization": f"Bearer {CLIENT_KEY}", "x-ask": "same"}
    with httpx.stream("POST", f"{router.url}/v1/chat/completions", json=body, headers=headers, timeout=30) as answer:
        lines = [line for line in answer.iter_lines() if line.startswith("data: ")]
    assert sum(len(line) for line in lines) > 1 << 20 and len(lines) > count
    assert lines[-1] == "data: [DONE]" and "why=only" in answer.headers["x-switchyard-ensemble"]


def test_data_reaches_nobody_who_may_not_see_it_nor_a_judge(router, script, ask, asked):
    script(says("e-small", "42"), says("e-large", "41"), says("e-third", "42"), says("e-judge", '{"good": false}'))
    headers = {"x-data-class": "phi"}
    assert told(ask("panel", headers=headers))["of"] == "2"
    before = router.metric("switchyard_ensemble_plain_total", reason="models")
    for ensemble in ("frugal", "checked", "finest"):
        answer = ask(ensemble, headers=headers)
        assert text(answer) == "42" and "x-switchyard-ensemble" not in answer.headers
    assert router.metric("switchyard_ensemble_plain_total", reason="models") == before + 3
    answer = ask("quick", headers=headers)
    assert text(answer) == "42" and "x-switchyard-ensemble" not in answer.headers
    assert router.metric("switchyard_ensemble_plain_total", ensemble="quick", reason="judge") == 1
    assert set(asked()) == {"small", "third"}


TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]


@pytest.mark.parametrize("body, reason", [({"n": 2}, "choices"), ({"store": True}, "stateful"), ({"tools": TOOLS}, "tools")])
def test_some_requests_are_for_one_model(router, ask, asked, body, reason):
    before = router.metric("switchyard_ensemble_plain_total", ensemble="panel", reason=reason)
    answer = ask("panel", **body)
    assert answer.status_code == 200 and "x-switchyard-ensemble" not in answer.headers
    assert asked() == ["small"]
    assert router.metric("switchyard_ensemble_plain_total", ensemble="panel", reason=reason) == before + 1


def test_a_budget_that_is_nearly_spent_pays_for_one_model(router, script, ask, asked):
    script(says("e-small", "It is so."), says("e-large", "It is otherwise."))
    before = router.metric("switchyard_ensemble_plain_total", ensemble="frugal", reason="steered")
    first, second = (ask("frugal", key=THRIFTY_KEY, max_tokens=50) for _ in range(2))
    assert text(first) == text(second) == "It is so." and told(first)["why"] == "accepted"
    # The first model is the cheapest, so that the budget sends nobody elsewhere.
    assert "x-switchyard-ensemble" not in second.headers and "x-switchyard-steered" not in second.headers
    assert router.metric("switchyard_ensemble_plain_total", ensemble="frugal", reason="steered") == before + 1


def test_a_client_that_leaves_ends_all_of_them(router, script, tag, alpha, beta):
    script(says("e-small", **LATE), says("e-large", **LATE), says("e-third", **LATE))
    with pytest.raises(httpx.TimeoutException):
        httpx.post(
            f"{router.url}/v1/chat/completions", json={"model": "small", "messages": prompt(tag)}, timeout=1,
            headers={"authorization": f"Bearer {CLIENT_KEY}", "x-ask": "panel"})
    assert eventually(lambda: [entry["outcome"] for entry in alpha.log(tag) + beta.log(tag)] == ["cancelled"] * 3)
    assert router.unsettled() == {}


def test_many_at_once_leave_nothing_behind(router, script, ask):
    script(says("e-small", "42"), says("e-large", REFUSAL), says("e-third", "42"), says("e-judge", '{"better": "same"}'))
    failed = []

    def call(number):
        for ensemble in (NAMES * 2)[number:number + 5]:
            if ask(ensemble).status_code != 200:
                failed.append(ensemble)
    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [] and router.unsettled() == {}
