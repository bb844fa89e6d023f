"""A leader of rollouts that is played, in the form that the shared state is documented in."""

import json
import time


def fnv(lines):
    """As `ControlConfig.hash`."""
    value = 0xCBF29CE484222325
    for byte in "".join(f"{model} {line}\n" for model, line in sorted(lines.items())).encode():
        value = ((value ^ byte) * 0x100000001B3) % (1 << 64)
    return f"{value:016x}"


class Leader:
    """Decides about the model `chat`."""

    def __init__(self, redis):
        self.redis, self.version, self.epoch, self.stamps = redis, 0, int(time.time() * 1_000), 0

    def register(self, number, deployment="large", **members):
        bundle = {"model": "chat", "deployment": deployment, "provider_model": "x", "version": number, **members}
        self.redis.command("HSET", "sy:{ro}:bundles:chat", number, json.dumps(bundle))

    def decide(self, line, epoch=None, version=None, tells=True):
        self.version = version or self.version + 1
        epoch = epoch or self.epoch
        self.redis.command(
            "HSET", "sy:{ro}:cfg", "epoch", epoch, "ver", self.version, "by", "test", "at", int(time.time() * 1_000),
            "hash", fnv({"chat": line}), "m:chat", line)
        if tells:
            self.redis.command("PUBLISH", "sy:ev:ro", f"cfg {epoch} {self.version}")

    def stamp(self):
        """Says that it looks after weights; and that it leads, for a minute."""
        self.stamps += 1
        now = int(time.time() * 1_000)
        self.redis.command(
            "HSET", "sy:{ro}:lease", "id", "test", "epoch", self.epoch, "until", now + 60_000, "since", now, "span", 60_000)
        self.redis.command(
            "SET", "sy:{ro}:stamp", f"{self.epoch} {self.stamps} {now}", "PX", 30_000)
