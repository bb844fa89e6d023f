"""Requests, and loadgen as a function."""
import array, json, subprocess

from .processes import LOAD_CORES, IS_ROOT, Failure, start

SYSTEM = "You are a terse assistant for the billing team. Answer in one sentence, never invent invoice numbers."
USER = "A customer says that the invoice of March was charged twice and asks when the refund will arrive. What now?"

#: Tokens that make modelsim send 20 events: an opening, the tokens, a closing and [DONE].
TWENTY_EVENTS = 17


def chat(model, stream=False, directive=None, user=USER, temperature=0.2):
    """A request of about 400 bytes; `directive` says how modelsim answers it."""
    body = {"model": model, "messages": [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": user + (f" [[sim:{directive}]]" if directive else "")}]}
    if stream:
        body["stream"] = True
    return json.dumps(body | {"temperature": temperature, "max_tokens": 64, "user": "bench-0001"}, separators=(",", ":"))


class Loadgen:
    """The program `loadgen` with a folder for bodies and samples."""

    def __init__(self, bin_dir, work):
        self.program, self.work = f"{bin_dir}/loadgen", work

    def command(self, gateway, bodies, seconds, connections=None, rate=None, hold=None, samples=None):
        command = [self.program, gateway.url + "/v1/chat/completions", "--seconds", str(seconds)]
        command += ["--header", f"authorization: Bearer {gateway.key}"]
        path = f"{self.work}/bodies-{gateway.name}"
        with open(path, "w") as file:
            file.writelines(body + "\n" for body in bodies)
        command += ["--bodies", path]
        given = {"--connections": connections, "--rate": rate, "--open": hold, "--samples": samples}
        return command + [str(word) for name, value in given.items() if value for word in (name, value)]

    def run(self, gateway, bodies, seconds, realtime=False, **how):
        """One load to its end; its result, with the raw samples (µs) under `samples` if `keeps` is asked for."""
        path = f"{self.work}/samples" if how.pop("keeps", False) else None
        command = self.command(gateway, bodies, seconds, samples=path, **how)
        if realtime and IS_ROOT:
            command = ["chrt", "-r", "1"] + command
        process = start(command, LOAD_CORES, f"{self.work}/loadgen.log", output=subprocess.PIPE)
        try:
            output, _ = process.communicate(timeout=seconds + 20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failure(f"loadgen did not end against {gateway.name}") from None
        if process.returncode != 0:
            raise Failure(f"loadgen failed against {gateway.name}, see {self.work}/loadgen.log")
        result = json.loads(output)
        if path:
            result["samples"] = _samples(path)
        return result


def _samples(path):
    words = array.array("I")
    with open(path, "rb") as file:
        words.frombytes(file.read())
    found, index = {}, 0
    for name in ("latency", "first", "gap"):
        count = words[index]
        found[name] = words[index + 1:index + 1 + count]
        index += 1 + count
    return found


def percentile(samples, share):
    """By nearest rank, in µs, of samples in 0.1 µs."""
    if not samples:
        return 0.0
    ordered = sorted(samples)
    rank = -(-int(share * 1e6) * len(ordered) // 1_000_000) - 1
    return ordered[max(0, min(rank, len(ordered) - 1))] / 10
