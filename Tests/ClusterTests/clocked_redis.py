"""A Redis whose clock a test sets."""

import datetime
import os
import pathlib
import shutil
import tempfile
import time

from cluster import Redis


def instant(text):
    """Seconds since 1970 of `2026-10-25T23:00Z`."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


LIBRARY = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


class FakeClock:
    """A wall clock for a process: libfaketime adds to the machine's what a file says. What spans are measured with stays as it is."""

    def __init__(self):
        assert LIBRARY, "libfaketime is missing: Debian has it in the package faketime"
        self.folder = tempfile.mkdtemp(prefix="sy-clock-")
        self.file = pathlib.Path(self.folder) / "clock"
        self.ahead = 0.0
        self.jump(0)

    @property
    def environment(self):
        return environment(self.file, str(LIBRARY))

    def jump(self, seconds):
        self.ahead += seconds
        write(self.file, self.ahead)

    def stop(self, process):
        """`process` is over."""
        forget(process)
        shutil.rmtree(self.folder, ignore_errors=True)


def environment(file, libraries):
    return {
        **os.environ, "LD_PRELOAD": libraries, "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def write(file, ahead):
    new = file.with_suffix(".new")
    new.write_text(f"{ahead:+.6f}\n")
    new.replace(file)  # at once: a file that is half written is another time


def forget(process):
    """Nobody else takes it away after SIGKILL."""
    for left in pathlib.Path("/dev/shm").glob(f"*faketime_*_{process}"):
        left.unlink()


class ClockedRedis(Redis):
    """Runs with a clock that a test sets. What Redis measures spans with stays as it is."""

    LIBRARY = LIBRARY

    def __init__(self, now):
        """`now`: seconds since 1970."""
        assert self.LIBRARY, "libfaketime is missing: Debian has it in the package faketime"
        self.ahead = now - time.time()
        super().__init__()

    @property
    def environment(self):
        # The C library before Redis' jemalloc, which asks for the time before it has memory to give, as libfaketime needs some.
        return {**environment(self.file, f"{self.LIBRARY}:libc.so.6"), "LC_ALL": "C"}

    @property
    def file(self):
        return pathlib.Path(self.folder) / "clock"

    def start(self):
        self.write()
        super().start()

    def write(self):
        write(self.file, self.ahead)

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
        forget(self.process.pid)
