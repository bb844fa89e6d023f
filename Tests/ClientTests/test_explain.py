"""`switchyard explain` by a configuration alone: the plan of a request, and the same refusals as the API's."""

import json
import subprocess

import pytest

from support import BINARIES, CLIENT_KEY, KEYS, NARROW_KEY, SECRETS, prompt, sha256

CONFIG = """
server: { port: 8080, zone: here }
cache: { ttl: 60s }
providers:
  gpus:
    dialect: openai
    endpoints:
      - { url: "http://10.0.0.1:8000/v1", weight: 3, zone: here, labels: { gpu: h100 } }
      - { url: "http://10.0.0.2:8000/v1", zone: here }
      - { url: "http://10.0.0.3:8000/v1", zone: there }
    api_key: "${PROVIDER_KEY}"
  cloud: { dialect: openai, base_url: "https://cloud.example/v1", limits: [ { requests: 100, per: minute } ] }
  found: { dialect: openai, discover: { dns: "models.example:8000" } }
deployments:
  small: { provider: gpus, model: small-1, price: { input: 1, output: 2 }, limits: [ { tokens: 1M, per: minute } ] }
  large: { provider: cloud, model: large-1, price: { input: 10, output: 20 } }
  found: { provider: found, model: found-1 }
models:
  chat: { deployments: [ { name: small, weight: 3 }, large ], fallbacks: [spare, secret], aliases: [gpt] }
  spare: { deployments: [large] }
  secret: { deployments: [large] }
  cheap: { deployments: [small, large], balance: cost }
  turns: { deployments: [small, large], balance: round_robin }
  loyal: { deployments: [small], affinity: session }
  found: { deployments: [found] }
  uncached: { deployments: [large], cache: none }
routing: { default_model: spare }
tenants:
  acme:
    limits: [ { requests: 600, per: minute }, { tokens: 500, per: minute } ]
    keys:
      - { id: wide, sha256: WIDE }
      - { id: narrow, sha256: NARROW, models: [chat, spare] }
  other: { keys: [ { id: others-key, sha256: OTHER } ] }
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("explain") / "switchyard.yaml"
    text = CONFIG.replace("WIDE", sha256(CLIENT_KEY)).replace("NARROW", sha256(NARROW_KEY)).replace("OTHER", sha256("x"))
    path.write_text(text)
    return path


@pytest.fixture
def explain(config):
    def run(body, *words, code=0):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        done = subprocess.run(
            [BINARIES / "switchyard", "explain", "--config", config, *words], input=data, capture_output=True, env=KEYS,
            timeout=30)
        text = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == code, text
        assert not [secret for secret in SECRETS if secret in text] and "others-key" not in text
        return json.loads(done.stdout) if "--json" in words and done.stdout else text
    return run


def chat(model="chat", **more):
    return {"model": model, "messages": prompt(), **more}


def candidates(answer, stage=0):
    return {item["endpoint"].split("/")[1]: item for item in answer["stages"][stage]["candidates"]}


def test_it_lists_the_plan_with_every_candidate(explain):
    answer = explain(chat("gpt", temperature=0), "--key", "narrow", "--json")
    assert answer["answer"]["is"] == "sent" and answer["live"] is False and answer["seen"] is None
    assert answer["model"] == {"name": "chat", "asked": "gpt", "stream": False}
    assert answer["asker"]["models"] == ["chat", "spare"]
    assert [(stage["model"], stage["fallback"], stage["allowed"]) for stage in answer["stages"]] == [
        ("chat", 0, True), ("spare", 1, True), ("secret", 2, False)]
    first = candidates(answer)
    assert first["10.0.0.1:8000"]["labels"] == {"gpu": "h100"} and first["10.0.0.1:8000"]["weight"] == 3
    assert "another zone" in first["10.0.0.3:8000"]["why"] and first["10.0.0.3:8000"]["chance"] == 0
    # Three quarters of the model's traffic, of five weights those of this zone; and the other deployment's quarter.
    shares = {name: item["chance"] for name, item in first.items()}
    assert abs(sum(shares.values()) - 1) < 0.01 and shares["10.0.0.1:8000"] > shares["cloud.example"] > 0.2
    assert [item["share"] for item in answer["stages"][0]["deployments"]] == [0.75, 0.25]
    assert candidates(answer, 1)["cloud.example"]["why"] == "fallback 1, only after chat"
    assert candidates(answer, 2)["cloud.example"]["why"] == "the key does not allow the model"
    assert all(item["state"] is None for item in first.values()), "nothing is pretended"


def test_it_tells_what_limits_would_be_asked_for(explain):
    answer = explain(chat(max_tokens=50), "--key", "wide", "--json")
    asked = {limit["measure"]: (limit["asks"], limit["capacity"], limit["left"]) for limit in answer["limits"]}
    tokens = answer["estimate"]["input_tokens"] + 50
    assert asked == {"requests": (1, 600, None), "tokens": (tokens, 500, None)}
    deployments = {item["name"]: item["limits"] for item in answer["stages"][0]["deployments"]}
    assert deployments["small"][0]["capacity"] == 1_000_000 and deployments["small"][0]["asks"] == tokens
    assert candidates(answer)["cloud.example"]["limits"][0]["capacity"] == 100
    text = explain(chat(max_tokens=50), "--tenant", "acme")
    assert "as any key of tenant acme" in text and "not known offline" in text


@pytest.mark.parametrize("body, used, words", [
    (chat(temperature=0), True, "would be kept"), (chat(), False, "left to chance"),
    (chat("uncached", temperature=0), False, "cache: none"), (chat(temperature=0, n=2), False, "several choices"),
    (chat(temperature=0, store=True), False, "tools"),
])
def test_it_says_whether_the_answer_would_be_kept(explain, body, used, words):
    cache = explain(body, "--key", "wide", "--json")["cache"]
    assert cache["used"] is used and words in cache["why"]
    assert cache["scope"] == ("all keys of tenant acme" if used else None)


def test_what_decides_depends_on_the_balance(explain):
    cheap = candidates(explain(chat("cheap"), "--key", "wide", "--json"))
    assert cheap["cloud.example"]["why"] == "a cheaper deployment is left"
    turns = explain(chat("turns"), "--key", "wide", "--json")
    assert 0 < turns["answer"]["chance"] < 0.5, "whose turn it is, only a replica knows"
    loyal = [explain(chat("loyal"), "--key", "wide", "--json", "-H", f"x-session-id: {number}") for number in range(8)]
    assert all(answer["answer"]["chance"] == 1 for answer in loyal)
    assert len({answer["answer"]["endpoint"] for answer in loyal}) > 1
    assert "no session" in explain(chat("loyal"), "--key", "wide")
    found = explain(chat("found"), "--key", "wide", "--json")
    assert found["answer"]["is"] == "unknown" and found["stages"][0]["deployments"][0]["discovered_by"] == "models.example:8000"


def test_a_request_that_names_no_model_goes_to_the_default_one(explain):
    body = {"messages": prompt()}
    assert explain(body, "--key", "wide", "--json")["model"] == {"name": "spare", "asked": None, "stream": False}


def test_the_body_may_come_from_a_file(explain, tmp_path):
    (tmp_path / "body.json").write_text(json.dumps(chat()))
    assert "model     chat" in explain(b"", "--key", "wide", str(tmp_path / "body.json"))
    assert "No such file" in explain(b"", "--key", "wide", str(tmp_path / "none.json"), code=1)


BAD = [b"", b"{", b"[1]", b'{"model": 7, "messages": [{"role": "user", "content": "x"}]}', b'{"model": "pair"}',
       b'{"model": "solo", "model": "pair", "messages": [{"role": "user", "content": "x"}]}', b'{"model": "nope", "messages": [{"role": "user", "content": "x"}]}']


@pytest.mark.parametrize("body", BAD)
def test_what_the_api_refuses_is_refused_in_its_words(explain, http, body):
    error = http.post("/v1/chat/completions", content=body).json()["error"]
    answer = explain(body, "--key", "wide", "--json", code=1)["answer"]
    assert (answer["code"], answer["message"], answer["param"]) == (error["code"], error["message"], error["param"])


def test_a_key_that_may_not_use_the_model_is_told_apart(explain):
    answer = explain(chat("cheap"), "--key", "narrow", "--json", code=1)
    assert (answer["answer"]["status"], answer["answer"]["code"]) == (404, "model_not_found")
    assert answer["notes"] == ["The key allows chat, spare only."]


@pytest.mark.parametrize("words, code, text", [
    ([], 1, "say who asks"), (["--key", "nobody"], 1, "no key 'nobody'"), (["--tenant", "nobody"], 1, "no tenant 'nobody'"),
    (["--key", "wide", "--tenant", "acme"], 2, "either --key or --tenant"),
    (["--key", "wide", "-H", "authorization: Bearer x"], 2, "changes nothing here"),
    (["--key", "wide", "--path", "/v1/elsewhere"], 1, "unknown_path"), (["--key", "wide", "--path", "/v1/models"], 1, "405"),
    (["--key", "wide", "-H", "x-request-timeout-ms: soon"], 1, "invalid_timeout"),
])
def test_a_wrong_command_says_what_is_wrong(explain, words, code, text):
    assert text in explain(chat(), *words, code=code)
