"""Routing rules as clients meet them: a dozen of them, over two providers, with a cache, fallbacks and hedges on."""

import json
import subprocess

import httpx
import pytest

from support import BINARIES, CLIENT_KEY, KEYS, NARROW_KEY, SECRETS, Router, prompt, sha256

TOKEN = "admin-token-of-tests"

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 2, drain_notice: 1ms }}
admin: {{ port: {admin_port}, token: {token} }}
cache: {{ ttl: 60s }}
breaker: {{ min_requests: 1000 }}
providers:
  alpha: {{ dialect: openai, base_url: "{alpha}/v1", api_key: "${{PROVIDER_KEY}}" }}
  beta: {{ dialect: openai, base_url: "{beta}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  small: {{ provider: alpha, model: small, regions: [eu], data: [phi], price: {{ input: 1, output: 2 }} }}
  large: {{ provider: beta, model: large, regions: [us], capabilities: [vision], price: {{ input: 50, output: 100 }} }}
  spare: {{ provider: beta, model: spare, regions: [eu, us], price: {{ input: 1, output: 1 }} }}
models:
  chat: {{ deployments: [small, large], fallbacks: [spare], aliases: [auto], hedge: {{ after: 50ms, budget: 100% }} }}
  big: {{ deployments: [large] }}
  spare: {{ deployments: [spare] }}
routing:
  default_model: chat
  rules:
    - {{ name: private, condition: {{ header.x-desk: clinic }}, deployments: {{ data: phi, regions: eu }} }}
    - {{ name: eyes, condition: {{ requires_vision: true }}, deployments: {{ capability: vision }} }}
    - {{ name: coders, condition: {{ task_type: [code, review], user_tier: "pro*" }}, model: big }}
    - {{ name: gold, condition: {{ task_value: high }}, model: big, fallbacks: [spare] }}
    - {{ name: long, condition: {{ input_tokens: ">= 2000" }}, model: spare }}
    - {{ name: cheap, condition: {{ optimize: cost }}, deployments: {{ max_price: 2 }} }}
    - {{ name: cold, condition: {{ metadata.job: "nightly-*", not: {{ stream: true }} }}, parameters: {{ temperature: 0.25, max_tokens: 7 }} }}
    - {{ name: team, condition: {{ any: [ {{ team: search }}, {{ team: ads }} ], requires_tools: true }}, model: spare }}
    - {{ name: json, condition: {{ requires_json: true, all: [ {{ turns: ">= 3" }}, {{ turns: "< 9" }} ] }}, model: big }}
    - {{ name: night, condition: {{ time: "00:00-24:00 Europe/Berlin", metadata.shift: night }}, priority: batch }}
    - {{ name: auto, condition: {{ model: auto, max_output_tokens: "<= 50" }}, model: spare }}
    - {{ name: never, condition: {{ tenant: nobody }}, model: big }}
tenants:
  acme:
    tier: pro
    teams: {{ search: {{}} }}
    keys:
      - {{ id: wide, sha256: {wide}, team: search }}
      - {{ id: narrow, sha256: {narrow}, models: [chat, spare] }}
"""


@pytest.fixture(scope="module")
def router(processes, alpha, beta, tmp_path_factory):
    router = Router.of(
        processes, tmp_path_factory.mktemp("rules"), CONFIG, alpha=alpha.url, beta=beta.url, wide=sha256(CLIENT_KEY),
        narrow=sha256(NARROW_KEY), token=TOKEN)
    router.token = TOKEN
    yield router
    router.end()


@pytest.fixture
def ask(router, tag):
    """One request with the test's word in its prompt, unless it has messages of its own."""
    def send(key=CLIENT_KEY, headers=None, **body):
        body = {"model": "chat", "messages": prompt(tag), **body}
        return httpx.post(
            f"{router.url}/v1/chat/completions", json={name: value for name, value in body.items() if value is not None},
            headers={"authorization": f"Bearer {key}", **(headers or {})}, timeout=15)
    return send


def line(router, answer):
    return router.access_log(answer.headers["x-request-id"])


VISION = [{"role": "user", "content": [
    {"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}]}]
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]

CASES = [
    ("private", {}, {"x-desk": "clinic"}, "small"), ("eyes", {"messages": VISION}, {}, "large"),
    ("coders", {}, {"x-task-type": "code_review"}, "large"),
    ("gold", {"metadata": {"task_value": "high"}}, {}, "large"),
    ("long", {"messages": prompt("word " * 3000)}, {}, "spare"),
    ("cheap", {}, {"x-optimize": "cost"}, "small"),
    ("team", {"tools": TOOLS}, {}, "spare"),
    ("json", {"messages": prompt() * 3, "response_format": {"type": "json_object"}}, {}, "large"),
    ("auto", {"model": "auto", "max_tokens": 5}, {}, "spare"),
]


@pytest.mark.parametrize("rule, body, headers, deployment", CASES, ids=[case[0] for case in CASES])
def test_the_first_rule_that_holds_decides(router, ask, rule, body, headers, deployment):
    before = router.metric("switchyard_rule_matches_total", rule=rule)
    answer = ask(headers=headers, **body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-switchyard-deployment"] == deployment
    assert line(router, answer)["rule"] == rule
    assert router.metric("switchyard_rule_matches_total", rule=rule) == before + 1


def test_where_none_holds_all_is_as_without_rules(router, ask):
    answer = ask(model="auto")
    assert answer.headers["x-switchyard-model"] == "chat" and "rule" not in line(router, answer)
    assert router.metric("switchyard_rule_matches_total", rule="never") == 0
    assert ask(model="nope", headers={"x-optimize": "cost"}).json()["error"]["code"] == "model_not_found"


def test_a_rule_writes_parameters_unless_its_condition_fails(ask, alpha, beta, tag):
    assert ask(metadata={"job": "nightly-1"}, temperature=1).status_code == 200
    assert ask(metadata={"job": "nightly-1"}, temperature=1, stream=True).status_code == 200
    bodies = [json.loads(entry["body"]) for entry in alpha.log(tag) + beta.log(tag)]
    plain, streams = [body for body in bodies if not body.get("stream")], [body for body in bodies if body.get("stream")]
    assert plain and all((body["temperature"], body["max_tokens"]) == (0.25, 7) for body in plain)
    assert streams and all(body["temperature"] == 1 and "max_tokens" not in body for body in streams)


def test_a_key_is_not_led_to_a_model_that_it_may_not_use(router, ask):
    answer = ask(NARROW_KEY, headers={"x-task-value": "high"})
    assert answer.headers["x-switchyard-model"] == "chat" and line(router, answer)["rule"] == "gold"


def test_the_cache_keeps_answers_of_others_apart(ask):
    def state(**headers):
        return ask(temperature=0, headers=headers).headers["cache-status"].split("; key=")[0]
    assert "stored" in state() and "hit" in state()
    assert "stored" in state(**{"x-desk": "clinic"}), "the other answer may be by one that may not serve this"
    assert "hit" in state(**{"x-desk": "clinic"})


def test_a_ceiling_leaves_what_is_cheap_enough(ask, beta, tag):
    for _ in range(4):
        answer = ask(max_tokens=100, headers={"x-max-cost-usd": "0.001"})
        assert answer.headers["x-switchyard-deployment"] == "small"
    assert beta.log(tag) == []
    dear = ask(model="big", max_tokens=100, headers={"x-max-cost-usd": "0.001"})
    assert (dear.status_code, dear.json()["error"]["code"]) == (400, "max_cost_exceeded")
    bad = ask(headers={"x-max-cost-usd": "a dollar"})
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "invalid_max_cost")


@pytest.fixture
def explain(router):
    def run(body, *words, code=0):
        done = subprocess.run(
            [BINARIES / "switchyard", "explain", "--config", router.config, "--key", "wide", *words],
            input=json.dumps(body).encode(), capture_output=True, env={**KEYS, "SWITCHYARD_ADMIN_TOKEN": TOKEN}, timeout=30)
        text = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == code and not [secret for secret in SECRETS if secret in text], text
        return json.loads(done.stdout) if "--json" in words else text
    return run


@pytest.mark.parametrize("live", [False, True])
def test_explain_says_rule_by_rule_why(router, explain, live):
    where = ["--replica", f"http://127.0.0.1:{router.admin_port}"] if live else []
    told = explain({"model": "chat", "messages": prompt()}, *where, "--json", "-H", "x-optimize: cost")
    rules = {rule["rule"]: (rule["is"], rule["why"]) for rule in told["rules"]}
    assert list(rules)[:2] == ["private", "eyes"] and len(rules) == 12
    assert rules["cheap"][0] == "matches" and rules["private"][0] == rules["never"][0] == "no"
    assert rules["private"][1] == "wants header.x-desk: clinic, and it is not known"
    assert told["facts"]["optimize"] == "cost" and told["facts"]["tenant"] == "acme"
    assert {item["deployment"]: item["why"] for item in told["left_out"]} == {"large": "by cheap, it costs more than max_price"}
    out = [item for stage in told["stages"] for item in stage["candidates"] if item["deployment"] == "large"]
    assert out and all(item["is"] == "out" and item["why"] == "by cheap, it costs more than max_price" for item in out)
    refused = explain({"model": "big", "messages": prompt()}, *where, "-H", "x-desk: clinic", code=1)
    assert "no_permitted_deployment" in refused and "left out" in refused and "rule private" in refused


def test_explain_and_the_router_agree(router, ask, explain):
    for rule, body, headers, deployment in CASES:
        words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
        told = explain({"model": "chat", "messages": prompt(), **body}, "--json", *words)
        assert [item["rule"] for item in told["rules"] if item["is"] == "matches"] == [rule]
        assert told["answer"]["deployment"] == deployment


def test_what_may_not_serve_never_does(ask, alpha, beta, tag):
    """The one deployment that may serve is slow, and fails: neither the other, nor a fallback, nor a hedge is asked."""
    slow = ask(messages=prompt(tag, ttft="300ms"), headers={"x-desk": "clinic"})
    assert slow.status_code == 200 and slow.headers["x-switchyard-deployment"] == "small"
    failed = ask(messages=prompt(tag, status=503), headers={"x-desk": "clinic"})
    assert failed.status_code == 503
    assert len(alpha.log(tag)) >= 2 and beta.log(tag) == []
    refused = ask(model="big", headers={"x-desk": "clinic"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "no_permitted_deployment")
    assert "clinic" not in refused.text and "large" not in refused.text and beta.log(tag) == []
