"""What docker/test tries on a running cluster: the official SDK, load with long streams, a replica that joins, a rolling restart, and
kill -9 of a replica, a provider and Redis. Every failed request is counted, and must have been in flight on what was killed."""

import argparse
import asyncio
import collections
import concurrent.futures
import datetime
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import openai

from outside import Outside, processor_seconds

HERE = pathlib.Path(__file__).resolve().parent
KEY, TRIAL_KEY = "change-me", "try-me"
TRIAL_CAPACITY, TRIAL_REFILL = 600, 10  # tenants.trial in config/switchyard.yaml: requests, and how many a second come back


# ---- The cluster ------------------------------------------------------------------------------------------------

def run(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout.strip()


def compose(*words):
    return run("docker", "compose", "-f", HERE / "compose.yaml", *words)


def inspect(container, form):
    return run("docker", "inspect", "-f", form, container)


def address(container):
    return inspect(container, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")


def containers(service):
    return compose("ps", "-q", service).split()


def eventually(check, seconds=60):
    end = time.monotonic() + seconds
    while not (value := check()) and time.monotonic() < end:
        time.sleep(0.1)
    return value


def kill(container):
    """SIGKILL from outside: for the engine the process died by itself, and so it is started again."""
    before = inspect(container, "{{.State.StartedAt}}")
    pid = int(inspect(container, "{{.State.Pid}}"))
    # Of an engine in a virtual machine it would be the number of some other process here.
    if (pathlib.Path("/proc") / str(pid) / "root/etc/hostname").read_text().strip() != container[:12]:
        raise SystemExit("docker/test kills processes of containers: run it as root on the machine of the engine.")
    os.kill(pid, signal.SIGKILL)
    at = time.time()
    assert eventually(lambda: inspect(container, "{{.State.StartedAt}} {{.State.Running}}") not in (
        f"{before} true", f"{before} false")), "it was not started again"
    assert eventually(
        lambda: inspect(container, "{{if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}}") == "healthy"), "it is not well again"
    return at


# ---- Clients ----------------------------------------------------------------------------------------------------

class Answer:
    """How one request ended. `fault` is None where all is well, else what was wrong."""

    def __init__(self, number, kind):
        self.id, self.kind = f"trial-{number}", kind
        self.begin = self.end = time.time()
        self.status, self.headers, self.fault = 0, {}, None


class Load:
    """Asks at a steady rate whatever becomes of it, tries nothing again, and keeps connections as SDKs do: for 5 s."""

    KEPT = 5

    def __init__(self, port, seconds_of_streams, host="127.0.0.1"):
        self.host, self.port, self.idle, self.answers = host, port, [], []
        self.stream_seconds = seconds_of_streams
        self.number = 0
        self.isOn = True

    async def ask(self, kind, key, body):
        self.number += 1
        answer = Answer(self.number, kind)
        self.answers.append(answer)
        payload = json.dumps(body).encode()
        request = (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: switchyard\r\nauthorization: Bearer {key}\r\nx-request-id: {answer.id}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(payload)}\r\n\r\n").encode() + payload
        writer = None
        try:
            reader, writer = self.kept() or await asyncio.open_connection(self.host, self.port)
            writer.write(request)
            async with asyncio.timeout(self.stream_seconds + 60):
                isKept = await self.read(reader, answer, isStream=body.get("stream", False))
            if isKept:
                self.idle.append((time.monotonic(), reader, writer))
                writer = None
        except TimeoutError:
            answer.fault = "no end"
        except (OSError, asyncio.IncompleteReadError) as error:
            answer.fault = f"cut: {type(error).__name__}"
        except Exception as error:  # an answer that makes no sense is a failed request too
            answer.fault = f"senseless: {error!r}"
        if writer:
            writer.close()
        answer.end = time.time()
        return answer

    def kept(self):
        """The connection used last; nginx closes those that are idle for long, and a request must not meet that."""
        while self.idle:
            since, reader, writer = self.idle.pop()
            if time.monotonic() - since < self.KEPT and not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    async def read(self, reader, answer, isStream):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        answer.headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        answer.status = int(lines[0].split()[1])
        if answer.headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(await reader.readuntil(b"\r\n"), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readexactly(2)
        else:
            body = await reader.readexactly(int(answer.headers["content-length"]))
        if answer.status == 200 and isStream and (b'"error"' in body or not body.endswith(b"data: [DONE]\n\n")):
            answer.fault = "stream: " + body.strip().split(b"\n")[-1].decode()[:120]
        elif answer.status != 200 and not (answer.kind == "trial" and answer.status == 429):
            answer.fault = f"{answer.status}: {' '.join(body.decode().split())[:120]}"
        return answer.headers.get("connection") != "close"

    async def at(self, rate, make, seconds=float("inf")):
        """Until the load is off, or for so long: `rate` a second of what `make` says of the number."""
        begin, number, tasks = time.monotonic(), 0, set()
        while self.isOn and time.monotonic() - begin < seconds:
            while number < (time.monotonic() - begin) * rate:
                task = asyncio.create_task(self.ask(*make(number)))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                number += 1
            await asyncio.sleep(0.002)
        await asyncio.gather(*tasks)

    async def stream_on_and_on(self, delay):
        """One long stream after another."""
        await asyncio.sleep(delay)
        tokens = self.stream_seconds * 10
        while self.isOn:
            answer = await self.ask("long stream", KEY, {
                "model": "chat-fast", "stream": True,
                "messages": [{"role": "user", "content": f"[[sim:tokens={tokens},per_token=100ms]]"}]})
            if answer.fault:
                await asyncio.sleep(1)

    @staticmethod
    def mixed(number):
        messages = [{"role": "user", "content": f"Number {number}: tell me of cedars and rivers."}]
        if number % 20 == 0:
            return "large", KEY, {"model": "chat-large", "messages": messages}
        if number % 5 == 0:
            return "stream", KEY, {"model": "chat-fast", "messages": messages, "stream": True}
        return "plain", KEY, {"model": "chat-fast", "messages": messages}

    @staticmethod
    def trial(number):
        return "trial", TRIAL_KEY, {"model": "chat-fast", "messages": [{"role": "user", "content": "Hello"}]}


# ---- The table --------------------------------------------------------------------------------------------------

class Table:
    def __init__(self):
        self.rows, self.areGood = [], True

    def add(self, trial, found, demanded="", isGood=True):
        self.rows.append((trial, found, demanded, "" if not demanded else "yes" if isGood else "NO"))
        self.areGood = self.areGood and isGood
        print(f"  {trial}: {found}" + ("" if isGood else f"   NOT {demanded}"), flush=True)

    def __str__(self):
        rows = [("trial", "found", "demanded", ""), *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        return "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(row, widths)) + "  " + row[3] for row in rows)


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


# ---- Trials -----------------------------------------------------------------------------------------------------

def official_sdk(table, port):
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=KEY, max_retries=0, timeout=30)
    messages = [{"role": "user", "content": "Hello"}]
    plain = client.chat.completions.create(model="chat-fast", messages=messages)
    stream = client.chat.completions.create(model="chat-large", messages=messages, stream=True)
    pieces = sum(1 for event in stream if event.choices and event.choices[0].delta.content)
    names = [model.id for model in client.models.list()]
    try:
        client.with_options(api_key="wrong").models.list()
        refusal = "none"
    except openai.AuthenticationError as error:
        refusal = error.code
    good = bool(plain.choices[0].message.content) and pieces > 10 and "chat-fast" in names and refusal == "invalid_api_key"
    table.add(
        f"OpenAI SDK {openai.__version__}", f"answer of {plain.usage.completion_tokens} tokens, stream of {pieces} pieces, "
        f"{len(names)} models, a wrong key: {refusal}", "all four work", good)


def refusals(table, port):
    """What nginx refuses by itself, and what it leaves to the router."""
    def refused(length, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"authorization": f"Bearer {KEY}", "content-length": str(length), "x-request-id": "trial-refusal"}
        connection.request("POST", "/v1/chat/completions", body=body, headers=headers)
        answer = connection.getresponse()
        error = json.loads(answer.read())["error"]
        connection.close()
        return answer.status, error["code"], answer.headers["x-request-id"], "server.max_body" in error["message"]
    found = [refused(40 << 20), refused((32 << 20) + 1, b" " * ((32 << 20) + 1)), refused("nonsense")]
    wanted = [(413, "request_too_large", False), (413, "request_too_large", True), (400, "invalid_http", False)]
    good = [(status, code, ofRouter) for status, code, _, ofRouter in found] == wanted
    good = good and found[0][2] == "trial-refusal"
    table.add(
        "refusals", "; ".join(f"{status} {code} by {'the router' if ofRouter else 'nginx'}" for status, code, _, ofRouter in found),
        "OpenAI's shape, and the id", good)


def memory(table):
    """What the containers hold now."""
    most = collections.Counter()
    for service in ("router", "nginx", "redis", "fast", "large", "flaky"):
        for line in run("docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", *containers(service)).splitlines():
            most[service] = max(most[service], mebibytes(line.split(" / ")[0]))
    table.add("memory under the load", ", ".join(f"{service} {size:.0f} MiB" for service, size in most.items()))


def mebibytes(text):
    number = text.rstrip("KMGiB")
    return float(number) * {"B": 2**-20, "KiB": 2**-10, "MiB": 1, "GiB": 2**10}[text[len(number):]]


def cost(table, rate):
    """What an exchange costs a replica inside and outside of its container, by turns. Streams too, as they come in the load."""
    container = containers("router")[0]
    services = ("redis", "fast", "large", "flaky")
    addresses = {service: address(containers(service)[0]) for service in services}
    with Outside(container, HERE / "config/switchyard.yaml", HERE / "secrets", addresses) as outside:
        places = {
            "inside": (int(inspect(container, "{{.State.Pid}}")), address(container), 8080),
            "outside": (outside.process.pid, "127.0.0.1", outside.port)}
        used, count, faults = collections.Counter(), collections.Counter(), 0
        for place in ("warm-up", "inside", "outside") * 3:
            pid, host, port = places.get(place, places["outside"])
            load = Load(port, 60, host)
            before = processor_seconds(pid)
            asyncio.run(load.at(rate, load.mixed, seconds=1 if place == "warm-up" else 5))
            used[place] += processor_seconds(pid) - before
            count[place] += len(load.answers)
            faults += sum(1 for answer in load.answers if answer.fault)
    inside, outside = (used[place] / count[place] * 1e6 for place in ("inside", "outside"))
    table.add(
        "processor time of an exchange", f"in a container {inside:.0f} µs, outside {outside:.0f} µs ({inside / outside - 1:+.0%}), "
        f"of {count['inside']} each; {faults} failed", "0 failed", not faults)


class Trials:
    """Each trial runs while the load goes on, in a thread; it says of what the failures around it must have been."""

    def __init__(self, table, load, pause):
        self.table, self.load, self.pause = table, load, pause

    def settle(self):
        """Time for what a trial did to show."""
        time.sleep(self.pause)

    def faults(self, begin, end=None):
        """Of the requests that ended since: those that failed."""
        return [a for a in self.load.answers if a.fault and a.end >= begin and (end is None or a.begin < end)]

    def routes(self, since):
        """What nginx logged: when, which request, and the address of the replica that had it last."""
        lines = run("docker", "logs", "--since", int(since), containers("nginx")[0]).splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return [(e["at"], e["id"], e["status"], e["upstream"].replace(" : ", ", ").split(", ")[-1].split(":")[0]) for e in entries]

    def no_faults(self, name, begin, found="", isGood=True, demanded="0"):
        """`isGood` is of what else is in `found` and demanded."""
        faults = self.faults(begin)
        count = sum(1 for a in self.load.answers if a.end >= begin)
        words = f"{len(faults)} failed or cut of {count}" + found
        if faults:
            words += f"; first: {faults[0].id} {faults[0].kind} {faults[0].fault}"
        self.table.add(name, words, demanded, not faults and isGood)

    def steady(self):
        begin = time.time()
        time.sleep(max(5, self.pause))
        self.no_faults("load alone", begin)

    def join(self):
        begin, before = time.time(), set(containers("router"))
        compose("up", "-d", "--no-build", "--no-deps", "--no-recreate", "--wait", "--scale", f"router={len(before) + 1}", "router")
        new = (set(containers("router")) - before).pop()
        time.sleep(4)
        ip, start = address(new), calendar_seconds(inspect(new, "{{.State.StartedAt}}"))
        served = [(at, upstream == ip) for at, _, status, upstream in self.routes(begin) if status in (200, 429)]
        first = min((at for at, isNew in served if isNew), default=start + 999)
        ready = self.ready_at(new)
        window = [isNew for at, isNew in served if ready + 1 <= at < ready + 3]
        share = sum(window) / max(1, len(window))
        self.table.add(
            "a replica joins", f"it serves {ready - start:.1f} s after its start, has its first request {first - ready:.1f} s later, "
            f"and {share:.0%} of all from the second second on", "2 s, 15 to 40%", first - ready < 2 and 0.15 < share < 0.4)
        compose("up", "-d", "--no-build", "--no-deps", "--no-recreate", "--wait", "--scale", f"router={len(before)}", "router")
        self.settle()
        self.no_faults("joins and leaves again", begin)

    @staticmethod
    def ready_at(container):
        """When it said that it serves."""
        log = subprocess.run(["docker", "logs", container], capture_output=True, text=True).stderr
        for line in log.splitlines():
            if '"msg":"serving"' in line:
                return calendar_seconds(json.loads(line)["ts"])
        return 0

    def roll(self):
        begin = time.time()
        lines = run(HERE / "roll").splitlines()
        for line in lines:
            print("    " + line, flush=True)
        took = time.time() - begin
        self.settle()
        clean = sum(1 for line in lines if "status 0;" in line)
        self.no_faults(f"rolling restart of {len(lines)}", begin, f" in {took:.0f} s, {clean} ended with status 0")

    def kill_replica(self):
        victim = containers("router")[0]
        ip = address(victim)
        begin = time.time()
        at = kill(victim)
        back = time.time() - at
        self.settle()
        faults, routes = self.faults(begin), {id: upstream for _, id, _, upstream in self.routes(begin - self.load.stream_seconds)}
        others = [a for a in faults if routes.get(a.id) != ip or not a.begin <= at + 0.1]
        self.killed("kill -9 of a replica", faults, others, f"ready again after {back:.1f} s", routes)

    def kill_provider(self):
        victim = containers("fast")[0]
        begin = time.time()
        at = kill(victim)
        self.settle()
        faults = self.faults(begin)
        # What had begun to answer on it; the router tries all else again.
        others = [a for a in faults if a.headers.get("x-switchyard-deployment") != "small" or not a.begin <= at + 0.1]
        self.killed("kill -9 of a provider", faults, others, "the rest was answered by others")

    def kill_redis(self):
        victim = containers("redis")[0]
        begin = time.time()
        at = kill(victim)
        back = time.time() - at
        self.settle()
        alone = sum(1 for a in self.load.answers if a.end >= begin and a.headers.get("x-switchyard-limit-mode") == "local")
        self.no_faults("kill -9 of Redis, and back", begin, f"; back after {back:.1f} s, {alone} decided without it")

    def end_at_once(self):
        """A second SIGTERM, with long streams running on it."""
        victim = containers("router")[0]
        running = sum(1 for a in self.load.answers if a.kind == "long stream" and a.begin == a.end)
        begin = time.time()
        run("docker", "kill", "-s", "TERM", victim)
        time.sleep(1)
        # It may have ended by itself, where nothing ran on it: the row says so.
        subprocess.run(["docker", "kill", "-s", "TERM", victim], capture_output=True)
        ended = eventually(lambda: inspect(victim, "{{.State.Running}}") == "false", 20)
        took = time.time() - begin - 1
        self.settle()
        faults = [a for a in self.faults(begin) if a.kind == "long stream"]
        told = [a for a in faults if a.fault.startswith('stream: data: {"error"')]
        silent = [a for a in faults if a not in told]
        self.table.add(
            "a second SIGTERM", f"ended {took:.1f} s later with status {inspect(victim, '{{.State.ExitCode}}')}; of {running} long streams "
            f"{len(told)} ended in an error event, {len(silent)} otherwise" + (f": {silent[0].fault}" if silent else ""),
            "3 s, error events alone", ended and took < 3 and told and not silent)

    def killed(self, name, faults, others, more, routes=None, isGood=True, demanded="0 others"):
        words = f"{len(faults)} failed, {len(others)} of them not in flight on it; {more}"
        if others:
            routes = routes or {}
            words += f"; first: {others[0].kind} {others[0].fault} by {routes.get(others[0].id)}"
        self.table.add(name, words, demanded, not others and isGood)

    def exactness(self, name, begin, end, outage=False):
        """A bucket that is full at first lets through what it holds and what comes back, and who asks more often gets all of that. One
        that is empty lets through no more than that over an outage of the shared state: each replica has its share of one capacity."""
        mine = [a for a in self.load.answers if a.kind == "trial" and begin <= a.begin and a.end <= end]
        admitted = [a for a in mine if a.status == 200]
        unknown = sum(1 for a in mine if a.status not in (200, 429))
        alone = sum(1 for a in mine if a.headers.get("x-switchyard-limit-mode") == "local")
        seconds = max(a.end for a in mine) - min(a.begin for a in mine)
        allowed = TRIAL_CAPACITY + TRIAL_REFILL * seconds
        isEnough = outage or len(admitted) + min(unknown, 30) >= 0.99 * allowed - 3
        self.table.add(
            name, f"{len(admitted)} of {len(mine)} admitted in {seconds:.1f} s, allowed {allowed:.1f}; {unknown} unknown, {alone} alone",
            "no more" + ("" if outage else ", and 99% of it"), len(admitted) <= allowed + 1 and isEnough)


def calendar_seconds(text):
    """Seconds since 1970 of the engine's 2026-11-22T10:00:00.123456789Z."""
    return datetime.datetime.fromisoformat(text.rstrip("Z")[:26] + "+00:00").timestamp()


async def under_load(table, arguments):
    load = Load(arguments.port, arguments.stream_seconds)
    trials = Trials(table, load, arguments.pause)
    loop = asyncio.get_running_loop()
    running = [
        asyncio.create_task(load.at(arguments.rate, load.mixed)), asyncio.create_task(load.at(40, load.trial)),
        *(asyncio.create_task(load.stream_on_and_on(number * arguments.stream_seconds / arguments.streams))
          for number in range(arguments.streams))]
    begin = time.time()
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        for trial in (trials.steady, trials.join, trials.roll, trials.kill_replica, trials.kill_provider):
            await loop.run_in_executor(thread, trial)
        trials.exactness("a limit over all of that", begin, time.time())
        # So many that a limit which let everybody through meanwhile would be seen.
        begin, more = time.time(), asyncio.create_task(load.at(120, load.trial, seconds=25))
        await loop.run_in_executor(thread, trials.kill_redis)
        await more
        trials.exactness("the same over Redis' end", begin, time.time(), outage=True)
        await loop.run_in_executor(thread, memory, table)
        await loop.run_in_executor(thread, trials.end_at_once)
    load.isOn = False
    await asyncio.gather(*running)
    whole = [a for a in load.answers if a.kind == "long stream" and not a.fault]
    table.add(f"streams of {arguments.stream_seconds} s", f"{len(whole)} whole, "
              f"{sum(1 for a in load.answers if a.kind == 'long stream' and a.fault)} ended by the kills above", "some", bool(whole))
    plain = [a.end - a.begin for a in load.answers if a.kind == "plain" and a.status == 200]
    kinds = collections.Counter(a.kind for a in load.answers)
    table.add("the load", f"{len(load.answers)} requests, {', '.join(f'{n} {kind}' for kind, n in kinds.items())}; "
              f"plain p50 {quantile(plain, 0.5) * 1000:.0f} ms, p99 {quantile(plain, 0.99) * 1000:.0f} ms")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--streams", type=int, default=12, help="long streams at a time")
    parser.add_argument("--stream-seconds", type=int, default=60)
    parser.add_argument("--pause", type=float, default=10, help="seconds after each trial")
    parser.add_argument("--row", action="append", default=[], help="TRIAL|FOUND, or with |DEMANDED|yes or no, of what was measured before")
    arguments = parser.parse_args()
    table = Table()
    for row in arguments.row:
        trial, found, demanded, verdict = (row.split("|") + ["", "yes"])[:4]
        table.add(trial, found, demanded, verdict == "yes")
    official_sdk(table, arguments.port)
    refusals(table, arguments.port)
    cost(table, arguments.rate)
    asyncio.run(under_load(table, arguments))
    print(f"\n{table}")
    sys.exit(0 if table.areGood else 1)


if __name__ == "__main__":
    main()
