"""Clients that behave badly, one of each kind after the other, until they are told to stop."""
import os, random, socket, struct, threading, time

from . import load

BAD_HEADS = [
    b"GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n",
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
    b"POST /v1/chat/completions HTTP/1.1\nhost: x\ncontent-length: 0\n\n",
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx: a\r\n folded\r\ncontent-length: 0\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /v1/models HTTP/1.1\r\nhost: x\r\n" + b"x-h: " + b"b" * 100_000 + b"\r\n\r\n",
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 900000000\r\n\r\n",
]


class Clients:
    """`threads` threads of misbehaviour; `counts` tells how often each kind has been seen to its end."""

    def __init__(self, gateway, threads=6):
        self.gateway, self.ending, self.counts = gateway, threading.Event(), {}
        host, port = gateway.url.rsplit("/", 1)[-1].split(":")
        self.address = (host, int(port))
        self.kinds = [
            self.leave_mid_stream, self.leave_before_the_answer, self.leave_mid_upload, self.read_slowly, self.send_nonsense,
            self.drip_a_head, self.pipeline, self.leave_by_reset]
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run, args=(seed,), daemon=True) for seed in range(threads)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(20)

    def _run(self, seed):
        chance = random.Random(seed)
        while not self.ending.wait(0.02):
            kind = chance.choice(self.kinds)
            try:
                with socket.create_connection(self.address, timeout=5) as wire:
                    kind(wire, chance)
            except OSError:
                pass  # being cut off is what most of these ask for
            with self.lock:
                self.counts[kind.__name__] = self.counts.get(kind.__name__, 0) + 1

    def _request(self, body, headers=""):
        data = body.encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: soak\r\nauthorization: Bearer {self.gateway.key}\r\n"
        return (head + f"{headers}content-length: {len(data)}\r\n\r\n").encode() + data

    def _stream(self, directive):
        return self._request(load.chat(self.gateway.model, True, directive))

    def leave_mid_stream(self, wire, chance):
        wire.sendall(self._stream("tokens=200,per_token=5ms"))
        for _ in range(chance.randint(1, 20)):
            wire.recv(4096)

    def leave_by_reset(self, wire, chance):
        wire.sendall(self._stream("tokens=200,per_token=2ms"))
        wire.recv(4096)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def leave_before_the_answer(self, wire, chance):
        wire.sendall(self._stream("ttft=500ms"))
        time.sleep(chance.random() * 0.1)

    def leave_mid_upload(self, wire, chance):
        request = self._request(load.chat(self.gateway.model, user="x" * 200_000))
        wire.sendall(request[:chance.randint(1, len(request) - 1)])

    def read_slowly(self, wire, chance):
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.sendall(self._stream("tokens=20000"))
        for _ in range(60):
            if not wire.recv(chance.randint(1, 4096)) or self.ending.wait(0.02):
                return

    def send_nonsense(self, wire, chance):
        wire.sendall(chance.choice(BAD_HEADS + [os.urandom(200)]))
        wire.shutdown(socket.SHUT_WR)
        while wire.recv(65536):
            pass

    def drip_a_head(self, wire, chance):
        for byte in b"POST /v1/chat/completions HTTP/1.1\r\nhost: soak\r\nx-slow: ":
            wire.sendall(bytes([byte]))
            if self.ending.wait(0.06):
                return

    def pipeline(self, wire, chance):
        wire.sendall(self._request(load.chat(self.gateway.model)) * 5)
        end = time.monotonic() + 2
        while time.monotonic() < end and wire.recv(65536):
            pass
