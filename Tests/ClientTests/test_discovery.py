"""Endpoints that are found by name: a real name server (dnsmasq) that the router alone asks, and providers on addresses of their own."""

import json
import os
import random
import shutil
import signal
import socket
import time
import urllib.request

import pytest

from support import Process, Router, Simulator, eventually, free_port

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 2 }}
admin: {{ port: {admin} }}
providers:
  pool: {{ dialect: openai, discover: {{ dns: "{dns}", every: 200ms }} }}
deployments:
  sim: {{ provider: pool, model: sim }}
models:
  sim: {{ deployments: [sim] }}
"""


class NameServer:
    """dnsmasq on port 53 of a loopback address of its own, where root may; it knows what `set` says and nothing else."""

    def __init__(self, folder, *records):
        self.folder, self.records = folder, records
        self.hosts, self.resolver = folder / "hosts", folder / "resolv.conf"
        self.address = f"127.53.{random.randrange(256)}.{random.randrange(2, 255)}"
        self.resolver.write_text(f"nameserver {self.address}\noptions timeout:1 attempts:1\n")
        self.hosts.write_text("")
        self.start()

    def start(self):
        self.process = Process([
            shutil.which("dnsmasq", path=os.environ["PATH"] + ":/usr/sbin"), "--no-daemon", "--conf-file=/dev/null", "--pid-file=",
            "--user=root", "--no-resolv", "--no-hosts", f"--addn-hosts={self.hosts}", f"--listen-address={self.address}",
            "--bind-interfaces", "--local=/test/", *self.records])
        eventually(lambda: "read " in self.process.output or not self.process.is_alive, 10)
        assert self.process.is_alive, self.process.output

    def set(self, **names):
        """Addresses by the name before `.test`."""
        self.hosts.write_text("".join(f"{address} {name}.test\n" for name, many in names.items() for address in many))
        self.process.signal(signal.SIGHUP)

    @property
    def alone(self):
        """Runs a command that asks this server and nobody else."""
        return ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', self.resolver]

    def stop(self):
        self.process.stop()


def port_at(*addresses):
    """A port that is free at all of them."""
    while True:
        sockets = [socket.socket() for _ in addresses]
        port = free_port()
        try:
            for one, address in zip(sockets, addresses):
                one.bind((address, port))
            return port
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()


@pytest.fixture
def started():
    """Processes that end with the test, in the order in which they were started."""
    processes = []
    yield lambda process: processes.append(process) or process
    for process in reversed(processes):
        process.stop()


@pytest.fixture
def server(started, tmp_path):
    if os.geteuid() != 0 or not shutil.which("dnsmasq", path=os.environ["PATH"] + ":/usr/sbin"):
        pytest.skip("needs root, for port 53, and dnsmasq")
    return lambda *records: started(NameServer(tmp_path, *records))


@pytest.fixture
def serve(started, tmp_path):
    def serve(names, dns):
        port, admin = free_port(), free_port()
        path = tmp_path / "switchyard.yaml"
        path.write_text(CONFIG.format(port=port, admin=admin, dns=dns))
        return started(Router(path, None, port, admin, within=names.alone)).wait_until_ready()
    return serve


def ask(router, directive="", **fields):
    body = {"model": "sim", "messages": [{"role": "user", "content": f"hello {directive}"}], **fields}
    request = urllib.request.Request(
        f"{router.url}/v1/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        return urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        return error


def spread(router, simulators, count=40):
    """How many of so many requests each simulator had; all must have been answered."""
    for simulator in simulators:
        simulator.forget()
    assert all(ask(router).status == 200 for _ in range(count))
    return [len(simulator.log()) for simulator in simulators]


def known(router):
    return router.metric("switchyard_discovered_endpoints", provider="pool")


def test_a_pool_grows_and_shrinks_with_its_name(server, serve, started):
    names = server()
    addresses = ["127.0.0.2", "127.0.0.3"]
    port = port_at(*addresses)
    simulators = [started(Simulator("--host", address, "--port", port)) for address in addresses]
    names.set(pool=addresses)
    router = serve(names, f"pool.test:{port}")
    assert known(router) == 2
    # What goes by a name is asked for by that name.
    assert all(count >= 5 for count in spread(router, simulators))

    stream = None
    while stream is None or not simulators[1].log():  # one that runs at the second
        simulators[1].forget()
        stream = ask(router, "[[sim:tokens=100,per_token=20ms]]", stream=True)
    names.set(pool=addresses[:1])
    assert eventually(lambda: known(router) == 1, 5)
    assert spread(router, simulators, 20) == [20, 0]
    assert stream.read().decode().endswith("data: [DONE]\n\n")

    names.set(pool=addresses)
    assert eventually(lambda: known(router) == 2, 5)
    old, new = spread(router, simulators, 100)
    assert old > new >= 1  # it starts slowly
    found = [line for line in router.lines if "endpoints found" in line]
    assert len(found) == 3 and f"127.0.0.3:{port}" in found[1]
    assert router.metric("switchyard_discovery_lookups_total", result="failed") == 0


def test_what_was_found_stays_where_no_name_server_answers(server, serve, started):
    names = server()
    port = port_at("127.0.0.2")
    simulator = started(Simulator("--host", "127.0.0.2", "--port", port))
    names.set(pool=["127.0.0.2"])
    router = serve(names, f"pool.test:{port}")
    for trouble in (lambda: names.set(other=["127.0.0.9"]), names.stop):
        before = router.metric("switchyard_discovery_lookups_total", result="failed")
        trouble()
        assert eventually(lambda: router.metric("switchyard_discovery_lookups_total", result="failed") > before, 10)
        assert known(router) == 1 and spread(router, [simulator], 5) == [5]
    assert sum("can't be looked up" in line for line in router.lines) == 1
    names.start()
    names.set(pool=["127.0.0.2"])
    assert eventually(lambda: "can be looked up again" in router.output, 10)


def test_a_service_names_ports_weights_and_who_comes_first(server, serve, started):
    simulators = [started(Simulator("--host", "127.0.0.2")) for _ in range(3)]
    names = server(*(
        f"--srv-host=_http._tcp.pool.test,{host}.test,{simulator.port},{priority},{weight}"
        for simulator, host, priority, weight in zip(simulators, ("one", "two", "one"), (1, 1, 2), (30, 10, 10))))
    names.set(one=["127.0.0.2"], two=["127.0.0.2"])
    router = serve(names, "_http._tcp.pool.test")
    first, second, spare = spread(router, simulators, 200)
    assert known(router) == 2 and spare == 0
    assert 120 <= first <= 180 and first + second == 200  # three of four


def test_a_router_starts_without_names_and_says_what_it_lacks(server, serve, started):
    names = server()
    port = port_at("127.0.0.2")
    started(Simulator("--host", "127.0.0.2", "--port", port))
    router = serve(names, f"pool.test:{port}")
    answer = ask(router)
    error = json.load(answer)["error"]
    assert answer.status == 503 and error["code"] == "no_endpoint_available", error
    assert "there is no 'pool.test'" in router.output
    names.set(pool=["127.0.0.2"])
    begin = time.monotonic()
    assert eventually(lambda: ask(router).status == 200, 10) and time.monotonic() - begin < 3
