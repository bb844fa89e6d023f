"""A Redis whose clock a test sets."""

import datetime
import os
import pathlib
import time

from cluster import Redis


def instant(text):
    """Seconds since 1970 of `2026-10-25T23:00Z`."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class ClockedRedis(Redis):
    """Runs under libfaketime, which adds to the machine's clock what a file says. What Redis measures spans with stays as it is."""

    LIBRARY = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)

    def __init__(self, now):
        """`now`: seconds since 1970."""
        assert self.LIBRARY, "libfaketime is missing: Debian has it in the package faketime"
        self.ahead = now - time.time()
        super().__init__()

    @property
    def environment(self):
        # The C library before Redis' jemalloc, which asks for the time before it has memory to give, as libfaketime needs some.
        return {
            **os.environ, "LC_ALL": "C", "LD_PRELOAD": f"{self.LIBRARY}:libc.so.6", "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    @property
    def file(self):
        return pathlib.Path(self.folder) / "clock"

    def start(self):
        self.write()
        super().start()

    def write(self):
        new = self.file.with_suffix(".new")
        new.write_text(f"{self.ahead:+.6f}\n")
        new.replace(self.file)  # at once: a file that is half written is another time

    @property
    def now(self):
        """By its own clock, seconds since 1970."""
        seconds, millionths = self.command("TIME")
        return int(seconds) + int(millionths) / 1e6

    def set(self, now):
        self.ahead = now - time.time()
        self.write()

    def jump(self, seconds):
        self.ahead += seconds
        self.write()

    def kill(self):
        super().kill()
        for left in pathlib.Path("/dev/shm").glob(f"*faketime_*_{self.process.pid}"):  # nobody else takes it away after SIGKILL
            left.unlink()
