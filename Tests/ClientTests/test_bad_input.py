"""Requests that are wrong: each is answered with an error that says what to do, and nothing is left behind."""

import gzip
import json
import threading
import time

import pytest

import conftest
from support import CLIENT_KEY, eventually, prompt
from wire import Wire, body, head, request


@pytest.fixture(scope="module")
def strict(serve):
    """A router that waits little and holds little."""
    yield from conftest.settled(serve(
        server="  header_timeout: 1s\n  body_timeout: 1s\n  max_body: 1MiB\n  max_buffered: 1MiB"))


@pytest.fixture
def wire(router):
    with Wire(router) as wire:
        yield wire


def mebibytes(count):
    return b"x" * (count << 20)


# Documents

HELLO = '[{"role":"user","content":"hello"}]'

BAD_DOCUMENTS = {
    "empty": ("", "invalid_json"), "cut off": ('{"model":"solo","messages":[', "invalid_json"),
    "an array": ("[1]", "invalid_json"), "two documents": ('{"model":"solo","messages":' + HELLO + "}{}", "invalid_json"),
    "not UTF-8": (b'{"model":"solo","messages":[{"role":"user","content":"\xff"}]}', "invalid_json"),
    "trailing comma": ('{"model":"solo","messages":' + HELLO + ",}", "invalid_json"),
    "a comment": ('{"model":"solo",/**/"messages":' + HELLO + "}", "invalid_json"),
    "NaN": ('{"model":"solo","x":NaN,"messages":' + HELLO + "}", "invalid_json"),
    "two models": ('{"model":"solo","messages":' + HELLO + ',"model":"pair"}', "duplicate_key"),
    "two models, one escaped": ('{"model":"solo","messages":' + HELLO + ',"mod\\u0065l":"pair"}', "duplicate_key"),
    "two streams": ('{"model":"solo","stream":true,"messages":' + HELLO + ',"stream":false}', "duplicate_key"),
    "two usages": ('{"model":"solo","stream":true,"messages":' + HELLO
                   + ',"stream_options":{"include_usage":true,"include_usage":false}}', "duplicate_key"),
    "Model": ('{"Model":"solo","messages":' + HELLO + "}", "invalid_key"),
    "model a number": ('{"model":7,"messages":' + HELLO + "}", "invalid_type"),
    "messages a text": ('{"model":"solo","messages":"hello"}', "invalid_type"),
    "a message a text": ('{"model":"solo","messages":["hello"]}', "invalid_type"),
    "stream a text": ('{"model":"solo","stream":"yes","messages":' + HELLO + "}", "invalid_type"),
    "n a text": ('{"model":"solo","n":"two","messages":' + HELLO + "}", "invalid_type"),
    "no messages": ('{"model":"solo"}', "missing_required_parameter"),
    "deep": ('{"model":"solo","messages":' + HELLO + ',"x":' + "[" * 70 + "]" * 70 + "}", "invalid_json"),
    "bottomless": ('{"model":"solo","messages":' + HELLO + ',"x":' + "[" * 100_000 + "]" * 100_000 + "}", "invalid_json"),
    "bottomless and open": ('{"model":"solo","x":' + '{"a":' * 200_000, "invalid_json"),
}


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
def test_a_bad_document_is_refused_with_400_and_the_connection_lives_on(wire, name):
    document, code = BAD_DOCUMENTS[name]
    document = document if isinstance(document, bytes) else document.encode()
    wire.send(head(f"content-length: {len(document)}\r\n") + "\r\n")
    wire.send(document)
    answer = wire.answer()
    error = answer.error()
    assert (answer.status, error["code"], error["source"]) == (400, code, "client"), error
    if code in ("duplicate_key", "invalid_key", "invalid_type"):
        assert error["param"] and error["param"] in error["message"]
    wire.send(request())
    assert wire.answer().status == 200


def test_nothing_of_a_refused_document_reaches_a_provider(wire, alpha, beta, tag):
    wire.send(request('{"model":"solo","model":"pair","messages":[{"role":"user","content":"' + tag + '"}]}'))
    assert wire.answer().status == 400
    assert not alpha.log(tag) and not beta.log(tag)


def test_an_unknown_model_is_404_and_named(wire):
    wire.send(request(body(model="gpt-<unknown>\u00e9")))
    answer = wire.answer()
    assert answer.status == 404 and "gpt-<unknown>\u00e9" in answer.error()["message"]


@pytest.mark.parametrize("field, code", [
    ("", "missing_api_key"), ("authorization: Bearer wrong\r\n", "invalid_api_key"), ("authorization: Bearer \r\n", "missing_api_key"),
    ("x-api-key: wrong\r\n", "invalid_api_key"), (f"authorization: Basic {CLIENT_KEY}\r\n", "missing_api_key"),
])
def test_no_key_and_a_wrong_key_are_401(wire, field, code):
    data = body()
    wire.send(f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n{field}content-length: {len(data)}\r\n\r\n{data}")
    answer = wire.answer()
    assert (answer.status, answer.error()["code"]) == (401, code) and answer.headers["www-authenticate"] == "Bearer"


def test_a_key_may_also_be_sent_as_x_api_key(wire):
    data = body()
    wire.send(f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-api-key: {CLIENT_KEY}\r\ncontent-length: {len(data)}\r\n\r\n{data}")
    assert wire.answer().status == 200


@pytest.mark.parametrize("method, path, allow", [("GET", "/v1/chat/completions", "POST"), ("POST", "/v1/models", "GET")])
def test_the_wrong_method_is_405_with_allow(wire, method, path, allow):
    wire.send(request("{}", method=method, path=path))
    answer = wire.answer()
    assert answer.status == 405 and allow in answer.headers["allow"] and answer.error()["code"] == "method_not_allowed"


def test_a_compressed_body_is_415(wire):
    data = gzip.compress(body().encode())
    wire.send(head(f"content-length: {len(data)}\r\ncontent-encoding: gzip\r\n").encode() + b"\r\n" + data)
    answer = wire.answer()
    assert answer.status == 415 and "Content-Encoding" in answer.error()["message"]


# Sizes


def test_a_body_declared_as_100_mib_is_413_at_once(wire):
    start = time.monotonic()
    wire.send(head(f"content-length: {100 << 20}\r\n") + "\r\n")
    answer = wire.answer()
    assert answer.status == 413 and "smaller" in answer.error()["message"]
    assert time.monotonic() - start < 1 and wire.is_closed()


def test_a_chunked_body_of_100_mib_is_413_long_before_its_end(router):
    sent = 0
    with Wire(router) as wire:
        wire.send(head("transfer-encoding: chunked\r\n") + "\r\n")
        try:
            while sent < 100:
                wire.send(b"100000\r\n" + mebibytes(1) + b"\r\n")
                sent += 1
        except ConnectionError:
            pass
        assert 30 < sent < 60
    assert router.unsettled() == {}


def test_a_chunked_body_that_is_too_large_is_answered_413(wire):
    wire.send(head("transfer-encoding: chunked\r\n") + "\r\n")
    wire.send(b"2000000\r\n" + mebibytes(32) + b"\r\n1\r\nx")
    answer = wire.answer()
    assert answer.status == 413 and answer.error()["source"] == "client" and wire.is_closed()


@pytest.mark.parametrize("beyond, status", [(0, 200), (1, 413)])
def test_a_body_is_served_up_to_the_limit(strict, beyond, status):
    data = body()
    data = data[:-1] + ',"pad":"' + "x" * ((1 << 20) + beyond - len(data) - 9) + '"}'
    assert len(data) == (1 << 20) + beyond
    with Wire(strict) as wire:
        wire.send(request(data))
        assert wire.answer().status == status


def test_bodies_beyond_max_buffered_are_503_with_retry_after(strict):
    data = body("x" * 800_000).encode()
    with Wire(strict) as first, Wire(strict) as second:
        first.send(head(f"content-length: {len(data)}\r\n").encode() + b"\r\n" + data[:700_000])
        assert eventually(lambda: strict.metric("switchyard_buffered_bytes") >= 700_000)
        second.send(head(f"content-length: {len(data)}\r\n").encode() + b"\r\n" + data)
        answer = second.answer()
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert answer.error()["source"] == "switchyard"
        assert eventually(lambda: strict.metric("switchyard_buffered_bytes") <= 700_000)
        first.send(data[700_000:])
        assert first.answer().status == 200
    assert strict.unsettled() == {}


@pytest.mark.parametrize("fields, status", [
    ("x-long: " + "y" * 40_000 + "\r\n", 431), ("".join(f"x-{n}: y\r\n" for n in range(120)), 431),
], ids=["one too long", "too many"])
def test_an_oversized_head_is_431(wire, fields, status):
    wire.send(request(fields=fields))
    answer = wire.answer()
    assert answer.status == status and answer.error() and wire.is_closed()


def test_a_long_url_is_414(wire):
    wire.send(request(path="/v1/chat/completions?" + "q" * 9000))
    assert (answer := wire.answer()).status == 414 and answer.error() and wire.is_closed()


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
