"""Limits as clients meet them: by the official client and by plain HTTP, each test with a tenant of its own."""

import threading

import httpx
import openai
import pytest

from support import KEYS, Router, eventually, free_port, prompt, sha256

TENANTS = {
    "requests": "[ { requests: 2, per: hour } ]",
    "quick": "[ { requests: 2, per: second } ]",
    "tokens": "[ { tokens: 300, per: hour } ]",
    "settled": "[ { tokens: 400, per: hour } ]",
    "failing": "[ { tokens: 1000, per: hour }, { requests: 10, per: hour } ]",
    "unreachable": "[ { tokens: 1000, per: hour }, { requests: 10, per: hour } ]",
    "gone": "[ { tokens: 100k, per: hour } ]",
    "streams": "[ { tokens: 10k, per: hour } ]",
    "dollars": "[ { dollars: 0.001, per: day, zone: Europe/Berlin } ]",
    "concurrent": "[ { concurrent: 1 } ]",
    "counting": "[ { tokens: 300, per: hour } ]",
    "free": "[]",
}

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 4 }}
admin: {{ port: {admin_port} }}
providers:
  alpha: {{ dialect: openai, base_url: "{alpha}/v1", api_key: "${{PROVIDER_KEY}}" }}
  closed: {{ dialect: openai, base_url: "http://127.0.0.1:{closed}/v1" }}
  anthropic: {{ dialect: anthropic, base_url: "{alpha}", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  counting: {{ provider: anthropic, model: sim-a }}
  sim-a: {{ provider: alpha, model: sim-a, price: {{ input: 1, output: 20 }} }}
  small: {{ provider: alpha, model: sim-s, limits: [ {{ requests: 1, per: hour }} ] }}
  closed: {{ provider: closed, model: sim-c }}
models:
  solo: {{ deployments: [sim-a], retry: {{ attempts: 1 }} }}
  small-first: {{ deployments: [small], fallbacks: [solo] }}
  small-only: {{ deployments: [small] }}
  counting: {{ deployments: [counting] }}
  dead: {{ deployments: [closed], retry: {{ attempts: 1 }} }}
tenants:
"""


@pytest.fixture(scope="module")
def router(alpha, closed_port, processes, tmp_path_factory):
    ports = {"port": free_port(), "admin_port": free_port()}
    text = CONFIG.format(alpha=alpha.url, closed=closed_port, **ports)
    for name, limits in TENANTS.items():
        text += f"  {name}: {{ limits: {limits}, keys: [ {{ id: {name}, sha256: {sha256('sy-key-of-' + name)} }} ] }}\n"
    path = tmp_path_factory.mktemp("limits") / "switchyard.yaml"
    path.write_text(text)
    router = Router(path, KEYS, **ports)
    processes.append(router)
    yield router.wait_until_ready()
    assert router.is_alive and router.unsettled() == {}


@pytest.fixture
def client(router):
    def of(tenant, **options):
        return openai.OpenAI(**{
            "base_url": f"{router.url}/v1", "api_key": f"sy-key-of-{tenant}", "max_retries": 0, "timeout": 15, **options})
    return of


def chat(client, model="solo", max_tokens=20, **directive):
    return client.chat.completions.with_raw_response.create(
        model=model, messages=prompt(**directive), max_tokens=max_tokens)


def left(client, what="tokens"):
    """What is left before the next request takes its own, by a request that is refused as too large or by a small one."""
    return int(chat(client).headers[f"x-ratelimit-remaining-{what}"])


def test_a_limit_of_requests_is_a_rate_limit_error_with_a_time_to_wait(client):
    limited = client("requests")
    first, second = chat(limited), chat(limited)
    assert [answer.headers["x-ratelimit-remaining-requests"] for answer in (first, second)] == ["1", "0"]
    assert first.headers["x-ratelimit-limit-requests"] == "2"
    with pytest.raises(openai.RateLimitError) as refusal:
        chat(limited)
    error, headers = refusal.value, refusal.value.response.headers
    assert error.code == "rate_limit_exceeded" and error.body["source"] == "policy"
    assert "2 requests per hour of tenant requests" in error.message and "Try again in" in error.message
    assert 1790 <= int(headers["retry-after"]) <= 1800
    assert 1_790_000 <= int(headers["retry-after-ms"]) <= 1_800_000
    assert headers["x-ratelimit-remaining-requests"] == "0"


def test_the_official_client_waits_and_succeeds(client):
    patient = client("quick", max_retries=5)
    assert all(chat(patient).http_response.status_code == 200 for _ in range(5))


def test_what_can_never_fit_is_said_so_and_not_tried_again(client):
    with pytest.raises(openai.RateLimitError) as refusal:
        chat(client("tokens"), max_tokens=1_000)
    headers = refusal.value.response.headers
    assert headers["x-should-retry"] == "false" and "retry-after" not in headers
    assert "ask for fewer tokens" in refusal.value.message


def test_the_reservation_is_settled_to_what_was_used(client):
    limited = client("settled")
    usage = chat(limited, max_tokens=300).parse().usage
    assert usage.total_tokens < 100
    answer = chat(limited, max_tokens=200)  # would not fit beside a reservation of 300
    assert answer.http_response.status_code == 200


def test_an_answer_that_failed_costs_a_request_and_no_tokens(client):
    limited = client("failing")
    with pytest.raises(openai.InternalServerError):
        chat(limited, max_tokens=500, status=500)
    answer = chat(limited, max_tokens=700)
    assert answer.headers["x-ratelimit-remaining-requests"] == "8"


def test_a_request_that_never_left_costs_nothing(client):
    limited = client("unreachable")
    with pytest.raises(openai.InternalServerError):
        chat(limited, model="dead", max_tokens=700)
    answer = chat(limited, max_tokens=700)
    assert answer.headers["x-ratelimit-remaining-requests"] == "9"


def test_a_refused_request_costs_nothing(client):
    limited = client("tokens")
    with pytest.raises(openai.NotFoundError):
        chat(limited, model="nobody-knows", max_tokens=200)
    assert chat(limited, max_tokens=200).http_response.status_code == 200


def test_a_stream_that_its_client_leaves_is_settled(client, router):
    limited = client("gone")
    before = left(limited)
    stream = limited.chat.completions.create(
        model="solo", messages=prompt(tokens=5_000, per_token="5ms"), max_tokens=50_000, stream=True)
    next(iter(stream))
    stream.close()
    assert eventually(lambda: left(limited) > before - 2_000), "the reservation of 50,000 is not given back"


def test_a_stream_is_settled_by_its_usage(client):
    limited = client("streams")
    before = left(limited)
    chunks = list(limited.chat.completions.create(
        model="solo", messages=prompt(), max_tokens=5_000, stream=True, stream_options={"include_usage": True}))
    used = chunks[-1].usage.total_tokens
    assert eventually(lambda: left(limited) > before - used - 500)


def test_dollars_are_a_budget_of_the_day(client):
    limited = client("dollars")  # 50 output tokens at $20 a million are $0.001
    chat(limited, max_tokens=16)
    with pytest.raises(openai.RateLimitError) as refusal:
        for _ in range(10):
            chat(limited, max_tokens=16)
    assert refusal.value.code == "budget_exceeded"
    assert "budget" in refusal.value.message and "dollars per day" in refusal.value.message
    assert 0 < int(refusal.value.response.headers["retry-after"]) <= 90_000


def test_so_many_at_a_time(client, router):
    limited = client("concurrent")
    slow = threading.Thread(target=lambda: chat(limited, ttft="1s"))
    slow.start()
    assert eventually(lambda: router.metric("switchyard_ratelimit_slots_held") == 1)
    with pytest.raises(openai.RateLimitError) as refusal:
        chat(limited)
    assert "requests at a time" in refusal.value.message
    slow.join()
    assert eventually(lambda: router.metric("switchyard_ratelimit_slots_held") == 0)


def test_a_deployment_at_its_limit_is_passed_over_and_is_no_attempt(client):
    free = client("free")
    deployments = [chat(free, model="small-first").headers["x-switchyard-deployment"] for _ in range(2)]
    assert deployments == ["small", "sim-a"]
    again = chat(free, model="small-first").headers
    assert again["x-switchyard-attempts"] == "1" and again["x-switchyard-fallback"] == "1"
    with pytest.raises(openai.RateLimitError) as refusal:
        chat(free, model="small-only")
    assert refusal.value.code == "capacity_exceeded" and int(refusal.value.response.headers["retry-after-ms"]) > 0
    assert "x-ratelimit-limit-requests" not in refusal.value.response.headers, "a deployment's limits are the operator's"


def test_counting_tokens_takes_none(router):
    body = {"model": "counting", "messages": prompt("word " * 900)}
    headers = {"authorization": "Bearer sy-key-of-counting", "anthropic-version": "2023-06-01"}
    for _ in range(3):
        answer = httpx.post(f"{router.url}/v1/messages/count_tokens", json=body, headers=headers)
        assert answer.status_code == 200 and answer.json()["input_tokens"] > 900
        assert answer.headers["anthropic-ratelimit-tokens-remaining"] == "300"
    refused = httpx.post(f"{router.url}/v1/messages", json=body | {"max_tokens": 1}, headers=headers)
    assert refused.status_code in (400, 413, 429)
