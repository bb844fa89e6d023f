"""Permits of a half-open breaker that a real Redis is slow to give: whoever needs none any more by then leaves none behind."""

import json
import socket
import threading
import time

import httpx
import pytest

from cluster import Redis, Router, Simulator, eventually, sha256
from support import CLIENT_KEY, prompt

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 1, drain_notice: 1ms }}
admin: {{ port: {admin_port} }}
state: {{ redis: "{redis}", timeout: 5s }}
breaker: {{ min_requests: 5, base: 1s, max: 1s, probes: 1 }}
providers:
  good: {{ dialect: openai, base_url: "{good}/v1" }}
  bad: {{ dialect: openai, base_url: "{bad}/v1" }}
deployments:
  good: {{ provider: good, model: sim-good }}
  bad: {{ provider: bad, model: sim-bad }}
models:
  bad: {{ deployments: [bad] }}
  late: {{ deployments: [{{ name: good, weight: 1000 }}, bad], balance: weighted, hedge: {{ after: 100ms, budget: 100% }} }}
tenants:
  acme: {{ keys: [ {{ id: wide, sha256: {key} }} ] }}
"""


class Case:
    """A replica whose endpoint `bad` is half-open: one permit, of Redis', decides."""

    def __init__(self, processes, folder):
        processes.append(redis := Redis())
        self.redis, self.good, self.bad = redis, Simulator(), Simulator()
        processes += [self.good, self.bad]
        self.router = Router.of(
            processes, folder, CONFIG, redis=redis.url, good=self.good.url, bad=self.bad.url, key=sha256(CLIENT_KEY))
        while self.state() == 0:
            self.ask("bad", status=500, model="sim-bad")
        assert eventually(lambda: self.state() == 1, 20), "its time is over"
        self.before = self.given_back()  # a slow machine may have had a probe among those

    def state(self):
        return self.router.metric("switchyard_breaker_state", deployment="bad")

    def given_back(self):
        return self.router.metric("switchyard_breaker_probes_total", result="given_back")

    def ask(self, name, text="Say something.", /, **directive):
        body = {"model": name, "messages": prompt(text, **directive)}
        with httpx.Client(timeout=30, headers={"authorization": f"Bearer {CLIENT_KEY}"}) as client:
            return client.post(f"{self.router.url}/v1/chat/completions", json=body)

    def expect_the_permit_back(self):
        assert eventually(lambda: self.given_back() == self.before + 1)
        assert self.ask("bad").status_code == 200, "it is there for the next"
        assert eventually(lambda: self.state() == 0)


@pytest.fixture
def case(tmp_path):
    processes = []
    try:
        case = Case(processes, tmp_path)
        yield case
        case.router.end()
    finally:
        for process in reversed(processes):
            process.stop()


def test_a_client_that_leaves_while_a_permit_is_asked_for_leaves_none_behind(case):
    body = json.dumps({"model": "bad", "messages": prompt("gone")})
    case.redis.pause()
    try:
        with socket.create_connection(("127.0.0.1", case.router.port)) as client:
            client.sendall((
                f"POST /v1/chat/completions HTTP/1.1\r\nhost: sy\r\nauthorization: Bearer {CLIENT_KEY}\r\n"
                f"content-length: {len(body)}\r\n\r\n{body}").encode())
            assert eventually(lambda: case.router.metric("switchyard_exchanges_active") == 1)
        assert eventually(lambda: case.router.metric("switchyard_connections_open") == 0)
        assert case.router.metric("switchyard_exchanges_active") == 1, "it waits for Redis"
    finally:
        case.redis.proceed()
    assert eventually(lambda: case.router.metric("switchyard_client_disconnects_total") == 1)
    case.expect_the_permit_back()
    assert case.bad.log("gone") == []


def test_a_hedge_that_is_needed_no_more_gives_its_permit_back(case):
    answers = []
    asked = threading.Thread(
        target=lambda: answers.append(case.ask("late", "late", ttft="500ms", model="sim-good")))
    case.redis.pause()
    try:
        asked.start()
        assert eventually(lambda: case.good.log("late"))
        time.sleep(1)  # it has been late, and has answered
    finally:
        case.redis.proceed()
    asked.join()
    assert (answers[0].status_code, answers[0].headers["x-switchyard-attempts"]) == (200, "1")
    case.expect_the_permit_back()
    assert case.bad.log("late") == []
    assert case.router.metric("switchyard_hedges_total") == 0
