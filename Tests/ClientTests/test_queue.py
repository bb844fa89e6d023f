"""Endpoints that take only so many requests at a time, and the queue before them, as clients meet them."""

import json
import socket
import threading
import time

import httpx
import pytest

from support import Router, Simulator, eventually, prompt, sha256

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 2, drain_notice: 1ms{server} }}
admin: {{ port: {admin_port} }}
{more}
providers:
  one: {{ dialect: openai, base_url: "{one}/v1", max_concurrent: 1 }}
  two: {{ dialect: openai, max_concurrent: 1, endpoints: [ {{ url: "{one}/v1", max_concurrent: 2 }}, "{other}/v1" ] }}
  open: {{ dialect: openai, base_url: "{other}/v1" }}
  broken: {{ dialect: openai, base_url: "{other}/v1" }}
deployments:
  single: {{ provider: one, model: single, price: {{ input: 1, output: 1 }} }}
  several: {{ provider: two, model: several }}
  open: {{ provider: open, model: open }}
  broken: {{ provider: broken, model: broken }}
  switched: {{ provider: broken, model: switched }}
models:
  single: {{ deployments: [single] }}
  several: {{ deployments: [several] }}
  first: {{ deployments: [single], fallbacks: [open] }}
  open: {{ deployments: [open] }}
  broken: {{ deployments: [broken] }}
  switched: {{ deployments: [switched] }}
  either: {{ deployments: [single, switched] }}
  stubborn: {{ deployments: [open], retry: {{ attempts: 10, budget: 100% }} }}
tenants:
{tenants}
"""


def key(name):
    return f"sy-key-of-{name}"


# Limits, and what is more of the only key.
TENANTS = {
    "a": ("", ""), "b": ("", ""), "fast": ("", "priority: realtime"), "slow": ("", "priority: batch"),
    "poor": ("limits: [ { requests: 1, per: hour } ],", ""),
}


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
    started = []

    def start(more="", server=""):
        for simulator in (one, other):
            simulator.forget()
        tenants = "".join(
            f"  {name}: {{ {limits} keys: [ {{ id: {name}, sha256: {sha256(key(name))}, {more_of_key} }} ] }}\n"
            for name, (limits, more_of_key) in TENANTS.items())
        started.append(Router.of(
            processes, tmp_path, CONFIG, one=one.url, other=other.url, more=more, server=server, tenants=tenants))
        return started[-1]

    yield start
    for router in started:
        if router.is_alive:
            assert router.unsettled() == {} and waiting(router) == 0
            router.end()


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
        if entry["outcome"] == "cancelled":
            continue  # nobody can say when the simulator learnt of it
        moments += [(entry["time"] + slack, 1), (entry["time"] + entry["elapsed_ms"] / 1_000 - slack, -1)]
    count = most = 0
    for _, change in sorted(moments):
        count += change
        most = max(most, count)
    return most


def waiting(router, **labels):
    return router.metric("switchyard_queue_waiting", **labels)


def is_waiting(router, count, **labels):
    return eventually(lambda: waiting(router, **labels) == count, 30)


def is_busy(router, count=1):
    return eventually(lambda: router.metric("switchyard_inflight") == count, 30)


# Endpoints alone

NO_QUEUE = "queue: { max: 0 }"


def test_a_full_endpoint_is_passed_over_for_another_with_room(serve, one, other):
    router = serve(NO_QUEUE)
    asked = Asked()
    for _ in range(3):
        asked.add(router, "several", ttft="3s")
    assert is_busy(router, 3)
    assert ask(router, "several").json()["error"]["code"] == "endpoints_full"
    assert asked.statuses() == [200] * 3
    assert (most_at_once(one), most_at_once(other)) == (2, 1)


def test_the_fallback_answers_where_the_model_is_full(serve, one):
    router = serve(NO_QUEUE)
    asked = Asked().add(router, "first", ttft="3s")
    assert is_busy(router)
    answer = ask(router, "first")
    assert (answer.status_code, answer.headers["x-switchyard-fallback"]) == (200, "1")
    assert asked.statuses() == [200]
    assert ask(router, "first").headers["x-switchyard-model"] == "first", "there is room again"
    assert router.metric("switchyard_fallbacks_total", reason="full") == 1
    assert most_at_once(one) == 1


def test_where_nothing_has_room_the_client_is_told_when_to_come_back(serve, one):
    router = serve(NO_QUEUE)
    asked = Asked().add(router, "single", ttft="3s", stream=True)
    assert is_busy(router)
    answer = ask(router, "single")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    error = answer.json()["error"]
    assert error["code"] == "endpoints_full" and "single" in error["message"]
    assert asked.statuses() == [200]
    assert ask(router, "single").status_code == 200


@pytest.mark.alone
def test_many_at_once_over_two_workers_are_never_more_than_the_endpoint_takes(serve, one):
    router = serve(NO_QUEUE)
    asked = Asked()
    for _ in range(40):
        asked.add(router, "single", ttft="30ms")
    statuses = asked.statuses()
    assert set(statuses) <= {200, 503} and statuses.count(200) >= 1
    assert most_at_once(one) == 1


# The queue


class Occupant:
    """A request that has the only place of the only endpoint until it goes."""

    def __init__(self, router):
        body = json.dumps({"model": "single", "messages": prompt("occupant", ttft="100s")})
        self.socket = socket.create_connection(("127.0.0.1", router.port))
        self.socket.sendall((
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: sy\r\nauthorization: Bearer {key('a')}\r\n"
            f"content-length: {len(body)}\r\n\r\n{body}").encode())
        assert is_busy(router)

    def go(self):
        self.socket.close()


def in_order(simulator, *texts):
    """Which of the texts each request had that arrived, in that order."""
    return [next(text for text in texts if text in entry["body"]) for entry in simulator.log()]


def test_all_wait_their_turn_by_class_and_none_fails(serve, one):
    router = serve("queue: { max_wait: 60s }")
    asked = Asked()
    occupant = Occupant(router)
    for _ in range(10):
        for name, headers in (("slow", {}), ("a", {}), ("fast", {})):
            asked.add(router, "single", name=name, headers=headers, text=f"by-{name}", ttft="20ms")
    assert is_waiting(router, 30)
    assert [waiting(router, **{"class": name}) for name in ("realtime", "standard", "batch")] == [10] * 3
    occupant.go()
    assert asked.statuses() == [200] * 30
    order = in_order(one, "by-fast", "by-a", "by-slow", "occupant")[1:]
    # Eight, four and one of thirteen, as long as all three wait.
    begin = order[:13]
    assert abs(begin.count("by-fast") - 8) <= 1 and abs(begin.count("by-a") - 4) <= 1 and begin.count("by-slow") <= 2, order
    mean = {name: sum(i for i, text in enumerate(order) if text == name) / 10 for name in set(order)}
    assert mean["by-fast"] < mean["by-a"] < mean["by-slow"], mean
    assert most_at_once(one) == 1
    answer = asked.answers[-1]
    assert "queue;dur=" in answer.headers["server-timing"]
    line = router.access_log(answer.headers["x-request-id"])
    assert line["queue_us"] > 100_000 and line["status"] == 200
    assert router.metric("switchyard_queue_wait_seconds_count") == 30
    assert router.metric("switchyard_overhead_seconds_sum") < 3, "waiting is none of our own time"


def test_a_client_may_lower_its_class_and_not_raise_it(serve, one):
    router = serve("queue: { max_wait: 60s }")
    asked = Asked()
    occupant = Occupant(router)
    for name, wish in (("fast", "batch"), ("fast", "realtime"), ("a", "realtime"), ("slow", "standard"), ("a", "batch")):
        asked.add(router, "single", name=name, headers={"x-priority": wish})
    assert is_waiting(router, 5)
    assert [waiting(router, **{"class": name}) for name in ("realtime", "standard", "batch")] == [1, 1, 3]
    occupant.go()
    assert asked.statuses() == [200] * 5
    answer = ask(router, "single", headers={"x-priority": "urgent"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_priority")


def test_tenants_get_equal_tokens_however_many_requests_they_send(serve, one):
    router = serve("queue: { max_wait: 60s }")
    asked = Asked()
    occupant = Occupant(router)
    for _ in range(24):
        asked.add(router, "single", name="a", text="by-a", ttft="10ms")
    assert is_waiting(router, 24)
    for _ in range(6):
        asked.add(router, "single", name="b", text="by-b", ttft="10ms")
    assert is_waiting(router, 30)
    occupant.go()
    assert asked.statuses() == [200] * 30
    order = in_order(one, "by-a", "by-b", "occupant")[1:]
    assert 5 <= order[:12].count("by-b") <= 6, order
    assert most_at_once(one) == 1


def test_a_large_request_counts_as_many_small_ones(serve, one):
    router = serve("queue: { max_wait: 60s }")
    asked = Asked()
    occupant = Occupant(router)
    for _ in range(20):
        asked.add(router, "single", name="a", text="by-a", ttft="10ms")
    for _ in range(4):
        asked.add(router, "single", name="b", text="by-b " + "word " * 400, ttft="10ms")
    assert is_waiting(router, 24)
    occupant.go()
    assert asked.statuses() == [200] * 24
    order = in_order(one, "by-a", "by-b", "occupant")[1:]
    assert order.index("by-b") >= 3 and order[:12].count("by-b") <= 2, order


def test_a_full_queue_refuses_with_what_it_is_about(serve, one):
    router = serve("queue: { max: 2, max_wait: 60s }")
    asked = Asked()
    occupant = Occupant(router)
    for _ in range(2):
        asked.add(router, "single")
    assert is_waiting(router, 2)
    answer = ask(router, "single")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["source"]) == (503, "queue_full", "provider")
    assert int(answer.headers["retry-after"]) >= 1 and "2 requests wait" in error["message"] and "standard" in error["message"]
    # A higher class makes itself room; who came last of the lower one is sent away.
    asked.add(router, "single", name="fast")
    assert is_waiting(router, 1, **{"class": "realtime"})
    occupant.go()
    assert asked.statuses() == [200, 200, 503]
    assert router.metric("switchyard_queue_refusals_total", model="single", reason="full", **{"class": "standard"}) == 2
    assert {router.access_log(answer.headers["x-request-id"])["queue_class"] for answer in asked.answers} == {"standard", "realtime"}


def test_who_looks_where_else_it_can_go_keeps_its_place(serve, one):
    router = serve("queue: { max: 2, max_wait: 60s }\nbreaker: { min_requests: 5, base: 60s }")
    for _ in range(6):
        ask(router, "broken", status=500)
    assert eventually(lambda: router.metric("switchyard_breaker_state", deployment="broken") == 2)
    asked, occupant = Asked(), Occupant(router)
    for _ in range(2):
        asked.add(router, "single", text="early")
    assert is_waiting(router, 2)
    late, end = Asked(), time.monotonic() + 2.5  # they look twice a second while any breaker is open
    while time.monotonic() < end:
        late.add(router, "single", text="late")
        time.sleep(0.01)
    assert set(late.statuses()) == {503} and waiting(router) == 2
    occupant.go()
    assert asked.statuses() == [200, 200]


def test_who_waits_goes_to_an_endpoint_whose_breaker_closes(serve, one, other):
    router = serve("queue: { max_wait: 60s }\nbreaker: { min_requests: 5, base: 3s, max: 3s }")
    for _ in range(6):
        ask(router, "switched", status=500)
    assert eventually(lambda: router.metric("switchyard_breaker_state", deployment="switched") == 2)
    occupant = Occupant(router)
    answer = ask(router, "either")
    assert (answer.status_code, answer.headers["x-switchyard-deployment"]) == (200, "switched"), answer.text
    assert router.access_log(answer.headers["x-request-id"])["queue_us"] > 100_000 and waiting(router) == 0
    occupant.go()


def test_a_reload_that_changes_the_way_to_an_endpoint_strands_nobody_and_forgets_nobody(serve, one):
    router = serve("queue: { max_wait: 60s }")
    asked, occupant = Asked(), Occupant(router)
    asked.add(router, "single", text="before")
    assert is_waiting(router, 1)
    router.config.write_text(router.config.read_text().replace("drain_notice: 1ms", "drain_notice: 1ms, connect_timeout: 4s"))
    router.signal(1)
    assert eventually(lambda: router.metric("switchyard_config_reloads_total", result="applied") == 1)
    for _ in range(3):
        asked.add(router, "single", text="after", ttft="50ms")
    assert is_waiting(router, 4)
    occupant.go()
    assert asked.statuses() == [200] * 4
    assert most_at_once(one) == 1 and in_order(one, "before", "after", "occupant")[1] == "before"


@pytest.mark.alone
def test_a_quiet_time_before_a_burst_says_nothing_of_how_fast_it_is_served(serve, one):
    router = serve(more="queue: { max_wait: 3s }")
    for pause in (0, 5):
        time.sleep(pause)
        asked = Asked()
        for _ in range(8):
            asked.add(router, "single", ttft="100ms")
        assert asked.statuses() == [200] * 8, [answer.text for answer in asked.answers]


@pytest.mark.alone
def test_a_deadline_is_measured_by_what_answers_usually_take(serve, one):
    router = serve("queue: { max_wait: 60s }")
    for time_taken in ("20ms", "20ms", "20ms", "20ms", "20ms", "900ms"):
        ask(router, "single", ttft=time_taken)
    asked, occupant = Asked(), Occupant(router)
    asked.add(router, "single", headers={"x-request-timeout-ms": "600"})  # the slow one was the only one
    assert is_waiting(router, 1)
    occupant.go()
    assert asked.statuses() == [200], asked.answers[0].text
    for _ in range(12):
        ask(router, "single", ttft="300ms")
    occupant = Occupant(router)
    answer = ask(router, "single", headers={"x-request-timeout-ms": "150"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (504, "deadline_exceeded") and "needed" in error["message"], error
    assert router.access_log(answer.headers["x-request-id"]).get("queue_us") is None
    occupant.go()


def test_nobody_waits_longer_than_it_may(serve, one):
    router = serve("queue: { max_wait: 300ms }")
    occupant = Occupant(router)
    began = time.monotonic()
    answer = ask(router, "single", name="slow")
    assert time.monotonic() - began > 0.25
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (503, "queue_timeout") and "batch" in error["message"], error
    assert answer.headers["retry-after"] and router.access_log(answer.headers["x-request-id"])["queue_us"] > 250_000
    assert router.metric("switchyard_queue_refusals_total", reason="waited", **{"class": "batch"}) == 1
    occupant.go()


@pytest.mark.alone
def test_who_cannot_be_served_in_time_is_refused_at_once(serve, one):
    router = serve("queue: { max_wait: 20s }")
    asked, occupant = Asked(), Occupant(router)
    for _ in range(40):
        asked.add(router, "single", ttft="1s")
    assert is_waiting(router, 40)
    occupant.go()
    assert eventually(lambda: router.metric("switchyard_queue_wait_seconds_count") >= 5, 15)
    answer = ask(router, "single")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "queue_too_long"), answer.text
    assert router.access_log(answer.headers["x-request-id"]).get("queue_us") is None
    assert int(answer.headers["retry-after-ms"]) >= 1_000
    # Another tenant's request has one before it and not thirty.
    assert ask(router, "single", name="b").status_code == 200
    for _ in range(2):  # the second ends at once
        router.signal(15)
        time.sleep(0.2)
    asked.end()
    router.wait()


def test_who_leaves_the_queue_is_gone(serve, one):
    router = serve("queue: { max_wait: 60s }")
    asked, occupant = Asked(), Occupant(router)
    asked.add(router, "single", text="stays")
    gone = Asked().add(router, "single", timeout=3, text="gone")
    assert is_waiting(router, 2) and is_waiting(router, 1)
    assert isinstance(gone.end()[0], httpx.ReadTimeout)
    answer = ask(router, "single", headers={"x-request-timeout-ms": "200"}, text="late")
    assert answer.status_code in (503, 504) and is_waiting(router, 1)
    assert router.metric("switchyard_queue_refusals_total", model="single", reason="left") >= 1
    assert router.metric("switchyard_queue_wait_seconds_count", model="single") >= 1
    occupant.go()
    assert asked.statuses() == [200]
    assert one.log("stays") and not one.log("gone") and not one.log("late")


def test_who_leaves_between_two_attempts_is_gone(serve):
    router = serve("breaker: { min_requests: 100000 }")
    body = json.dumps({"model": "stubborn", "messages": prompt(status=500)})
    sockets = [socket.create_connection(("127.0.0.1", router.port)) for _ in range(12)]
    for client in sockets:
        client.sendall((
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: sy\r\nauthorization: Bearer {key('a')}\r\n"
            f"content-length: {len(body)}\r\n\r\n{body}").encode())
    time.sleep(2.2)  # so many attempts later, pauses last up to two seconds
    assert router.metric("switchyard_exchanges_active") >= 6
    for client in sockets:
        client.close()
    assert eventually(lambda: router.metric("switchyard_exchanges_active") == 0, 0.8)


def test_a_stopping_replica_serves_who_waits_as_long_as_it_drains(serve, one):
    router = serve("queue: { max_wait: 60s }", server=", drain_timeout: 60s")
    asked, occupant = Asked(), Occupant(router)
    for _ in range(5):
        asked.add(router, "single", ttft="50ms")
    assert is_waiting(router, 5)
    router.signal(15)
    time.sleep(0.2)
    occupant.go()
    assert asked.statuses() == [200] * 5 and router.wait() == 0
    assert most_at_once(one) == 1


def test_who_still_waits_when_the_drain_is_over_is_told_at_once(serve, one):
    router = serve("queue: { max_wait: 60s }", server=", drain_timeout: 500ms")
    asked = Asked()
    occupant = Occupant(router)
    asked.add(router, "single", text="never")
    assert is_waiting(router, 1)
    router.signal(15)
    assert asked.statuses() == [503] and router.wait() == 0
    occupant.go()
    assert {answer.json()["error"]["code"] for answer in asked.answers} == {"server_stopping"}
    assert not one.log("never")


def test_spent_limits_are_told_without_waiting_and_none_is_held_while_waiting(serve, one):
    router = serve("queue: { max_wait: 400ms }")
    occupant = Occupant(router)
    # It waits in vain, and has taken nothing.
    assert ask(router, "single", name="poor").json()["error"]["code"] == "queue_timeout"
    occupant.go()
    assert is_busy(router, 0)
    assert ask(router, "single", name="poor").status_code == 200
    occupant = Occupant(router)
    answer = ask(router, "single", name="poor")
    assert answer.status_code == 429
    assert router.access_log(answer.headers["x-request-id"]).get("queue_us") is None
    occupant.go()


def test_the_cache_answers_where_all_is_full_and_those_who_ask_the_same_need_one_place(serve, one):
    router = serve("queue: { max_wait: 60s }\ncache: {}")
    body = {"model": "single", "messages": prompt("the same", ttft="300ms"), "max_tokens": 16, "temperature": 0}

    def same():
        with httpx.Client(timeout=30) as client:
            answers.append(client.post(
                f"{router.url}/v1/chat/completions", json=body, headers={"authorization": f"Bearer {key('a')}"}))

    answers, asked = [], Asked()
    occupant = Occupant(router)
    threads = [threading.Thread(target=same) for _ in range(6)]
    for thread in threads:
        thread.start()
    assert is_waiting(router, 6)
    occupant.go()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len(one.log("the same")) == 1, "the others had the first one's answer"
    occupant = Occupant(router)
    same()
    assert answers[-1].status_code == 200 and "queue" not in answers[-1].headers["server-timing"]
    occupant.go()


def test_a_failed_attempt_waits_again_for_the_next(serve, one):
    router = serve("queue: { max_wait: 60s }")
    asked = Asked()
    occupant = Occupant(router)
    asked.add(router, "single", text="retried", status=503, first=1, id="queue-retry")
    for _ in range(3):
        asked.add(router, "single", ttft="100ms")
    assert is_waiting(router, 4)
    occupant.go()
    assert asked.statuses() == [200] * 4
    assert len(one.log("retried")) == 2 and most_at_once(one) == 1


def test_retries_of_a_full_pool_leave_nothing_behind(serve, one, other):
    router = serve("queue: { max_wait: 20s }")
    asked = Asked()
    for number in range(60):
        asked.add(router, "several", name="ab"[number % 2], text="mixed", ttft="20ms", stream=number % 3 == 0)
    assert set(asked.statuses()) == {200}
    assert most_at_once(one) == 2 and most_at_once(other) == 1
