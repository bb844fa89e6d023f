"""Complexity by a trained classifier: a file that is read at the start and at a reload, and refused where it is of no use."""

import json
import shutil
import struct
import subprocess

import httpx
import pytest

from support import BINARIES, CLIENT_KEY, KEYS, REPOSITORY, Router, eventually, prompt, sha256

SHIPPED = REPOSITORY / "Sources" / "Dialects" / "Models" / "complexity.sycm"

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 1, drain_notice: 1ms }}
admin: {{ port: {admin_port} }}
providers:
  alpha: {{ dialect: openai, base_url: "{alpha}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  small: {{ provider: alpha, model: small }}
  large: {{ provider: alpha, model: large }}
models:
  chat: {{ deployments: [small] }}
  big: {{ deployments: [large] }}
routing:
  complexity: {{ method: learned{file} }}
  rules: [ {{ name: hard, condition: {{ complexity: high }}, model: big }} ]
tenants:
  acme: {{ keys: [ {{ id: ci, sha256: {key} }} ] }}
"""

HARD = "Design a rate limiter that survives partitions, prove its bound, and compare it with two alternatives."


@pytest.fixture(params=["shipped", "file"])
def router(request, processes, alpha, tmp_path):
    """With the model that comes with it, or with a copy of that in a file."""
    file = ""
    if request.param == "file":
        shutil.copy(SHIPPED, tmp_path / "m.sycm")
        file = ", model: m.sycm"
    router = Router.of(processes, tmp_path, CONFIG, alpha=alpha.url, file=file, key=sha256(CLIENT_KEY))
    yield router
    router.end()


def deployment(router, text):
    answer = httpx.post(
        f"{router.url}/v1/chat/completions", json={"model": "chat", "messages": [{"role": "user", "content": text}]},
        headers={"authorization": f"Bearer {CLIENT_KEY}"}, timeout=15)
    assert answer.status_code == 200, answer.text
    return answer.headers["x-switchyard-deployment"]


def run(command, config, *words, body=None):
    return subprocess.run(
        [BINARIES / "switchyard", command, "--config", config, *words], input=body and json.dumps(body).encode(),
        capture_output=True, env=KEYS, timeout=30)


def test_hard_prompts_go_to_the_large_model(router):
    assert deployment(router, "Hello!") == "small"
    assert deployment(router, HARD) == "large"
    body = {"model": "chat", "messages": prompt(HARD)}
    explained = json.loads(run("explain", router.config, "--key", "ci", "--json", body=body).stdout)
    facts = explained["facts"]
    assert facts["complexity.method"].startswith("learned, ") and 0.5 < float(facts["complexity"]) <= 1


@pytest.mark.parametrize("router", ["file"], indirect=True)
def test_a_damaged_file_is_refused_where_it_is_named_and_the_old_one_stays(router):
    path, good = router.config.parent / "m.sycm", SHIPPED.read_bytes()
    refused = router.metric("switchyard_config_reloads_total", result="refused")
    path.write_bytes(good[:5000] + bytes([good[5000] ^ 1]) + good[5001:])
    assert eventually(lambda: router.metric("switchyard_config_reloads_total", result="refused") > refused)
    assert deployment(router, HARD) == "large"
    line = next(n for n, text in enumerate(router.config.read_text().splitlines(), 1) if "m.sycm" in text)
    column = router.config.read_text().splitlines()[line - 1].index("m.sycm") + 1
    done = run("check", router.config)
    assert done.returncode == 1
    assert f":{line}:{column}: routing.complexity.model: " in done.stderr.decode() and "damaged" in done.stderr.decode()
    applied = router.metric("switchyard_config_reloads_total", result="applied")
    path.write_bytes(good)
    assert eventually(lambda: router.metric("switchyard_config_reloads_total", result="applied") > applied)


def test_a_model_that_comes_with_the_router_says_what_it_is_worth():
    head = SHIPPED.read_bytes()[:24]
    assert head[:5] == b"SYCM\x02"
    accuracy, heuristic = struct.unpack("<2d", head[8:24])
    assert 0.5 < accuracy < 1 and heuristic < accuracy
