"""Endpoints that are checked: those that fail get no request, whatever breakers have seen of them."""

import json
import signal
import time
import urllib.request

import pytest

from support import Router, Simulator, eventually, free_port

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 2 }}
admin: {{ port: {admin} }}
providers:
  pool: {{ dialect: openai, endpoints: [{endpoints}], health: {{ path: {path}, every: 100ms, timeout: 300ms }} }}
deployments:
  sim: {{ provider: pool, model: sim }}
models:
  sim: {{ deployments: [sim] }}
"""


@pytest.fixture
def started():
    processes = []
    yield lambda process: processes.append(process) or process
    for process in reversed(processes):
        process.signal(signal.SIGCONT)
        process.stop()


@pytest.fixture
def serve(started, tmp_path):
    def serve(urls, path="/health"):
        port, admin = free_port(), free_port()
        config = tmp_path / "switchyard.yaml"
        config.write_text(CONFIG.format(
            port=port, admin=admin, path=path, endpoints=", ".join(f'"{url}/v1"' for url in urls)))
        return started(Router(config, None, port, admin)).wait_until_ready()
    return serve


def ask(router):
    body = {"model": "sim", "messages": [{"role": "user", "content": "hello"}]}
    request = urllib.request.Request(
        f"{router.url}/v1/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"})
    return urllib.request.urlopen(request, timeout=30).status


def spread(router, simulators, count=40):
    for simulator in simulators:
        simulator.forget()
    assert all(ask(router) == 200 for _ in range(count))
    return [sum(entry["path"] == "/v1/chat/completions" for entry in simulator.log()) for simulator in simulators]


def health(router, simulator):
    return router.metric("switchyard_endpoint_healthy", endpoint=f"pool/127.0.0.1:{simulator.port}")


def checks(router, result, simulator):
    return router.metric("switchyard_health_checks_total", endpoint=f"pool/127.0.0.1:{simulator.port}", result=result)


def test_an_endpoint_that_answers_no_check_gets_no_request_until_it_does(serve, started):
    simulators = [started(Simulator()) for _ in range(2)]
    router = serve([simulator.url for simulator in simulators])
    assert eventually(lambda: all(checks(router, "passed", simulator) >= 2 for simulator in simulators), 5)
    assert all(count >= 5 for count in spread(router, simulators))

    simulators[1].signal(signal.SIGSTOP)
    begin = time.monotonic()
    assert eventually(lambda: health(router, simulators[1]) == 0, 5)
    # Three in a row, each of which waits for 300 ms.
    assert 0.8 < time.monotonic() - begin < 3 and checks(router, "failed", simulators[1]) == 3
    assert health(router, simulators[0]) == 1
    simulators[0].forget()
    begin = time.monotonic()
    assert all(ask(router) == 200 for _ in range(20)) and time.monotonic() - begin < 5
    assert sum(entry["path"] == "/v1/chat/completions" for entry in simulators[0].log()) == 20

    simulators[1].signal(signal.SIGCONT)
    assert eventually(lambda: health(router, simulators[1]) == 1, 5)
    assert all(count >= 5 for count in spread(router, simulators))
    told = [line for line in router.lines if "endpoint is " in line]
    assert len(told) == 2 and "no answer within" in told[0] and "healthy again" in told[1], told


def test_the_first_check_decides_alone(serve, started):
    simulator = started(Simulator())
    router = serve([simulator.url, f"http://127.0.0.1:{free_port()}"])
    assert eventually(lambda: router.metric("switchyard_endpoint_healthy") == 1 and checks(router, "passed", simulator), 5)
    assert eventually(lambda: router.metric("switchyard_health_checks_total", result="failed") >= 1, 5)
    for _ in range(20):
        assert ask(router) == 200
    assert router.metric("switchyard_upstream_attempts_total", reason="retry") == 0


def test_checks_that_all_fail_close_nothing(serve, started):
    simulators = [started(Simulator()) for _ in range(2)]
    router = serve([simulator.url for simulator in simulators], path="/no/such/page")
    assert eventually(lambda: all(checks(router, "failed", simulator) >= 3 for simulator in simulators), 5)
    assert router.metric("switchyard_endpoint_healthy") == 0
    assert all(count >= 5 for count in spread(router, simulators))
    assert sum("status 404" in line for line in router.lines) == 2
