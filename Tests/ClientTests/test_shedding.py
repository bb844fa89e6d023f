"""A replica with more to do than it can: what it refuses, what it never refuses, and that it goes on as soon as it can."""

import signal
import threading
import time

import httpx
import pytest

from support import CLIENT_KEY, eventually, prompt
from wire import Wire

pytestmark = pytest.mark.alone

LATE, TURN = 0.9, 0.06  # seconds of each round that the process stands still, and that it runs


@pytest.fixture
def router(fresh_router):
    return fresh_router


class Clients:
    """Clients that ask all the time, each on connections of its own; answers by status."""

    def __init__(self, router, count=8):
        self.router, self.answers, self.isOver = router, [], False
        self.threads = [threading.Thread(target=self._ask) for _ in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.isOver = True
        for thread in self.threads:
            thread.join()

    def _ask(self):
        body = {"model": "solo", "messages": prompt(tokens=1)}
        while not self.isOver:
            with httpx.Client(base_url=self.router.url, headers={"authorization": f"Bearer {CLIENT_KEY}"}, timeout=30) as http:
                models = http.get("/v1/models").status_code
                self.answers.append((models, http.post("/v1/chat/completions", json=body)))
            time.sleep(0.05)

    def statuses(self):
        return {answer.status_code for _, answer in self.answers}


def stand_still(router, seconds):
    router.signal(signal.SIGSTOP)
    time.sleep(seconds)
    router.signal(signal.SIGCONT)


def test_a_replica_that_is_late_all_the_time_refuses_some_and_stops_once_it_is_not(router):
    with Clients(router) as clients:
        end = time.monotonic() + 30
        while 503 not in clients.statuses() and time.monotonic() < end:
            stand_still(router, LATE)
            time.sleep(TURN)
        for _ in range(6):
            stand_still(router, LATE)
            time.sleep(TURN)
    assert clients.statuses() == {200, 503}, "never all of them"
    refused = [answer for _, answer in clients.answers if answer.status_code == 503]
    for answer in refused:
        error = answer.json()["error"]
        assert (error["code"], error["source"], answer.headers["retry-after"]) == ("replica_overloaded", "switchyard", "1")
    assert {models for models, _ in clients.answers} == {200}, "whoever only looks is never refused"
    assert router.metric("switchyard_shed_requests_total", reason="lag") == len(refused)
    assert router.output.count("requests are refused") in (1, 2), "one line of each worker"
    assert eventually(lambda: router.metric("switchyard_loop_lag_seconds") < 0.1)
    with Clients(router) as clients:
        time.sleep(1)
    assert clients.statuses() == {200}


def test_a_machine_that_stands_still_once_refuses_nobody(router):
    with Clients(router) as clients:
        for seconds in (3, 1, 2):
            stand_still(router, seconds)
            time.sleep(1.2)
    assert clients.statuses() == {200}
    assert router.metric("switchyard_shed_requests_total") == 0


def test_nearly_full_buffers_refuse_some_before_they_are_read(serve):
    router = serve("  max_body: 1MiB\n  max_buffered: 1MiB\n  drain_notice: 1ms")
    held = b"x" * 1_000_000
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {CLIENT_KEY}\r\ncontent-length: 1040000\r\n\r\n"
    with Wire(router) as wire:
        wire.send(head.encode() + held)
        assert eventually(lambda: router.metric("switchyard_buffered_bytes") >= len(held))
        with Clients(router) as clients:
            eventually(lambda: len(clients.answers) >= 60, 30)
        assert clients.statuses() == {200, 503}
        assert router.metric("switchyard_shed_requests_total", reason="buffers") > 5
        assert {models for models, _ in clients.answers} == {200}
    assert eventually(lambda: router.metric("switchyard_buffered_bytes") == 0)
    with Clients(router) as clients:
        time.sleep(0.5)
    assert clients.statuses() == {200}
    assert router.unsettled() == {} and router.stop() == 0
