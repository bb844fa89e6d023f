"""The figures in short: what each demands must hold in seconds too, but for its times. `figures.py` measures them at length."""

import os
import shutil

import pytest

from clocked_redis import ClockedRedis
from demands import Times
from figures import FIGURES

SHORT = {
    "a1": 10, "a2": 5, "a4": 12, "a5": 6, "a6": 20, "a7": 5, "a9": 8, "a10": 10, "a11": 10, "a15": 2, "a20": 10, "alone": 3, "away": 25,
    "bounded": 6, "clock": 12, "clock-rollouts": 8, "flush": 6, "forgotten": 10, "forgotten-at-once": 12, "gone": 3, "half": 2, "kill": 3, "lease": 4, "midnight": 3, "outage": 8, "outlier": 26,
    "partition": 6, "poison": 8, "pool": 6, "push": 8, "replay": 2, "revoke": 1, "trips": 2, "turns": 20}
CLOCKED = {"clock", "clock-rollouts", "midnight"}
# They take both processors, or demand what holds only where nobody else does.
ALONE = {"a2", "a6", "a7", "a9", "a15", "bounded", "flush", "lease", "outlier", "poison", "pool", "trips"}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.alone) if name in ALONE else name for name in SHORT])
def test_figure(name, monkeypatch):
    if name in CLOCKED and not ClockedRedis.LIBRARY:
        pytest.skip("libfaketime is missing")
    if name == "partition" and (os.geteuid() != 0 or not shutil.which("iptables", path=os.environ["PATH"] + ":/usr/sbin")):
        pytest.skip("needs root, for network namespaces, and iptables")
    monkeypatch.setattr(Times, "count", False)
    FIGURES[name](seconds=SHORT[name])


@pytest.mark.alone
def test_probes_are_counted_where_replicas_crash(monkeypatch):
    monkeypatch.setattr(Times, "count", False)
    FIGURES["a6"](cycles=1, crashes=30)
