"""`switchyard explain --id` at replicas that share a real Redis: what was decided at one is told by the other, for a while, and nobody waits
for a Redis that is away."""

import json
import os
import subprocess
import time

import httpx
import pytest

from cluster import BINARIES, Redis, Simulator, eventually, free_port, sha256
from support import CLIENT_KEY, KEYS, PROVIDER_KEY, SECRETS, Router

TOKEN = "admin-token-of-tests"
CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 1, drain_notice: 1ms }}
admin: {{ port: {admin_port}, token: {token} }}
state: {{ redis: "{redis}", timeout: 200ms }}
telemetry: {{ decisions: {{ keep: {keep} }} }}
providers:
  closed: {{ dialect: openai, base_url: "http://127.0.0.1:{closed}/v1" }}
  alpha: {{ dialect: openai, base_url: "{alpha}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  closed: {{ provider: closed, model: sim-c }}
  eu: {{ provider: alpha, model: sim-a, regions: [eu], data: [phi], price: {{ input: 1, output: 2 }} }}
models:
  first: {{ deployments: [closed], fallbacks: [second] }}
  second: {{ deployments: [eu] }}
routing:
  rules:
    - {{ name: cold, condition: {{ header.x-desk: cold, task_type: code }}, parameters: {{ temperature: 0.25 }} }}
  data_classes: {{ phi: {{ regions: [eu] }} }}
tenants: {{ acme: {{ keys: [ {{ id: ci, sha256: {key} }} ] }} }}
"""


class Case:
    def __init__(self, folder, keep="1h", replicas=2):
        self.processes, self.redis, self.alpha = [], Redis(), Simulator("--key", PROVIDER_KEY)
        self.routers = [
            Router.of(
                self.processes, folder, CONFIG, redis=self.redis.url, alpha=self.alpha.url, closed=free_port(), keep=keep,
                key=sha256(CLIENT_KEY), token=TOKEN)
            for _ in range(replicas)]
        for router in self.routers:
            router.token = TOKEN

    def ask(self, model="first", text="she has diabetes", router=0, **headers):
        answer = httpx.post(
            f"{self.routers[router].url}/v1/chat/completions", timeout=15,
            json={"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 5},
            headers={"authorization": f"Bearer {CLIENT_KEY}", **{name.replace("_", "-"): value for name, value in headers.items()}})
        return answer, answer.headers["x-request-id"]

    def explain(self, request_id, *more, router=1, token=TOKEN):
        command = [BINARIES / "switchyard", "explain", "--id", request_id, "--replica",
                   f"http://127.0.0.1:{self.routers[router].admin_port}", *more]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=30, env=os.environ | {"SWITCHYARD_ADMIN_TOKEN": token})

    def told(self, request_id):
        """What the other replica says, once it can."""
        ended = eventually(lambda: (ended := self.explain(request_id, "--json")).returncode == 0 and ended, 10)
        assert ended, self.explain(request_id).stderr
        assert not [secret for secret in [*SECRETS, TOKEN, "diabetes"] if secret in ended.stdout]
        return json.loads(ended.stdout)

    def stop(self):
        for process in [*self.processes, self.alpha, self.redis]:
            process.stop()


@pytest.fixture
def case(tmp_path):
    case = Case(tmp_path)
    yield case
    case.stop()


def test_one_replica_says_what_another_has_decided(case):
    answer, request_id = case.ask(x_desk="cold", x_task_type="code")
    assert answer.status_code == 200, answer.text
    told = case.told(request_id)
    assert told["rule"] == "cold" and told["data_class"] == "phi" and told["status"] == 200
    assert told["model"] == "second" and told["deployment"] == "eu" and told["key_id"] == "ci"
    assert told["cost_microdollars"] > 0 and "client" not in told
    # Only `eu` may see it: the first model's own deployment was never tried.
    assert [(attempt["deployment"], attempt["result"]) for attempt in told["tries"]] == [("eu", "ok")]
    answer, request_id = case.ask(text="Say something.")
    assert [(attempt["reason"], attempt["deployment"]) for attempt in case.told(request_id)["tries"]] == [
        ("first", "closed"), ("fallback", "eu")]
    lines = case.explain(request_id).stdout
    assert "fallback" in lines and "closed" in lines and "connect" in lines
    key = f"sy:decision:{request_id}"
    assert 3_590_000 < int(case.redis.command("PTTL", key)) <= 3_600_000
    size = int(case.redis.command("MEMORY", "USAGE", key))
    print(f"a decision takes {size} bytes of Redis")
    assert size < 2_048


def test_what_is_not_there_is_said(case):
    ended = case.explain("req_nobody")
    assert ended.returncode == 1 and "nothing is kept of a request with this id" in ended.stderr
    assert case.explain("req_nobody", token="wrong").returncode == 1
    answer, request_id = case.ask(x_request_id="mine/1+1=2")
    assert request_id == "mine/1+1=2" and case.told(request_id)["request_id"] == request_id
    refused = subprocess.run([BINARIES / "switchyard", "explain", "--id", "x"], capture_output=True, text=True, timeout=30)
    assert refused.returncode != 0 and "--replica" in refused.stderr


def test_they_end(tmp_path):
    case = Case(tmp_path, keep="1s", replicas=1)
    try:
        _, request_id = case.ask()
        key = f"sy:decision:{request_id}"
        assert eventually(lambda: int(case.redis.command("EXISTS", key)) == 1, 1)
        assert eventually(lambda: int(case.redis.command("EXISTS", key)) == 0, 10)
        assert case.explain(request_id, router=0).returncode == 1
    finally:
        case.stop()


def test_nobody_waits_for_a_redis_that_is_away(case):
    case.told(case.ask()[1])
    case.redis.pause()
    started = time.monotonic()
    for _ in range(20):
        assert case.ask()[0].status_code == 200
    assert time.monotonic() - started < 15
    lost = lambda: case.routers[0].metric("switchyard_decisions_total", result="lost")  # noqa: E731
    assert eventually(lambda: lost() > 0, 10)
    case.redis.proceed()
    assert eventually(lambda: case.explain(case.ask()[1]).returncode == 0, 20)
