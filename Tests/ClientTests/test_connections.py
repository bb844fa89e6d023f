"""What clients do to connections: be slow, leave, pipeline, speak old versions. Nothing of it is held for long."""

import threading
import time

import pytest

from support import eventually
from wire import Wire, body, head, request


# Slow clients, and clients that leave


@pytest.mark.parametrize("sent", ["", "POST /v1/chat/com", head() + "x-half: "], ids=["nothing", "a line's half", "a head's half"])
def test_a_head_that_does_not_end_is_408_and_closed(strict, sent):
    with Wire(strict) as wire:
        wire.send(sent)
        start = time.monotonic()
        if sent:
            assert (answer := wire.answer()).status == 408 and answer.error()
            assert wire.is_closed() and time.monotonic() - start < 4
        else:
            assert not wire.is_closed(within=1.5)


@pytest.mark.parametrize("sent", [b"", b'{"model"'], ids=["none of it", "some of it"])
def test_a_body_that_does_not_end_is_408_and_closed(strict, sent):
    with Wire(strict) as wire:
        wire.send(head("content-length: 100\r\n").encode() + b"\r\n" + sent)
        assert (answer := wire.answer()).status == 408 and "body" in answer.error()["message"]
        assert wire.is_closed()


@pytest.mark.parametrize("first, dripped", [("", head()), (head("content-length: 500\r\n") + "\r\n", body() + " " * 400)], ids=["head", "body"])
def test_a_client_that_drips_a_byte_now_and_then_is_closed_too(strict, first, dripped):
    with Wire(strict) as wire:
        wire.send(first)
        took = wire.drip(dripped.encode())
        assert took is not None and 0.8 < took < 2.5
        assert wire.answer().status == 408 and wire.is_closed(within=5)


def test_a_client_that_leaves_mid_upload_leaves_nothing_behind(router, alpha, tag):
    for _ in range(20):
        with Wire(router) as wire:
            wire.send(head("content-length: 900000\r\n") + "\r\n" + '{"model":"solo","messages":"' + tag + "x" * 300_000)
    assert router.unsettled() == {} and not alpha.log(tag)


def test_a_client_that_leaves_mid_stream_leaves_nothing_behind(router, alpha, tag):
    wires = [Wire(router) for _ in range(20)]
    for wire in wires:
        wire.send(request(body(tag, stream=True, tokens=1000, per_token="20ms")))
        assert wire._until(b"data: ")
    for wire in wires:
        wire.socket.close()
    assert router.unsettled() == {}
    assert all(alpha.cancellation(entry["id"]) for entry in alpha.log(tag))


def test_a_client_that_reads_slowly_gets_every_byte_and_holds_up_nobody(router, http):
    with Wire(router, receive_buffer=8192) as slow:
        slow.send(request(body(stream=True, tokens=20_000)))
        time.sleep(0.5)
        assert http.post("/v1/chat/completions", content=body(model="second")).status_code == 200
        data = slow.answer().body.decode()
    assert data.endswith("data: [DONE]\n\n") and data.count('"content":" ') == 19_999 and data.count("HTTP/1.1") == 0


# Connections


def test_pipelined_requests_are_answered_in_order(wire):
    ids = [f"pipe-{number}" for number in range(8)]
    delays = ["150ms", "1ms"] * 4
    wire.send(b"".join(request(body(ttft=delay), f"x-request-id: {name}\r\n") for name, delay in zip(ids, delays)))
    assert [wire.answer().headers["x-request-id"] for _ in ids] == ids


def test_a_connection_is_used_again_for_answers_streams_and_errors(wire):
    for stream, model, status in [(False, "solo", 200), (True, "solo", 200), (False, "nobody", 404), (True, "first", 200)] * 3:
        wire.send(request(body(stream=stream, model=model)))
        answer = wire.answer()
        assert answer.status == status and answer.headers.get("connection", "keep-alive") == "keep-alive"


def test_a_chunked_request_in_many_pieces_is_served(wire, alpha, tag):
    data = body(tag)
    wire.send(head("transfer-encoding: chunked\r\n") + "\r\n")
    for character in data:
        wire.send(f"1\r\n{character}\r\n")
    wire.send("0\r\n\r\n")
    assert wire.answer().status == 200 and len(alpha.log(tag)) == 1


def test_connection_close_is_honoured(wire):
    wire.send(request(fields="connection: close\r\n"))
    assert (answer := wire.answer()).headers["connection"] == "close" and answer.status == 200 and wire.is_closed()


@pytest.mark.parametrize("stream", [False, True])
def test_http_1_0_is_answered_unchunked_and_closed(wire, stream):
    wire.send(request(body(stream=stream), version="HTTP/1.0"))
    answer = wire.answer()
    assert answer.status == 200 and "transfer-encoding" not in answer.headers and wire.is_closed()
    assert answer.body.endswith(b"data: [DONE]\n\n") if stream else answer.json()["choices"]


@pytest.mark.parametrize("line", ["GET /v1/models\r\n", "GET /v1/models\r\n\r\n", "GET /v1/models HTTP/2.0\r\n\r\n", "\x16\x03\x01\x02\x00\x01"])
def test_other_versions_of_http_and_tls_are_refused(wire, line):
    wire.send(line)
    assert (answer := wire.answer()).status in (400, 505) and answer.error() and wire.is_closed()


def test_expect_100_continue_is_asked_for_and_then_served(wire):
    data = body()
    wire.send(head(f"content-length: {len(data)}\r\nexpect: 100-continue\r\n") + "\r\n")
    assert wire.answer().status == 100
    wire.send(data)
    assert wire.answer().status == 200


@pytest.mark.parametrize("how, status", [({"key": "wrong"}, 401), ({"path": "/v1/none"}, 404)])
def test_what_is_refused_by_its_head_is_not_asked_for_its_body(wire, how, status):
    wire.send(head("content-length: 1000\r\nexpect: 100-continue\r\n", **how) + "\r\n")
    assert wire.answer().status == status and wire.is_closed()


def test_a_thousand_connections_of_nonsense_leave_the_router_well(router):
    def attack(seed):
        for number in range(50):
            try:
                with Wire(router) as wire:
                    wire.send([b"\0" * 50, b"GET", request()[: 20 + number * 3], b"\r\n" * 9, head().encode() * 3][(seed + number) % 5])
            except OSError:
                pass

    threads = [threading.Thread(target=attack, args=(seed,)) for seed in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert eventually(lambda: router.metric("switchyard_connections_open") < 20, 10)
    assert router.unsettled() == {} and router.readiness() == 200
