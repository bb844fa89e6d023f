"""The mixed load of a soak: requests that succeed beside requests that ask for each fault."""
import time

from . import load
from .processes import http

#: Directives that are faults, each with whether the request is a stream.
FAULTS = [
    (False, "status=429,retry_after_ms=20"), (False, "status=503"), (False, "status=500,first=1,id={id}"),
    (False, "reset=before_first_byte"), (False, "reset=mid_stream"), (True, "reset=mid_stream,after=3"),
    (True, "close=mid_stream,after=3"), (True, "stall=mid_stream,after=2"), (False, "stall=before_first_byte"),
    (False, "garbage"), (False, "empty"), (False, "malformed_json"), (True, "malformed_sse"), (True, "error_event,after=2"),
    (False, "oversized_header=200000"), (False, "redirect=http://127.0.0.1:1/"), (True, "status=401"),
    (False, "ttft=5s"), (False, "slow_body=1ms"), (True, "drip=1ms,tokens=1"), (False, "status=400"),
]

#: What goes wrong for everybody, in turn; None is a time without.
RULES = [
    None,
    [{"match": {"probability": 0.1}, "fault": {"status": 429, "retry_after": "1"}},
     {"match": {"probability": 0.1}, "fault": {"status": 503}}],
    None,
    [{"match": {"probability": 0.1}, "fault": {"reset": "before_first_byte"}},
     {"match": {"probability": 0.05, "stream": True}, "fault": {"reset": "mid_stream", "after": 3}}],
    [{"match": {"probability": 0.02}, "fault": {"stall": "before_first_byte"}},
     {"match": {"probability": 0.05}, "fault": {"garbage": True}}],
]


def bodies(model):
    """Two good plain requests and two good streams for each faulty one, and some that the router must refuse."""
    good = [
        load.chat(model), load.chat(model, True, "tokens=17"), load.chat(model, True, "tokens=20,per_token=5ms"),
        load.chat(model, user="x" * 100_000)]
    found = []
    for index, (stream, directive) in enumerate(FAULTS):
        found += good + [load.chat(model, stream, directive.replace("{id}", str(index)))]
    return found + [load.chat("no-such-model"), "{\"model\": ", "[]", "{\"model\":\"a\",\"model\":\"b\"}"]


class Weather:
    """Changes the upstream's rules and the router's configuration as time goes on."""

    def __init__(self, upstream, gateway):
        self.upstream, self.gateway, self.turn = upstream, gateway, 0
        with open(gateway.config) as file:
            self.config = file.read()

    def change(self):
        import json
        rules = RULES[self.turn % len(RULES)]
        if rules:
            http(self.upstream.url + "/sim/faults", json.dumps(rules).encode(), "PUT")
        else:
            self.clear()
        self._write(self.config + f"# {self.turn}\n" + ("nonsense: [\n" if self.turn % 4 == 3 else ""))
        self.turn += 1

    def clear(self):
        http(self.upstream.url + "/sim/faults", method="DELETE")

    def restore(self):
        self.clear()
        self._write(self.config)
        time.sleep(1.5)

    def _write(self, text):
        with open(self.gateway.config, "w") as file:
            file.write(text)
