"""Data classes at a running replica: what is found, declared or the key's goes only to deployments that may see it, retries, fallbacks,
hedges and the cache included; and nobody is told what was found."""

import http.client
import http.server
import json
import threading
import urllib.parse

import pytest

from cluster import Simulator, eventually, free_port, sha256
from support import CLIENT_KEY, KEYS, NARROW_KEY, PROVIDER_KEY, Router, get

TOKEN = "admin-token-of-tests"

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 1, drain_notice: 1ms }}
admin: {{ port: {admin_port}, token: {token} }}
cache: {{ ttl: 60s }}
providers:
  open: {{ dialect: openai, base_url: "{open}/v1", api_key: "${{PROVIDER_KEY}}" }}
  eu: {{ dialect: openai, base_url: "{eu}/v1", api_key: "${{PROVIDER_KEY}}" }}
  echo: {{ dialect: openai, base_url: "{echo}/v1" }}
deployments:
  echo: {{ provider: echo, model: echo-1 }}
  open: {{ provider: open, model: sim-open }}
  eu: {{ provider: eu, model: sim-eu, regions: [eu], data: [phi, pii] }}
models:
  both: {{ deployments: [open, eu], hedge: {{ after: 1ms, budget: 50% }} }}
  first: {{ deployments: [open], fallbacks: [second] }}
  second: {{ deployments: [eu] }}
  back: {{ deployments: [eu], fallbacks: [open] }}
  open: {{ deployments: [open] }}
  echo: {{ deployments: [echo] }}
routing:
  data_classes:
    phi: {{ regions: [eu], patterns: {{ mrn: '\\bMRN-\\d{{6}}\\b' }} }}
    pii: {{}}
    pci: {{ action: refuse }}
    hidden: {{ action: redact, patterns: {{ badge: '\\bB-\\d{{5}}\\b' }} }}
tenants:
  acme: {{ keys: [ {{ id: plain, sha256: {plain} }}, {{ id: ward, sha256: {ward}, data_class: phi }} ] }}
"""

#: What must show nowhere but at the provider.
SECRETS = ["MRN-987654", "ann@example.com", "4111111111111111", "B-12345"]


class Echo:
    """A provider that says what it was asked: plain, or a letter an event."""

    def __init__(self):
        self.bodies = bodies = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                bodies.append(json.dumps(body))
                text = body["messages"][-1]["content"]
                self.send_response(200)
                self.send_header("content-type", "text/event-stream" if body.get("stream") else "application/json")
                self.end_headers()
                if body.get("stream"):
                    for number, letter in enumerate(text + "."):
                        finish = "stop" if number == len(text) else None
                        self.say({"choices": [{"index": 0, "delta": {"content": letter}, "finish_reason": finish}]})
                    self.wfile.write(b"data: [DONE]\n\n")
                else:
                    message = {"role": "assistant", "content": text + "."}
                    choice = {"index": 0, "message": message, "finish_reason": "stop"}
                    self.wfile.write(json.dumps({"object": "chat.completion", "choices": [choice]}).encode())

            def say(self, event):
                self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()


class Case:
    def __init__(self, folder):
        self.open, self.eu = Simulator("--key", PROVIDER_KEY), Simulator("--key", PROVIDER_KEY)
        self.echo = Echo()
        ports = {"port": free_port(), "admin_port": free_port()}
        config = folder / "switchyard.yaml"
        config.write_text(CONFIG.format(
            token=TOKEN, echo=self.echo.url, open=self.open.url, eu=self.eu.url, plain=sha256(CLIENT_KEY), ward=sha256(NARROW_KEY), **ports))
        self.ports, self.router = ports, Router(config, KEYS, **ports).wait_until_ready()
        self.router.token = TOKEN

    def stop(self):
        for process in (self.router, self.open, self.eu, self.echo):
            process.stop()
        assert not [secret for secret in SECRETS if secret in self.router.output]

    def send(self, text, model="both", key=CLIENT_KEY, stream=False, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["port"], timeout=20)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(
            "POST", "/v1/chat/completions", json.dumps(chat(text, model) | {"stream": stream}),
            {"authorization": f"Bearer {key}", "content-type": "application/json", **names})
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    def explain(self, text, model="both", key="plain"):
        url = f"http://127.0.0.1:{self.ports['admin_port']}/api/explain?{urllib.parse.urlencode({'key': key})}"
        status, told = get(url, "POST", json.dumps(chat(text, model)).encode(), TOKEN)
        assert status == 200, told
        assert not [secret for secret in SECRETS if secret in told]
        return json.loads(told)


def chat(text, model):
    return {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 5, "temperature": 0}


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    case = Case(tmp_path_factory.mktemp("classes"))
    yield case
    case.stop()


@pytest.mark.parametrize("text, headers", [
    ("patient MRN-987654", {}), ("write to ann@example.com", {}), ("hello", {"x_data_class": "phi"}),
    ("hello", {"key": NARROW_KEY}), ("she has diabetes", {}),
])
@pytest.mark.parametrize("model", ["both", "first", "back"])
def test_data_goes_only_where_it_may_be_seen(case, text, headers, model):
    case.open.forget()
    for _ in range(6):
        answer = case.send(text, model, **headers)
        assert answer.status == 200, answer.text
        assert answer.headers["x-switchyard-deployment"] == "eu"
        line = case.router.access_log(answer.headers["x-request-id"])
        assert line["data_class"] in ("phi", "pii") and line["deployment"] == "eu"
    assert not case.open.log(), "not even a hedge"


def test_what_is_of_no_class_goes_anywhere(case):
    deployments = {case.send(f"hello {number}").headers["x-switchyard-deployment"] for number in range(40)}
    assert deployments == {"open", "eu"}
    line = case.router.access_log(case.send("hello again").headers["x-request-id"])
    assert "data_class" not in line


def test_nothing_that_may_see_it_is_a_refusal_that_names_the_class(case):
    for text, headers in (("patient MRN-987654", {}), ("hello", {"x_data_class": "phi"})):
        answer = case.send(text, "open", **headers)
        error = json.loads(answer.text)["error"]
        assert (answer.status, error["code"]) == (403, "no_permitted_deployment"), answer.text
        assert "phi" in error["message"] and "MRN" not in error["message"]
    answer = case.send("4111111111111111")
    assert (answer.status, json.loads(answer.text)["error"]["code"]) == (403, "data_class_refused")


def test_a_class_that_nobody_knows_is_refused_with_those_that_are(case):
    answer = case.send("hello", x_data_class="phi, top-secret")
    assert answer.status == 400 and "Known are phi, pii, pci, hidden." in answer.text


def test_answers_of_a_class_are_not_kept(case):
    for _ in range(2):
        answer = case.send("the same question of MRN-987654", "second")
        assert answer.status == 200 and "hit" not in (answer.headers["cache-status"] or "")


@pytest.mark.parametrize("stream", [False, True])
def test_what_is_masked_is_put_back(case, stream):
    text = 'badge B-12345 of "Ann", B-99999, <badge_7> and B-12345'
    answer = case.send(text, "echo", stream=stream)
    assert answer.status == 200, answer.text
    assert "<badge_8> of" in case.echo.bodies[-1] and "B-" not in case.echo.bodies[-1]
    if stream:
        events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
        said = "".join(choice["delta"].get("content", "") for event in events for choice in event["choices"])
        assert answer.text.endswith("data: [DONE]\n\n")
    else:
        said = json.loads(answer.text)["choices"][0]["message"]["content"]
    assert said == text + "."
    assert case.router.access_log(answer.headers["x-request-id"])["data_class"] == "hidden"
    told = case.explain(text, "echo")
    assert told["data"]["classes"][0]["masked"] and told["answer"]["is"] == "sent"


def test_what_is_masked_and_declared_too_stays_where_it_may_be_seen(case):
    answer = case.send("badge B-12345", "echo", x_data_class="hidden")
    assert (answer.status, json.loads(answer.text)["error"]["code"]) == (403, "no_permitted_deployment")


def test_explain_says_who_told_and_who_is_left(case):
    told = case.explain("patient MRN-987654 ann@example.com")
    assert told["data"] == {
        "classes": [
            {"name": "phi", "action": "restrict", "by": ["mrn"], "masked": False}, {"name": "pii", "action": "restrict", "by": ["email"], "masked": False}],
        "deployments": ["eu"]}
    assert told["answer"]["deployment"] == "eu"
    assert case.explain("hello")["data"] is None
    refused = case.explain("patient MRN-987654", "open")
    assert refused["answer"]["code"] == "no_permitted_deployment" and refused["data"]["deployments"] == ["eu"]


def test_each_class_is_counted_by_what_became_of_it(case):
    def count(name, action):
        samples = case.router.metrics()
        return samples.get(f'switchyard_data_class_requests_total{{class="{name}",action="{action}"}}', 0)

    kinds = [("phi", "restrict"), ("phi", "no_deployment"), ("pci", "refuse")]
    before = {kind: count(*kind) for kind in kinds}
    case.send("MRN-987654"), case.send("MRN-987654", "open"), case.send("4111111111111111")
    assert eventually(lambda: [count(*kind) - before[kind] for kind in kinds] == [1, 1, 1])
