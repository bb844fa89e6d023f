"""The figures in short: what each demands must hold in seconds too, but for its times. `figures.py` measures them at length."""

import pytest

from demands import Times
from figures import FIGURES

SHORT = {
    "a1": 10, "a2": 5, "a4": 12, "a5": 6, "a15": 2, "a20": 10, "flush": 6, "kill": 3, "gone": 3, "revoke": 1, "trips": 2}


@pytest.mark.parametrize("name", SHORT)
def test_figure(name, monkeypatch):
    monkeypatch.setattr(Times, "count", False)
    FIGURES[name](seconds=SHORT[name])
