"""The commands: what `check` says, what `serve` refuses, how a running router takes up a new file and how it ends."""

import json
import re
import signal
import socket
import threading
import time

import httpx
import jsonschema
import pytest
import yaml

from support import BINARIES, CLIENT_KEY, PROVIDER_KEY, REFUSED_KEY, Router, eventually, get, prompt
from wire import Wire, body, request

SWITCHYARD = BINARIES / "switchyard"
KEYS = {"PROVIDER_KEY": PROVIDER_KEY, "REFUSED_KEY": REFUSED_KEY}

VALID = """\
providers:
  one: { dialect: openai, base_url: "http://127.0.0.1:9/v1", api_key: "${PROVIDER_KEY}" }
deployments:
  d: { provider: one, model: m }
models:
  chat: { deployments: [d] }
server: { host: 127.0.0.1, port: PORT }
admin: { port: ADMIN, token: "${REFUSED_KEY}" }
"""

# Each change of the valid file, the text whose place is told, and what else is said.
MISTAKES = {
    "an unknown section": ("models:", "modles:", "modles", "did you mean 'models'"),
    "an unknown key": ("provider: one", "provder: one", "provder", "did you mean 'provider'"),
    "an unknown name": ("provider: one", "provider: two", "two", "two"),
    "a misspelled name": ("deployments: [d]", "deployments: [dd]", "dd]", "did you mean 'd'"),
    "a wrong type": ("port: PORT", "port: many", "many", "port"),
    "a port beyond all": ("port: PORT", "port: 70000", "70000", "65535"),
    "a missing variable": ("${PROVIDER_KEY}", "${NO_SUCH_KEY}", '"${NO_SUCH', "NO_SUCH_KEY"),
    "a key given twice": ("model: m", "model: m, model: n", "model: n", "model"),
    "no YAML": ("models:", "models: [", None, ""),
    "an ftp address": ("http://127.0.0.1:9/v1", "ftp://127.0.0.1/v1", '"ftp:', "http"),
    "an API open to all": ("server: { host: 127.0.0.1", "server: { host: 0.0.0.0", "0.0.0.0", "auth: { mode: none }"),
}


def place(path, text):
    """Line and column at which `text` stands, from 1."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if text in line:
            return number, line.index(text) + 1
    raise AssertionError(text)


@pytest.fixture
def write(tmp_path):
    """Writes a configuration of the given text; answers its path."""
    def write(text=VALID, *changes):
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "switchyard.yaml").write_text(text.replace("PORT", "18080").replace("ADMIN", "18081"))
        return tmp_path / "switchyard.yaml"

    return write


@pytest.fixture
def check(run):
    return lambda *arguments: run(SWITCHYARD, "check", *arguments, environment=KEYS)


# check


def test_a_valid_file_is_accepted(check, write):
    checked = check("--config", write())
    assert checked.code == 0 and "valid" in checked.output


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_what_to_do(check, write, name):
    old, new, told, word = MISTAKES[name]
    path = write(VALID, (old, new))
    checked = check("--config", path)
    assert checked.code == 1 and word in checked.output
    places = [(int(line), int(column)) for line, column in re.findall(rf"^{re.escape(str(path))}:(\d+):(\d+): ", checked.output, re.M)]
    assert places and (told is None or place(path, told) in places), checked.output


def test_all_mistakes_are_told_at_once(check, write):
    path = write(VALID, ("base_url", "base_ulr"), ("model: m", "modell: m"), ("port: PORT", "port: 0x"))
    checked = check("--config", path)
    assert checked.code == 1
    assert {int(line) for line in re.findall(rf"^{re.escape(str(path))}:(\d+):\d+: ", checked.output, re.M)} >= {2, 4, 7}


def test_mistakes_are_told_to_programs_too(check, write):
    report = json.loads(check("--json", "--config", write(VALID, ("provider: one", "provider: two"))).output)
    assert report["valid"] is False and report["errors"][0]["line"] == 4


def test_a_file_that_is_missing_is_an_error_and_a_wrong_command_line_another(check, tmp_path):
    missing = check("--config", tmp_path / "none.yaml")
    assert missing.code == 1 and "none.yaml" in missing.output
    assert check("--no-such-option").code == 2


def test_the_printed_value_is_whole_masked_and_valid_itself(check, write, tmp_path):
    printed = check("--print", "--config", write())
    assert printed.code == 0 and PROVIDER_KEY not in printed.output and REFUSED_KEY not in printed.output
    assert "request_timeout:" in printed.output and "max_buffered:" in printed.output
    (tmp_path / "printed.yaml").write_text(printed.output)
    again = check("--print", "--config", tmp_path / "printed.yaml")
    assert (again.code, again.output) == (0, printed.output)


def test_a_key_written_in_the_clear_is_masked_too(check, write):
    path = write(VALID, ("${PROVIDER_KEY}", "sk-in-the-clear-123"))
    assert "in-the-clear" not in check("--print", "--config", path).output + check("--json", "--config", path).output


def test_the_schema_is_a_json_schema_that_accepts_the_sample(check):
    schema = json.loads(check("--schema").output)
    assert "json-schema.org" in schema["$schema"] and schema["type"] == "object"
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    sample = yaml.safe_load(VALID.replace("PORT", "1").replace("ADMIN", "2"))
    assert list(validator.iter_errors(sample)) == []
    sample["servr"] = {}
    assert list(validator.iter_errors(sample))


def test_parts_that_are_not_built_are_accepted_by_check_and_refused_by_serve(check, run, write):
    path = write(VALID + "queue: { max: 10 }\ncache: { ttl: 1m }\n")
    checked, served = check("--config", path), run(SWITCHYARD, "serve", "--config", path, environment=KEYS)
    assert (checked.code, served.code) == (0, 1)
    for part in ("queue", "cache"):
        assert re.search(rf":\d+:\d+: {part}: not built yet: .+", served.output)


def test_serve_says_what_is_wrong_with_its_file_or_its_port(run, write):
    wrong = run(SWITCHYARD, "serve", "--config", write(VALID, ("provider: one", "provider: two")), environment=KEYS)
    assert wrong.code == 1 and "switchyard.yaml:4:18: " in wrong.output
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = run(
            SWITCHYARD, "serve", "--config", write(VALID, ("PORT", str(holder.getsockname()[1]))), environment=KEYS)
    assert taken.code == 1 and "can't start" in taken.output


# A running router


def models_of(router):
    headers = {"authorization": f"Bearer {CLIENT_KEY}"}
    return {model["id"] for model in httpx.get(f"{router.url}/v1/models", headers=headers).json()["data"]}


def reloads(router, result):
    return router.metric("switchyard_config_reloads_total", result=result)


@pytest.fixture(scope="module")
def changing(serve):
    router = serve()
    yield router
    assert router.unsettled() == {}


@pytest.mark.parametrize("how", ["by SIGHUP", "by itself"])
def test_a_changed_file_is_taken_up_without_a_restart(changing, how):
    name, before = f"new-{how[3:].lower()}", reloads(changing, "applied")
    text = changing.config.read_text()
    changing.config.write_text(text.replace("\nmodels:\n", f"\nmodels:\n  {name}: {{ deployments: [sim-b] }}\n"))
    if how == "by SIGHUP":
        changing.signal(signal.SIGHUP)
    assert eventually(lambda: name in models_of(changing))
    assert reloads(changing, "applied") > before
    with Wire(changing) as wire:
        wire.send(request(body(model=name)))
        assert wire.answer().status == 200


def test_an_invalid_file_leaves_the_old_one_in_force(changing):
    text, names, before = changing.config.read_text(), models_of(changing), reloads(changing, "refused")
    epoch = changing.metric("switchyard_config_epoch")
    changing.config.write_text(text.replace("models:\n", "models:\n  broken: { deployments: [nobody] }\n"))
    changing.signal(signal.SIGHUP)
    assert eventually(lambda: reloads(changing, "refused") > before)
    assert models_of(changing) == names and changing.metric("switchyard_config_epoch") == epoch
    assert "nobody" in changing.output
    changing.config.write_text(text)


def test_a_reload_does_not_disturb_what_runs(changing):
    with Wire(changing) as wire:
        wire.send(request(body(stream=True, tokens=40, per_token="30ms")))
        for _ in range(5):
            changing.signal(signal.SIGHUP)
            time.sleep(0.1)
        assert wire.answer().body.endswith(b"data: [DONE]\n\n")
        wire.send(request())
        assert wire.answer().status == 200


def test_the_admin_port_wants_its_token_for_metrics_and_none_for_health(write_config, processes):
    config, ports = write_config()
    config.write_text(config.read_text().replace(
        f"admin: {{ port: {ports['admin_port']}", 'admin: { token: "${REFUSED_KEY}", port: ' + str(ports["admin_port"])))
    router = Router(config, KEYS, **ports)
    processes.append(router)
    router.wait_until_ready()
    admin = f"http://127.0.0.1:{ports['admin_port']}"
    assert [get(f"{admin}/{path}")[0] for path in ("livez", "readyz", "metrics", "nothing")] == [200, 200, 401, 404]
    assert httpx.get(f"{admin}/metrics", headers={"authorization": f"Bearer {REFUSED_KEY}"}).status_code == 200


# The end


def stream_in_background(router, **directive):
    """A stream under way; the answer's bytes are in the list once the thread has ended."""
    wire, bodies = Wire(router), []
    wire.send(request(body(stream=True, **directive)))
    wire.rest = wire._until(b"data: ") + b"data: " + wire.rest

    def read():
        try:
            bodies.append(wire.answer().body.decode())
        except (AssertionError, OSError) as error:
            bodies.append(f"cut: {error}")
        wire.socket.close()

    thread = threading.Thread(target=read)
    thread.start()
    return thread, bodies


def test_sigterm_fails_readiness_first_and_lets_a_stream_finish(serve):
    router = serve()
    idle = Wire(router)
    thread, bodies = stream_in_background(router, tokens=100, per_token="20ms")
    router.signal(signal.SIGTERM)
    assert eventually(lambda: router.readiness() == 503, 0.4)
    assert get(f"http://127.0.0.1:{router.admin_port}/livez")[0] == 200
    with Wire(router) as late:
        late.send(request(body()))
        assert late.answer().status == 200
    assert idle.is_closed(within=2)
    assert router.is_alive and router.readiness() == 503
    with pytest.raises(OSError):
        Wire(router)
    assert router.wait() == 0
    thread.join()
    assert bodies[0].endswith("data: [DONE]\n\n") and bodies[0].count('"content":" ') == 99


def test_a_second_sigterm_ends_at_once_and_no_stream_looks_whole(serve):
    router = serve()
    thread, bodies = stream_in_background(router, tokens=1000, per_token="50ms")
    router.signal(signal.SIGTERM)
    assert eventually(lambda: "draining" in router.output)
    start = time.monotonic()
    router.signal(signal.SIGTERM)
    assert router.wait() == 0 and time.monotonic() - start < 3
    thread.join()
    assert "[DONE]" not in bodies[0] and ("cut" in bodies[0] or '"error"' in bodies[0])


def test_a_stream_longer_than_the_drain_ends_in_an_error(serve):
    router = serve()
    router.config.write_text(router.config.read_text().replace("drain_timeout: 10s", "drain_timeout: 1s"))
    router.signal(signal.SIGHUP)
    assert eventually(lambda: reloads(router, "applied"))
    thread, bodies = stream_in_background(router, tokens=1000, per_token="50ms")
    router.signal(signal.SIGTERM)
    assert router.wait(10) == 0
    thread.join()
    assert "[DONE]" not in bodies[0]
    assert json.loads(bodies[0].rstrip("\n").split("\n\n")[-1].removeprefix("data: "))["error"]["code"]


def test_sigint_drains_too(serve):
    router = serve()
    router.signal(signal.SIGINT)
    assert router.wait() == 0
