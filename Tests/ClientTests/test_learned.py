"""A learned choice from outside: clients judge answers, and it decides once that is shown to be better."""

import signal

import httpx
import pytest

from support import CLIENT_KEY, Router, eventually, prompt, sha256

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 2, drain_notice: 1ms }}
admin: {{ port: {admin_port} }}
providers:
  alpha: {{ dialect: openai, base_url: "{alpha}/v1", api_key: "${{PROVIDER_KEY}}" }}
  beta: {{ dialect: openai, base_url: "{beta}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  small: {{ provider: alpha, model: small, price: {{ input: 1, output: 2 }} }}
  large: {{ provider: beta, model: large, price: {{ input: 5, output: 10 }} }}
models:
  chat:
    balance: learned
    deployments: [small, large]
    learned: {{ cost: 0.1, explore: 10%, min_samples: 100, steering: auto }}
tenants: {{ acme: {{ keys: [ {{ id: ci, sha256: {key} }} ] }} }}
"""

CODE = "Fix this function, step by step:\n```python\ndef area(r):\n    return 3.14 * r\nfor r in range(9):\n    print(area(r))\n```\n" * 3
TALK = "Say hello."


@pytest.fixture
def router(processes, alpha, beta, tmp_path):
    router = Router.of(processes, tmp_path, CONFIG, alpha=alpha.url, beta=beta.url, key=sha256(CLIENT_KEY))
    yield router
    router.end()


@pytest.fixture
def http(router):
    headers = {"authorization": f"Bearer {CLIENT_KEY}"}
    with httpx.Client(base_url=router.url, headers=headers, timeout=15) as client:
        yield client


def ask(http, text):
    answer = http.post("/v1/chat/completions", json={"model": "chat", "messages": prompt(text), "max_tokens": 5})
    assert answer.status_code == 200, answer.text
    return answer


def judge(http, answer, score):
    return http.post("/v1/feedback", json={"id": answer.headers["x-switchyard-feedback"], "score": score})


def standing(router):
    return next(
        (name for name in ("gathering", "steering", "idle", "stopped")
         if router.metric("switchyard_choice_standing", model="chat", standing=name) == 1), None)


def test_what_clients_like_decides_and_can_be_switched_off(router, http):
    # Tickets need the secret of the shared state, which a replica has a moment after its start.
    assert eventually(lambda: "x-switchyard-feedback" in ask(http, TALK).headers)
    first = ask(http, TALK)
    line = router.access_log(first.headers["x-request-id"])
    assert line["choice"] == "gathering" and line["propensity_millionths"] == 500_000
    assert standing(router) == "gathering"

    for number in range(2_000):
        text = CODE if number % 2 else TALK
        answer = ask(http, text)
        wanted = "large" if text is CODE else "small"
        reply = judge(http, answer, 1 if answer.headers["x-switchyard-deployment"] == wanted else 0)
        assert reply.json() == {"object": "feedback", "counted": True}
        if number % 50 == 49 and standing(router) == "steering":
            break
    assert standing(router) == "steering", router.metrics()
    assert router.metric("switchyard_choice_gain", model="chat", bound="lower") > 0

    # Workers take it up with their next tick.
    assert eventually(lambda: router.access_log(ask(http, TALK).headers["x-request-id"])["choice"] == "steering")
    for text, wanted in ((CODE, "large"), (TALK, "small")):
        served = [ask(http, text).headers["x-switchyard-deployment"] for _ in range(60)]
        assert served.count(wanted) >= 45, (wanted, served)

    router.config.write_text(router.config.read_text().replace("steering: auto", "steering: never"))
    router.signal(signal.SIGHUP)
    assert eventually(lambda: standing(router) == "stopped")
    line = router.access_log(ask(http, TALK).headers["x-request-id"])
    assert line["choice"] == "stopped" and line["propensity_millionths"] == 500_000


def test_feedback_counts_once(router, http):
    assert eventually(lambda: "x-switchyard-feedback" in ask(http, TALK).headers)
    answer = ask(http, TALK)
    assert judge(http, answer, 1).status_code == 200
    assert judge(http, answer, 1).status_code == 409
    assert judge(http, ask(http, TALK), 0.5).json()["counted"]
