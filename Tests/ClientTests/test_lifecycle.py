"""A running router: how it takes up a changed file, and how it ends."""

import json
import signal
import socket
import threading
import time

import httpx
import pytest

from support import BINARIES, CLIENT_KEY, KEYS, REFUSED_KEY, Router, eventually, get
from wire import Wire, body, request

SWITCHYARD = BINARIES / "switchyard"


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


def test_signals_are_heeded_from_the_moment_of_readiness(write_config, processes):
    for _ in range(5):
        config, ports = write_config()
        router = Router(config, KEYS, **ports)
        processes.append(router)
        while router.readiness() != 200:
            assert router.is_alive
        router.signal(signal.SIGHUP)
        assert eventually(lambda: not router.is_alive or reloads(router, "applied")) and router.is_alive
        assert router.stop() == 0


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


class Mounted:
    """A folder as the kubelet mounts a ConfigMap or a Secret: the names link into a folder that is swapped whole, by one rename."""

    def __init__(self, folder, **files):
        self.folder, self.version = folder, 0
        folder.mkdir()
        self.put(**files)
        for name in files:
            (folder / name).symlink_to(f"..data/{name}")

    def put(self, **files):
        self.version += 1
        new = self.folder / f"..version{self.version}"
        new.mkdir()
        for name, text in files.items():
            (new / name).write_text(text)
        (self.folder / "..new").symlink_to(new.name)
        (self.folder / "..new").rename(self.folder / "..data")


def test_a_configmap_and_a_secret_are_taken_up_when_the_kubelet_swaps_them(write_config, processes, alpha, tmp_path, tag):
    config, ports = write_config()
    text = config.read_text().replace('api_key: "${PROVIDER_KEY}"', "api_key: { file: ../secrets/key }", 1)
    settings = Mounted(tmp_path / "config", switchyard=text)
    secrets = Mounted(tmp_path / "secrets", key="sk-revoked\n")
    router = Router(tmp_path / "config" / "switchyard", KEYS, **ports)
    processes.append(router)
    router.wait_until_ready()
    with Wire(router) as wire:
        wire.send(request(body(tag, model="once")))
        assert wire.answer().status == 502
        secrets.put(key=KEYS["PROVIDER_KEY"] + "\n")
        assert eventually(lambda: reloads(router, "applied") == 1)
        wire.send(request(body(tag, model="once")))
        assert wire.answer().status == 200
    settings.put(switchyard=text.replace("\nmodels:\n", "\nmodels:\n  mounted: { deployments: [sim-b] }\n"))
    assert eventually(lambda: "mounted" in models_of(router))
    settings.put(switchyard="no: configuration\n")
    assert eventually(lambda: reloads(router, "refused") == 1)
    assert "mounted" in models_of(router) and "configuration refused" in router.output
    assert router.metric("switchyard_config_refused") == 1
    # One that names a file of another Secret, which the kubelet brings later.
    late = Mounted(tmp_path / "late")
    settings.put(switchyard=text.replace("../secrets/key", "../late/key"))
    assert eventually(lambda: reloads(router, "refused") == 2)
    late.put(key=KEYS["PROVIDER_KEY"] + "\n")
    (tmp_path / "late" / "key").symlink_to("..data/key")
    assert eventually(lambda: reloads(router, "applied") == 3)
    assert router.metric("switchyard_config_refused") == 0
    (tmp_path / "config" / "switchyard").unlink()
    assert eventually(lambda: "the configuration is gone" in router.output)
    assert reloads(router, "applied") == 3 and router.stop() == 0


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


@pytest.mark.parametrize("flags, word", [([], "ok"), (["--live"], "ok")], ids=["ready", "alive"])
def test_health_says_how_a_replica_is(router, run, flags, word):
    admin = f"127.0.0.1:{router.admin_port}"
    asked = run(SWITCHYARD, "health", "--admin", admin, *flags)
    assert asked.code == 0 and asked.output == f"{admin}: {word}\n"


def test_health_says_that_nothing_answers_or_something_else(alpha, closed_port, run):
    for port, words in ((closed_port, "nothing answers: Connection refused"), (alpha.port, "(status 401)")):
        asked = run(SWITCHYARD, "health", "--admin", f"127.0.0.1:{port}")
        assert asked.code == 1 and words in asked.output and asked.output.count("\n") == 1
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        asked = run(SWITCHYARD, "health", "--timeout", "1", "--admin", f"127.0.0.1:{silent.getsockname()[1]}")
        assert asked.code == 1 and "no answer" in asked.output and time.monotonic() - start < 4
    assert run(SWITCHYARD, "health", "--admin", "8081").code == 2


def test_health_tries_each_address_of_a_name(router, closed_port, run, tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("::1 twice\n127.0.0.1 twice\n")
    # The name is known to these processes only.
    known = ["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts]
    addresses = run(*known, "getent", "ahostsv6", "twice")
    if addresses.code or not addresses.output.startswith("::1"):
        pytest.skip(f"no name of two addresses can be had here: {addresses.output}")
    asked = run(*known, SWITCHYARD, "health", "--admin", f"twice:{router.admin_port}")
    assert asked.code == 0 and asked.output == f"twice:{router.admin_port}: ok\n"
    asked = run(*known, SWITCHYARD, "health", "--admin", f"twice:{closed_port}")
    assert asked.code == 1 and asked.output.count("\n") == 1
    assert all(f"{address}: nothing answers: Connection refused" in asked.output for address in ("::1", "127.0.0.1"))


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


def test_sigterm_fails_readiness_first_and_lets_a_stream_finish(serve, run):
    router = serve()
    idle = Wire(router)
    thread, bodies = stream_in_background(router, tokens=400, per_token="20ms")
    router.signal(signal.SIGTERM)
    assert eventually(lambda: router.readiness() == 503, 0.4)
    assert get(f"http://127.0.0.1:{router.admin_port}/livez")[0] == 200
    admin = f"127.0.0.1:{router.admin_port}"
    assert [run(SWITCHYARD, "health", "--admin", admin, *live).code for live in ([], ["--live"])] == [1, 0]
    with Wire(router) as late:
        late.send(request(body()))
        assert late.answer().status == 200
    assert idle.is_closed(within=6)
    assert router.is_alive and router.readiness() == 503
    with pytest.raises(OSError):
        Wire(router)
    assert router.wait() == 0
    thread.join()
    assert bodies[0].endswith("data: [DONE]\n\n") and bodies[0].count('"content":" ') == 399


def test_for_as_long_as_is_asked_newcomers_are_served_though_readiness_fails(serve):
    router = serve(server="  drain_notice: 3s")
    start = time.monotonic()
    router.signal(signal.SIGTERM)
    assert eventually(lambda: router.readiness() == 503, 1)
    while time.monotonic() - start < 2:
        with Wire(router) as late:
            late.send(request(body()))
            answer = late.answer()
            assert answer.status == 200 and answer.headers["connection"] == "close"
    assert router.wait() == 0


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
    router.config.write_text(router.config.read_text().replace("drain_timeout: 30s", "drain_timeout: 1s"))
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
