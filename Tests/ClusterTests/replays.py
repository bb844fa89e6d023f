"""Figures of the replay of traffic: what it says that traffic costs, beside what the provider billed; and how fast it is."""

import http.client
import json
import os
import pathlib
import subprocess
import tempfile
import time

from cluster import BINARIES, CLIENT_KEY, KEYS, Router, Simulator, free_port, get, sha256
from demands import demand, demand_in_time

#: Dollars per million tokens, or micro-dollars a token, of input and output.
PRICES = {"sim-small": (1, 2), "sim-large": (20, 60)}

CONFIG = """
server: {{ host: 127.0.0.1, port: {port}, workers: 1 }}
admin: {{ port: {admin} }}
providers:
  sim: {{ dialect: openai, base_url: "{provider}/v1", api_key: "${{PROVIDER_KEY}}" }}
deployments:
  small: {{ provider: sim, model: sim-small, price: {{ input: 1, output: 2 }} }}
  large: {{ provider: sim, model: sim-large, price: {{ input: 20, output: 60 }} }}
models:
  chat: {{ deployments: [small] }}
  big: {{ deployments: [large] }}
  mixed: {{ deployments: [ {{ name: small, weight: 3 }}, large ] }}
routing:
  rules:
    - {{ name: huge, condition: {{ input_tokens: ">= 2000" }}, model: big }}
    - {{ name: code, condition: {{ metadata.kind: code }}, model: big }}
    - {{ name: terse, condition: {{ metadata.kind: short }}, parameters: {{ temperature: 0 }} }}
tenants:
  acme:
    limits: [ {{ tokens: 1000000000, per: minute }}, {{ dollars: 100000, per: day }} ]
    keys: [ {{ id: ci, sha256: {key} }} ]
"""


def switchyard(*words, output=None):
    done = subprocess.run(
        [BINARIES / "switchyard", *map(str, words)], stdout=output or subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, **KEYS}, timeout=600)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode() if output is None else ""


def make(path, *words):
    """Lines of a file, as `switchyard traffic` makes them up."""
    with open(path, "wb") as file:
        switchyard("traffic", "--key", "ci", *words, output=file)


def replay(path, config, *words):
    return json.loads(switchyard("replay", path, "--config", config, "--json", *words))


def body_of(line):
    """A request that has as many tokens as a line says, and is answered with as many: the simulator takes four bytes for one."""
    metadata = {**line["metadata"], "sim": f"[[sim:tokens={line['output_tokens']}]]"}
    return {"model": line["model"], "metadata": metadata,
            "messages": [{"role": "user", "content": "a" * (4 * line["input_tokens"] - 3)}]}


def ask(port, bodies):
    """The usage of each answer, one after another over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"authorization": f"Bearer {CLIENT_KEY}", "content-type": "application/json"}
    usages = []
    for body in bodies:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        demand(answer.status == 200, f"status {answer.status}: {text[:200]}")
        usages.append(json.loads(text)["usage"])
    connection.close()
    return usages


def billed(simulator):
    """Requests and micro-dollars of each of the provider's models."""
    models = json.loads(get(f"{simulator.url}/sim/bill")[1])["models"]
    return {
        name: (account["requests"], account["prompt_tokens"] * PRICES[name][0] + account["completion_tokens"] * PRICES[name][1])
        for name, account in models.items()}


def as_billed(seconds=50):
    """What replay says of made-up traffic is what the provider billed for it, ±1 %, and a million lines take 60 s at most. `--seconds`:
    of 20 live requests each, and of 20,000 lines that are replayed only."""
    with tempfile.TemporaryDirectory(prefix="sy-replay-") as folder:
        folder = pathlib.Path(folder)
        simulator = Simulator()
        port, admin = free_port(), free_port()
        config = folder / "switchyard.yaml"
        config.write_text(CONFIG.format(port=port, admin=admin, provider=simulator.url, key=sha256(CLIENT_KEY)))
        router = Router(config, KEYS, port, admin)
        try:
            router.wait_until_ready()
            live(seconds, folder, config, router, simulator)
        finally:
            router.stop()
            simulator.stop()
        fast(seconds, folder, config)


def live(seconds, folder, config, router, simulator):
    made = folder / "made.jsonl"
    make(made, "--mix", "chat:60,code:20,long:10,short:10", "--rate", 20, "--seconds", seconds, "--model", "chat",
         "--bursts", "10/2/3", "--tokens", "long=2500/100")
    lines = [json.loads(line) for line in made.read_text().splitlines()]
    bodies = [body_of(line) for line in lines]
    usages = ask(router.port, bodies)
    recorded = folder / "recorded.jsonl"
    recorded.write_text("".join(
        json.dumps({"at": line["at"], "key": "ci", "body": body, "usage": usage}) + "\n"
        for line, body, usage in zip(lines, bodies, usages)))
    bill = billed(simulator)
    paid = sum(cost for _, cost in bill.values())
    for name, path in (("made-up lines", made), ("recorded bodies and usage", recorded)):
        outcome = replay(path, config)["outcome"]
        cost = outcome["total"]["microdollars"]
        print(f"replay of {len(lines)} requests, {name}: ${cost / 1e6:.6f}; billed were ${paid / 1e6:.6f},"
              f" {100 * (cost / paid - 1):+.3f} %")
        demand(abs(cost - paid) <= paid / 100, f"{name}: {cost} instead of {paid} micro-dollars")
        # By its length one may just match a rule or just not: the router has learned since how many tokens a text has.
        elsewhere = sum(abs(tally["requests"] - bill[f"sim-{name}"][0]) for name, tally in outcome["deployments"].items()) // 2
        print(f"replay of {len(lines)} requests, {name}: {elsewhere} by another deployment")
        demand(len(outcome["deployments"]) == len(bill) and elsewhere <= len(lines) // 200, f"{outcome} instead of {bill}")
        demand(outcome["total"]["estimated"] == 0 and not outcome["limits"] and not outcome["refused"], f"{outcome}")


def fast(seconds, folder, config):
    path = folder / "many.jsonl"
    make(path, "--rate", 1_000, "--seconds", 20 * seconds, "--model", "chat", "--model", "mixed")
    begin = time.monotonic()
    report = replay(path, config, "--against", config)
    both = time.monotonic() - begin
    begin = time.monotonic()
    replay(path, config)
    took = time.monotonic() - begin
    count = report["lines"]
    print(f"replay of {count} lines, {path.stat().st_size >> 20} MiB: {took:.1f} s, {took / count * 1e6:.1f} us a line;"
          f" against another configuration {both:.1f} s")
    demand(report["bad_lines"] == 0 and report["requests"] == count and not report["changes"], f"{report}")
    demand_in_time(took <= 60e-6 * count + 1, f"{took:.1f} s for {count} lines")
