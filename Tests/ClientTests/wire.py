"""A client that sends exactly the bytes that it is given and reads whatever comes back."""

import json
import socket
import time

from support import CLIENT_KEY, prompt


class Answer:
    """One answer as it came; `headers` have names in lower case."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def error(self):
        """The error, which must have OpenAI's shape and say what to do."""
        assert self.headers["content-type"].startswith("application/json")
        error = self.json()["error"]
        assert set(error) == {"message", "type", "code", "param", "source"}
        assert error["type"] and error["code"] and error["source"] in ("client", "policy", "provider", "switchyard")
        assert len(error["message"]) > 20 and error["message"][0].isupper(), error["message"]
        return error


class Wire:
    """One connection."""

    def __init__(self, router, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(10)
        self.socket.connect(("127.0.0.1", router.port))
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def _more(self):
        data = self.socket.recv(1 << 16)
        self.rest += data
        return bool(data)

    def _until(self, mark):
        while mark not in self.rest:
            assert self._more(), f"closed within an answer: {self.rest[:300]!r}"
        part, self.rest = self.rest.split(mark, 1)
        return part

    def _exactly(self, count):
        while len(self.rest) < count:
            assert self._more(), f"closed within a body: {self.rest[-300:]!r}"
        part, self.rest = self.rest[:count], self.rest[count:]
        return part

    def answer(self):
        """The next answer, whole."""
        line, *fields = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, _ = line.split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0"), line
        headers = {name.lower(): value.strip() for name, value in (field.split(":", 1) for field in fields)}
        return Answer(int(status), headers, self._body(int(status), headers))

    def _body(self, status, headers):
        if status == 100:
            return b""
        if "content-length" in headers:
            return self._exactly(int(headers["content-length"]))
        if headers.get("transfer-encoding") != "chunked":
            while self._more():
                pass
            body, self.rest = self.rest, b""
            return body
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._exactly(size)
            assert self._exactly(2) == b"\r\n"
        assert self._exactly(2) == b"\r\n"
        return body

    def is_closed(self, within=3.0):
        """Whether the other side ends the connection in that time and sends nothing more before."""
        assert not self.rest, f"more came: {self.rest[:300]!r}"
        self.socket.settimeout(within)
        try:
            return not self._more()
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def drip(self, data, every=0.2):
        """Sends byte by byte until an answer begins; the seconds that it took, or None if the data ran out."""
        start = time.monotonic()
        for byte in data:
            self.socket.settimeout(every)
            try:
                self.send(bytes([byte]))
                if self._more():
                    self.socket.settimeout(10)
                    return time.monotonic() - start
            except TimeoutError:
                continue
        return None


def body(text="Say something.", model="solo", stream=False, **directive):
    return json.dumps({"model": model, "messages": prompt(text, **directive), "stream": stream})


def head(fields="", path="/v1/chat/completions", method="POST", version="HTTP/1.1", key=CLIENT_KEY):
    """A head without its empty line; `fields` are whole lines."""
    return f"{method} {path} {version}\r\nhost: router\r\nauthorization: Bearer {key}\r\n{fields}"


def request(data=None, fields="", **how):
    """A whole request with a good key."""
    data = body() if data is None else data
    return (head(f"content-length: {len(data.encode())}\r\n{fields}", **how) + "\r\n" + data).encode()
