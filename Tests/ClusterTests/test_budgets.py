"""A budget that steers, with a real Redis: it is spent in steps, and the model changes before anything is refused."""

import http.client
import json
import urllib.parse

import pytest

from cluster import Redis, Simulator, free_port, sha256
from support import CLIENT_KEY, KEYS, NARROW_KEY, PROVIDER_KEY, Router, get, prompt

TOKEN = "admin-token-of-tests"
BY_MODEL_KEY, CROWDED_KEY = "sk-by-model", "sk-crowded"
#: Micro-dollars of an answer of ten tokens.
LARGE, SMALL = 10_000, 2_000
BUDGET = 100_000

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 2, drain_notice: 1ms }}
admin: {{ port: {admin_port}, token: {token} }}
state: {{ redis: "{redis}", timeout: 1s }}
providers:
  sim: {{ dialect: openai, base_url: "{sim}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  large: {{ provider: sim, model: sim-large, price: [ {{ input: 0, output: 9, until: 2020-01-01 }}, {{ input: 0, output: 1000, from: 2020-01-01 }} ] }}
  small: {{ provider: sim, model: sim-small, price: {{ input: 0, output: 200 }} }}
models:
  large: {{ deployments: [large], fallbacks: [small] }}
  small: {{ deployments: [small] }}
  mixed: {{ deployments: [large, small] }}
tenants:
  acme:
    limits: [ {{ dollars: 0.1, per: month, by: key, steer: 50% }} ]
    keys: [ {{ id: steps, sha256: {steps} }}, {{ id: narrow, sha256: {narrow}, models: [large, mixed] }} ]
  beta:
    limits: [ {{ dollars: 0.05, per: month, by: model, steer: 50% }} ]
    keys: [ {{ id: by-model, sha256: {by_model} }} ]
  gamma:
    limits: [ {{ dollars: 0.04, per: month, steer: 30% }}, {{ requests: 3, per: hour, by: model }} ]
    keys: [ {{ id: crowded, sha256: {crowded} }} ]
"""


class AdminRouter(Router):
    token = TOKEN


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    redis, simulator = Redis(), Simulator("--key", PROVIDER_KEY)
    processes = []
    for _ in range(2):
        processes.append(AdminRouter.of(
            [], tmp_path_factory.mktemp("budgets"), CONFIG, redis=redis.url, sim=simulator.url, token=TOKEN,
            steps=sha256(CLIENT_KEY), narrow=sha256(NARROW_KEY), by_model=sha256(BY_MODEL_KEY),
            crowded=sha256(CROWDED_KEY)))
    yield processes
    for process in [*processes, simulator, redis]:
        process.stop()


def send(router, key=CLIENT_KEY, model="large"):
    connection = http.client.HTTPConnection("127.0.0.1", router.port, timeout=20)
    body = {"model": model, "messages": prompt(tokens=10), "max_tokens": 10}
    connection.request(
        "POST", "/v1/chat/completions", json.dumps(body),
        {"authorization": f"Bearer {key}", "content-type": "application/json"})
    answer = connection.getresponse()
    answer.body = json.loads(answer.read())
    connection.close()
    return answer


def explain(router, key="steps", model="large"):
    body = json.dumps({"model": model, "messages": prompt(), "max_tokens": 10}).encode()
    query = urllib.parse.urlencode({"key": key})
    status, text = get(f"http://127.0.0.1:{router.admin_port}/api/explain?{query}", "POST", body, TOKEN)
    assert status == 200, text
    return json.loads(text)


def spend(router, key=CLIENT_KEY, model="large"):
    """The answers until one is refused, and that."""
    answers = []
    while len(answers) < 200:
        answers.append(send(router, key, model))
        if answers[-1].status != 200:
            break
    return answers


def test_the_model_changes_before_the_budget_refuses(case):
    router, other = case
    assert explain(router)["steered"] is None
    *served, refused = spend(router)
    models = [answer.headers["x-switchyard-model"] for answer in served]
    steered = [answer.headers["x-switchyard-steered"] for answer in served]
    first = models.index("small")
    # Half of the budget is five large answers; what is reserved may be a little more than what is used.
    assert 3 <= first <= 6, models
    assert models == ["large"] * first + ["small"] * (len(models) - first), models
    assert steered == [None] * first + ["budget"] * (len(models) - first)
    assert refused.status == 429 and refused.body["error"]["code"] == "budget_exceeded"
    assert refused.headers["x-switchyard-steered"] == "budget"
    # All of the budget is used, but for what one more answer would have taken.
    spent = first * LARGE + (len(models) - first) * SMALL
    assert BUDGET - 2 * SMALL <= spent <= BUDGET, (first, len(models))
    assert router.metric("switchyard_budget_steered_total", limit="tenants.acme.limits[0]") == len(models) - first + 1
    lines = [router.access_log(answer.headers["x-request-id"]) for answer in (served[0], served[-1])]
    assert [line.get("steered") for line in lines] == [None, "budget"]
    assert [line["cost_microdollars"] for line in lines] == [LARGE, SMALL], "by the price of these days"

    told = explain(router)
    assert told["steered"]["from"] == "large" and told["steered"]["to"] == "small"
    assert told["steered"]["path"] == "tenants.acme.limits[0]"
    # The other replica has heard of none of it, and asks for the large model until Redis refuses that once.
    assert explain(other)["steered"] is None
    assert send(other).status == 429
    assert explain(other)["steered"]["to"] == "small"


def test_a_key_that_may_use_the_dear_model_only_is_not_steered(case):
    served = [send(case[0], NARROW_KEY) for _ in range(6)]
    assert [answer.headers["x-switchyard-model"] for answer in served] == ["large"] * 6
    assert not [answer for answer in served if answer.headers["x-switchyard-steered"]]
    # It is, to the cheaper deployment of a model that has one.
    mixed = [send(case[0], NARROW_KEY, "mixed") for _ in range(4)]
    assert [answer.headers["x-switchyard-deployment"] for answer in mixed] == ["small"] * 4
    assert [answer.headers["x-switchyard-steered"] for answer in mixed] == ["budget"] * 4
    *rest, refused = spend(case[0], NARROW_KEY)
    assert {answer.headers["x-switchyard-model"] for answer in rest} <= {"large"} and refused.status == 429


def test_a_budget_of_each_model_is_charged_for_what_it_steers(case):
    *served, refused = spend(case[0], BY_MODEL_KEY)
    models = [answer.headers["x-switchyard-model"] for answer in served]
    assert models.count("large") in (2, 3, 4) and "small" in models, models
    spent = models.count("large") * LARGE + models.count("small") * SMALL
    assert 50_000 - 2 * SMALL <= spent <= 50_000, models
    assert refused.body["error"]["code"] == "budget_exceeded"
    # The small model's own is untouched.
    assert send(case[0], BY_MODEL_KEY, "small").status == 200


def test_where_it_is_sent_the_callers_limits_of_that_model_do_not_refuse_it(case):
    assert [send(case[0], CROWDED_KEY, "small").status for _ in range(4)] == [200, 200, 200, 429]
    answers = [send(case[0], CROWDED_KEY) for _ in range(3)]
    assert [answer.headers["x-switchyard-model"] for answer in answers] == ["large", "small", "small"]
    assert [answer.status for answer in answers] == [200] * 3
