"""Requests that are wrong: each is answered with an error that says what to do, and nothing is left behind."""

import gzip
import time

import pytest

from support import CLIENT_KEY, eventually
from wire import Wire, body, head, request


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
    assert answer.status == 413 and "server.max_body" in answer.error()["message"]
    assert time.monotonic() - start < 1 and wire.is_closed()


def test_what_is_refused_before_it_is_a_request_is_logged(router, wire):
    wire.send(head(f"content-length: {100 << 20}\r\n") + "\r\n")
    line = router.access_log(wire.answer().headers["x-request-id"])
    assert (line["status"], line["error_type"], line["error_source"]) == (413, "request_too_large", "client")


@pytest.mark.parametrize("value", ["0", "-5", "abc", "1.5", ""])
def test_a_time_limit_that_is_none_is_refused(wire, value):
    data = body()
    wire.send(head(f"content-length: {len(data)}\r\nx-request-timeout-ms: {value}\r\n") + "\r\n" + data)
    answer = wire.answer()
    assert answer.status == 400 and "x-request-timeout-ms" in answer.error()["message"]


def test_a_second_authorization_is_refused(wire):
    data = body()
    wire.send(head(f"content-length: {len(data)}\r\nauthorization: Bearer x\r\n") + "\r\n" + data)
    answer = wire.answer()
    assert answer.status == 400 and answer.error()["code"] == "repeated_authorization"


@pytest.mark.alone
def test_a_chunked_body_of_400_mib_is_413_long_before_its_end(router):
    sent = 0
    with Wire(router) as wire:
        wire.send(head("transfer-encoding: chunked\r\n") + "\r\n")
        try:
            while sent < 400:
                wire.send(b"100000\r\n" + mebibytes(1) + b"\r\n")
                sent += 1
        except ConnectionError:
            pass
        # 32 MiB, and what a fast client sends until its connection is closed.
        assert 30 < sent < 200
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
