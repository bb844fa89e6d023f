"""Requests whose end two servers could see in two places: refused, the connection closed, nothing of the second one passed on."""

import pytest

from wire import Wire, body, head

END = "\r\n"


def hidden(tag):
    """The request that an attacker wants to be taken for one of its own."""
    data = body(tag)
    return head(f"content-length: {len(data)}\r\n") + END + data


def chunked(data):
    return f"{len(data):x}\r\n{data}\r\n0\r\n\r\n"


# Lines of the head behind which a whole body and the hidden request follow.
FRAMINGS = {
    "length, then coding": "content-length: 4\r\ntransfer-encoding: chunked\r\n",
    "coding, then length": "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
    "coding, and no length's worth": "transfer-encoding: chunked\r\ncontent-length: 0\r\n",
    "two lengths": "content-length: 4\r\ncontent-length: 400\r\n",
    "the same length twice": "content-length: 4\r\ncontent-length: 4\r\n",
    "a list of lengths": "content-length: 4, 4\r\n",
    "a signed length": "content-length: +4\r\n",
    "a negative length": "content-length: -4\r\n",
    "a hexadecimal length": "content-length: 0x4\r\n",
    "an endless length": "content-length: 99999999999999999999999\r\n",
    "an empty length": "content-length: \r\n",
    "a length with a blank in it": "content-length: 4 4\r\n",
    "a length with an underscore": "content-length: 4_0\r\n",
    "a quoted length": 'content-length: "4"\r\n',
    "coding twice": "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
    "coding, then identity": "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
    "identity": "transfer-encoding: identity\r\ncontent-length: 4\r\n",
    "gzip, chunked": "transfer-encoding: gzip, chunked\r\n",
    "chunked, gzip": "transfer-encoding: chunked, gzip\r\n",
    "chunked, chunked": "transfer-encoding: chunked, chunked\r\n",
    "a misspelled coding": "transfer-encoding: xchunked\r\ncontent-length: 4\r\n",
    "a coding with a parameter": "transfer-encoding: chunked;q=1\r\n",
    "a quoted coding": 'transfer-encoding: "chunked"\r\n',
    "an empty coding": "transfer-encoding: \r\ncontent-length: 4\r\n",
    "a coding with a comma": "transfer-encoding: ,chunked\r\n",
    "a coding behind a vertical tab": "transfer-encoding: \x0bchunked\r\n",
    "a coding with a NUL": "transfer-encoding: chunked\x00\r\n",
    "a blank before the colon": "transfer-encoding : chunked\r\n",
    "a tab before the colon": "content-length\t: 4\r\n",
    "a blank before the name": " transfer-encoding: chunked\r\n",
    "a folded value": "x-fold: a\r\n transfer-encoding: chunked\r\n",
    "a folded coding": "transfer-encoding:\r\n chunked\r\n",
    "a folded length": "content-length:\r\n\t4\r\n",
    "a bare line feed": "x-a: b\ntransfer-encoding: chunked\r\n",
    "a bare carriage return": "x-a: b\rtransfer-encoding: chunked\r\n",
    "a line without a colon": "transfer-encoding chunked\r\n",
    "a name with a blank": "transfer encoding: chunked\r\n",
    "an empty name": ": chunked\r\n",
    "a NUL in a value": "x-a: b\x00c\r\n",
    "a NUL in a name": "x\x00a: b\r\n",
    "a control character": "x-a: b\x01\r\n",
    "a byte beyond ASCII in a name": "x-\xe9: b\r\n",
    "two hosts": "host: other\r\ncontent-length: 4\r\n",
    "a host with a path": "x-a: b\r\nhost: a/b\r\n",
}

# What stands where a chunked body should be.
BODIES = {
    "a chunk extension": "4;a=b\r\nabcd\r\n0\r\n\r\n",
    "an empty chunk extension": "4;\r\nabcd\r\n0\r\n\r\n",
    "an extension with a line feed": "4;\nabcd\r\n0\r\n\r\n",
    "an extension of the last chunk": "4\r\nabcd\r\n0;a\r\n\r\n",
    "a size with a prefix": "0x4\r\nabcd\r\n0\r\n\r\n",
    "a signed size": "+4\r\nabcd\r\n0\r\n\r\n",
    "a negative size": "-4\r\nabcd\r\n0\r\n\r\n",
    "a blank before a size": " 4\r\nabcd\r\n0\r\n\r\n",
    "a blank behind a size": "4 \r\nabcd\r\n0\r\n\r\n",
    "a tab behind a size": "4\t\r\nabcd\r\n0\r\n\r\n",
    "a size beyond 64 bits": "10000000000000004\r\nabcd\r\n0\r\n\r\n",
    "a size of many zeros": "00000000000000004\r\nabcd\r\n0\r\n\r\n",
    "an empty size": "\r\nabcd\r\n0\r\n\r\n",
    "a size ended by a line feed": "4\nabcd\r\n0\r\n\r\n",
    "a size ended by a carriage return": "4\rabcd\r\n0\r\n\r\n",
    "data ended by a line feed": "4\r\nabcd\n0\r\n\r\n",
    "data longer than its size": "4\r\nabcdef\r\n0\r\n\r\n",
    "a trailer": "4\r\nabcd\r\n0\r\nx-a: b\r\n\r\n",
    "a trailer that frames": "4\r\nabcd\r\n0\r\ncontent-length: 400\r\n\r\n",
    "a last line feed": "4\r\nabcd\r\n0\r\n\n",
}

# Request lines.
LINES = {
    "no version": "POST /v1/chat/completions\r\n",
    "two blanks": "POST  /v1/chat/completions HTTP/1.1\r\n",
    "a tab": "POST\t/v1/chat/completions\tHTTP/1.1\r\n",
    "a blank at the end": "POST /v1/chat/completions HTTP/1.1 \r\n",
    "a blank in front": " POST /v1/chat/completions HTTP/1.1\r\n",
    "a blank in the target": "POST /v1/chat /completions HTTP/1.1\r\n",
    "a line feed": "POST /v1/chat/completions HTTP/1.1\n",
    "a control character": "POST /v1/chat\x01/completions HTTP/1.1\r\n",
    "a byte beyond ASCII": "POST /v1/chat/\xe9 HTTP/1.1\r\n",
    "a version in small letters": "POST /v1/chat/completions http/1.1\r\n",
    "version 1.10": "POST /v1/chat/completions HTTP/1.10\r\n",
    "another host in the target": "POST http://other/v1/chat/completions HTTP/1.1\r\n",
    "CONNECT": "CONNECT other:80 HTTP/1.1\r\n",
    "a method with a colon": "PO:ST /v1/chat/completions HTTP/1.1\r\n",
}


def refuse(router, alpha, beta, tag, text, statuses=(400, 501)):
    """Sends `text` and the hidden request: one refusal comes, then the end, and no provider has seen anything."""
    with Wire(router) as wire:
        wire.send((text + hidden(tag)).encode("latin-1"))
        answer = wire.answer()
        assert answer.status in statuses, answer.body
        error = answer.error()
        assert error["source"] == "client" and error["type"] == "invalid_request_error"
        assert answer.headers["connection"] == "close" and wire.is_closed()
    assert not alpha.log(tag) and not beta.log(tag)


@pytest.mark.parametrize("name", FRAMINGS)
def test_an_ambiguous_head_is_refused(router, alpha, beta, tag, name):
    lines = FRAMINGS[name]
    content = chunked(body()) if "chunked" in lines or "host" in lines else body()[:4]
    refuse(router, alpha, beta, tag, head(lines) + END + content)


@pytest.mark.parametrize("name", BODIES)
def test_an_ambiguous_chunk_is_refused(router, alpha, beta, tag, name):
    refuse(router, alpha, beta, tag, head("transfer-encoding: chunked\r\n") + END + BODIES[name])


@pytest.mark.parametrize("name", LINES)
def test_an_ambiguous_request_line_is_refused(router, alpha, beta, tag, name):
    rest = head().split(END, 1)[1]
    refuse(router, alpha, beta, tag, LINES[name] + rest + "content-length: 4\r\n\r\nabcd", (400, 501, 505))


def test_http_1_0_with_chunks_is_refused(router, alpha, beta, tag):
    refuse(router, alpha, beta, tag, head("transfer-encoding: chunked\r\n", version="HTTP/1.0") + END + chunked(body()))


def test_a_head_without_a_host_is_refused(router, alpha, beta, tag):
    refuse(router, alpha, beta, tag, head("content-length: 4\r\n").replace("host: router\r\n", "") + END + "abcd")


def test_an_expectation_that_nobody_knows_is_417(router, alpha, beta, tag):
    refuse(router, alpha, beta, tag, head("expect: 200-maybe\r\ncontent-length: 4\r\n") + END + "abcd", (417,))


def test_a_refused_body_does_not_become_a_request(router, alpha, beta, tag):
    inner = hidden(tag)
    with Wire(router) as wire:
        wire.send(head(f"content-length: {len(inner)}\r\n", key="wrong") + END)
        assert wire.answer().status == 401
        try:
            wire.send(inner)
        except ConnectionError:
            pass
        assert wire.is_closed(within=5)
    assert not alpha.log(tag) and not beta.log(tag)


def test_a_request_in_a_body_stays_a_body(router, alpha, tag):
    with Wire(router) as wire:
        data = body("hello " + hidden("inner"))
        wire.send(head(f"content-length: {len(data)}\r\nx-tag: {tag}\r\n") + END + data)
        assert wire.answer().status == 200
        wire.send(hidden(tag))
        assert wire.answer().status == 200
    assert len(alpha.log(tag)) == 1


def test_headers_that_only_look_like_framing_have_no_effect(router, alpha, tag):
    data = body(tag)
    with Wire(router) as wire:
        wire.send(head(f"transfer_encoding: chunked\r\nx-content-length: 1\r\ncontent-length: {len(data)}\r\n") + END + data)
        assert wire.answer().status == 200
    assert len(alpha.log(tag)) == 1


@pytest.mark.parametrize("name", ["x-request-id", "traceparent", "idempotency-key", "openai-beta"])
def test_a_header_that_is_passed_on_cannot_carry_another(router, alpha, tag, name):
    data = body(tag)
    with Wire(router) as wire:
        wire.send(head(f"{name}: a\rx-injected: b\r\ncontent-length: {len(data)}\r\n") + END + data)
        assert wire.answer().status == 400 and wire.is_closed()
    assert not alpha.log(tag)
