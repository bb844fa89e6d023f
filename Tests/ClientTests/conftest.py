"""Starts two simulated providers and one router, all of them real processes, and looks at the end whether anything was
lost or let out."""

import itertools
import socket
import uuid

import httpx
import openai
import pytest

from support import (
    CLIENT_KEY, KEYS, NARROW_KEY, PROVIDER_KEY, SECRETS, Process, Router, Simulator, free_port, sha256)
from wire import Wire

CONFIG = """
server:
  host: 127.0.0.1
  port: {port}
  workers: 2
  request_timeout: 60s
  first_byte_timeout: {{ stream: 1s, plain: 2s }}
  connect_timeout: 1s
  idle_timeout: 30s
  drain_timeout: 30s
{server}
admin: {{ port: {admin_port} }}
breaker: {{ min_requests: 1000 }}  # faults on command, one after another
providers:
  alpha: {{ dialect: openai, base_url: "{alpha}/v1", api_key: "${{PROVIDER_KEY}}" }}
  beta: {{ dialect: openai, base_url: "{beta}/v1", api_keys: [ {{ file: {key_file} }} ] }}
  closed: {{ dialect: openai, base_url: "http://127.0.0.1:{closed}/v1" }}
  refused: {{ dialect: openai, base_url: "{alpha}/v1", api_key: "${{REFUSED_KEY}}" }}
deployments:
  sim-a: {{ provider: alpha, model: sim-a, price: {{ input: 1, output: 2 }} }}
  sim-b: {{ provider: beta, model: sim-b }}
  closed: {{ provider: closed, model: sim-c }}
  refused: {{ provider: refused, model: sim-r }}
models:
  solo: {{ deployments: [sim-a], aliases: [single] }}
  pair: {{ deployments: [sim-a, sim-b] }}
  second: {{ deployments: [sim-b] }}
  first: {{ deployments: [sim-a], fallbacks: [second] }}
  capped: {{ deployments: [sim-a], fallbacks: [second], retry: {{ attempts: 2 }} }}
  once: {{ deployments: [sim-a], retry: {{ attempts: 1 }} }}
  dead: {{ deployments: [closed] }}
  dead-first: {{ deployments: [closed], fallbacks: [second] }}
  refused: {{ deployments: [refused] }}
  refused-first: {{ deployments: [refused], fallbacks: [second] }}
{models}
tenants:
  acme:
    keys:
      - {{ id: wide, sha256: {wide} }}
      - {{ id: narrow, sha256: {narrow}, models: [solo] }}
"""


@pytest.fixture(scope="session")
def processes():
    """All that were started; their output is searched for secrets once everything is over."""
    started = []
    yield started
    codes = {process.name: process.stop() for process in reversed(started) if process.is_alive}
    assert all(code == 0 for code in codes.values()), f"exit codes {codes}"
    for process in started:
        found = [secret for secret in SECRETS if secret in process.output]
        assert not found, f"{process.name} printed {found}"


@pytest.fixture(scope="session")
def alpha(processes):
    simulator = Simulator("--key", PROVIDER_KEY)
    processes.append(simulator)
    return simulator


@pytest.fixture(scope="session")
def beta(processes):
    simulator = Simulator("--key", PROVIDER_KEY)
    processes.append(simulator)
    return simulator


@pytest.fixture(scope="session")
def closed_port():
    """A port that refuses connections, held so that nobody else listens there."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture(scope="session")
def write_config(alpha, beta, closed_port, tmp_path_factory):
    """Writes a configuration with further lines in `server` and `models`; answers its path and the two ports."""
    numbers = itertools.count()

    def write(server="", models=""):
        folder = tmp_path_factory.mktemp(f"router{next(numbers)}")
        (folder / "key").write_text(PROVIDER_KEY + "\n")
        ports = {"port": free_port(), "admin_port": free_port()}
        (folder / "switchyard.yaml").write_text(CONFIG.format(
            server=server, models=models, alpha=alpha.url, beta=beta.url, closed=closed_port, key_file=folder / "key",
            wide=sha256(CLIENT_KEY), narrow=sha256(NARROW_KEY), **ports))
        return folder / "switchyard.yaml", ports

    return write


@pytest.fixture(scope="session")
def serve(write_config, processes):
    """Starts a router with further lines in its configuration."""
    def start(server="", models=""):
        config, ports = write_config(server, models)
        router = Router(config, KEYS, **ports)
        processes.append(router)
        return router.wait_until_ready()

    return start


@pytest.fixture(scope="session")
def run(processes):
    """Runs a command to its end."""
    def start(*arguments, environment=None):
        process = Process(arguments, environment)
        processes.append(process)
        process.code = process.wait(30)
        return process

    return start


def settled(router):
    """Yields a router, and demands afterwards that it lives and holds nothing."""
    yield router
    assert router.is_alive, f"the router ended with {router.process.returncode}: {router.output[-4000:]}"
    assert router.unsettled() == {}


@pytest.fixture(scope="session")
def router(serve, alpha, beta):
    yield from settled(serve())
    assert alpha.is_alive and beta.is_alive


@pytest.fixture(scope="session")
def strict(serve):
    """A router that waits little and holds little."""
    yield from settled(serve(
        server="  header_timeout: 1s\n  body_timeout: 1s\n  max_body: 1MiB\n  max_buffered: 1MiB"))


@pytest.fixture
def wire(router):
    """A connection of its own."""
    with Wire(router) as wire:
        yield wire


@pytest.fixture(scope="session")
def client(router):
    """The official client, which does not try again by itself."""
    with openai.OpenAI(base_url=f"{router.url}/v1", api_key=CLIENT_KEY, max_retries=0, timeout=15) as client:
        yield client


@pytest.fixture(scope="session")
def http(router):
    """Plain HTTP with a good key."""
    headers = {"authorization": f"Bearer {CLIENT_KEY}"}
    with httpx.Client(base_url=router.url, headers=headers, timeout=15) as client:
        yield client


@pytest.fixture
def fresh_router(serve):
    """A router of this test's own: what its providers fail at leaves no breaker open for the next."""
    router = serve(server="  drain_notice: 1ms")
    yield from settled(router)
    assert router.stop() == 0


@pytest.fixture
def tag(alpha, beta):
    """A word that only this test's requests have; the simulators' logs are empty but for them."""
    alpha.forget()
    beta.forget()
    return f"tag-{uuid.uuid4().hex}"
