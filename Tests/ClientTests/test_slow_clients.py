"""Clients that read slowly get every byte, also of an answer behind which the connection is closed."""

import json
import time

import pytest

from support import CLIENT_KEY, prompt
from wire import Wire


def chat(stream, tokens):
    body = json.dumps({"model": "solo", "stream": stream, "messages": prompt(tokens=tokens)})
    return (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
        f"authorization: Bearer {CLIENT_KEY}\r\ncontent-length: {len(body)}\r\n\r\n{body}")


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
def test_an_answer_is_written_to_its_end_before_the_connection_is_closed(router, stream):
    with Wire(router, receive_buffer=8192) as slow:
        slow.send(chat(stream, tokens=30_000))
        time.sleep(0.5)  # the client's own slowness: by now the answer waits in the router
        while slow._more():
            pass
        assert slow.rest.startswith(b"HTTP/1.1 200")
        if stream:
            assert slow.rest.endswith(b"0\r\n\r\n") and b"data: [DONE]" in slow.rest[-200:]
        else:
            head, body = slow.rest.split(b"\r\n\r\n", 1)
            assert json.loads(body)["usage"]["completion_tokens"] == 30_000
