"""Endpoints that take only so many requests at a time, and the queue before them, as clients meet them."""

import itertools
import threading
import time

import httpx
import pytest

from support import KEYS, Router, Simulator, eventually, free_port, prompt, sha256

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 2, drain_notice: 1ms{server} }}
admin: {{ port: {admin_port} }}
{more}
providers:
  one: {{ dialect: openai, base_url: "{one}/v1", max_concurrent: 1 }}
  two: {{ dialect: openai, max_concurrent: 1, endpoints: [ {{ url: "{one}/v1", max_concurrent: 2 }}, "{other}/v1" ] }}
  open: {{ dialect: openai, base_url: "{other}/v1" }}
deployments:
  single: {{ provider: one, model: single, price: {{ input: 1, output: 1 }} }}
  several: {{ provider: two, model: several }}
  open: {{ provider: open, model: open }}
models:
  single: {{ deployments: [single] }}
  several: {{ deployments: [several] }}
  first: {{ deployments: [single], fallbacks: [open] }}
  open: {{ deployments: [open] }}
tenants:
{tenants}
"""


def key(name):
    return f"sy-key-of-{name}"


TENANTS = {"a": "", "b": "", "c": ""}


@pytest.fixture(scope="module")
def one(processes):
    processes.append(simulator := Simulator())
    return simulator


@pytest.fixture(scope="module")
def other(processes):
    processes.append(simulator := Simulator())
    return simulator


@pytest.fixture
def serve(one, other, processes, tmp_path):
    """Starts a router of the test's own; at the end it must hold nothing, and stop well."""
    numbers, started = itertools.count(), []

    def start(more="", server=""):
        for simulator in (one, other):
            simulator.forget()
        ports = {"port": free_port(), "admin_port": free_port()}
        path = tmp_path / f"{next(numbers)}.yaml"
        tenants = "".join(
            f"  {name}: {{ {limits} keys: [ {{ id: {name}, sha256: {sha256(key(name))} }} ] }}\n"
            for name, limits in TENANTS.items())
        path.write_text(CONFIG.format(
            one=one.url, other=other.url, more=more, server=server, tenants=tenants, **ports))
        router = Router(path, KEYS, **ports)
        processes.append(router)
        started.append(router)
        return router.wait_until_ready()

    yield start
    for router in started:
        if router.is_alive:
            assert router.unsettled() == {}
            assert router.stop() == 0


def ask(router, model, name="a", headers=(), timeout=30, stream=False, text="Say something.", **directive):
    body = {"model": model, "messages": prompt(text, **directive), "max_tokens": 16, "stream": stream}
    headers = {"authorization": f"Bearer {key(name)}", **dict(headers)}
    with httpx.Client(timeout=timeout) as client:
        return client.post(f"{router.url}/v1/chat/completions", json=body, headers=headers)


class Asked:
    """Requests at once, each on a thread of its own; `answers` are in the order in which they came."""

    def __init__(self):
        self.threads, self.answers = [], []

    def add(self, router, model, **options):
        def run():
            try:
                self.answers.append(ask(router, model, **options))
            except httpx.HTTPError as error:
                self.answers.append(error)
        thread = threading.Thread(target=run)
        thread.start()
        self.threads.append(thread)
        return self

    def end(self):
        for thread in self.threads:
            thread.join()
        return self.answers

    def statuses(self):
        return sorted(answer.status_code for answer in self.end())


def most_at_once(simulator, slack=0.002):
    """How many requests the simulator had at a time, at the most. `slack`: its log's times are in milliseconds."""
    moments = []
    for entry in simulator.log():
        moments += [(entry["time"] + slack, 1), (entry["time"] + entry["elapsed_ms"] / 1_000 - slack, -1)]
    count = most = 0
    for _, change in sorted(moments):
        count += change
        most = max(most, count)
    return most


def is_busy(router, count=1):
    return eventually(lambda: router.metric("switchyard_inflight") == count)


# Endpoints alone

NO_QUEUE = ""


def test_a_full_endpoint_is_passed_over_for_another_with_room(serve, one, other):
    router = serve(NO_QUEUE)
    asked = Asked()
    for _ in range(3):
        asked.add(router, "several", ttft="1s")
    assert is_busy(router, 3)
    assert ask(router, "several").json()["error"]["code"] == "endpoints_full"
    assert asked.statuses() == [200] * 3
    assert (most_at_once(one), most_at_once(other)) == (2, 1)


def test_the_fallback_answers_where_the_model_is_full(serve, one):
    router = serve(NO_QUEUE)
    asked = Asked().add(router, "first", ttft="1s")
    assert is_busy(router)
    answer = ask(router, "first")
    assert (answer.status_code, answer.headers["x-switchyard-fallback"]) == (200, "1")
    assert asked.statuses() == [200]
    assert ask(router, "first").headers["x-switchyard-model"] == "first", "there is room again"
    assert router.metric("switchyard_fallbacks_total", reason="full") == 1
    assert most_at_once(one) == 1


def test_where_nothing_has_room_the_client_is_told_when_to_come_back(serve, one):
    router = serve(NO_QUEUE)
    asked = Asked().add(router, "single", ttft="1s", stream=True)
    assert is_busy(router)
    answer = ask(router, "single")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    error = answer.json()["error"]
    assert error["code"] == "endpoints_full" and "single" in error["message"]
    assert asked.statuses() == [200]
    assert ask(router, "single").status_code == 200


def test_many_at_once_over_two_workers_are_never_more_than_the_endpoint_takes(serve, one):
    router = serve(NO_QUEUE)
    asked = Asked()
    for _ in range(40):
        asked.add(router, "single", ttft="30ms")
    statuses = asked.statuses()
    assert set(statuses) <= {200, 503} and statuses.count(200) >= 1
    assert most_at_once(one) == 1
