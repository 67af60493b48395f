"""A sweep is stored with its day and its settings, and made anew by one command."""

import datetime
import json

import numpy as np
import pytest

from skiplab import sweeps
from skiplab.sweeps import __main__ as runner

NAMES = sorted(path.stem for path in sweeps.HERE.glob("[a-z]*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_sweep_is_small_and_says_when_and_how_it_was_made(name):
    about = sweeps.load(name)["about"]
    assert datetime.date.fromisoformat(about.pop("date")) >= datetime.date(2026, 11, 21)
    assert about == json.loads(json.dumps(__import__(f"skiplab.sweeps.{name}", fromlist=["SETTINGS"]).SETTINGS))
    assert (sweeps.HERE / f"{name}.npz").stat().st_size < 300_000


def test_what_is_stored_is_loaded_and_cannot_be_changed(tmp_path, monkeypatch):
    path = sweeps.store("toy", {"wrong": np.arange(3)}, {"steps": 5}, tmp_path)
    assert path == tmp_path / "toy.npz"
    monkeypatch.setattr(sweeps, "HERE", tmp_path)
    found = sweeps.load.__wrapped__("toy")
    assert found["about"]["steps"] == 5
    assert found["wrong"].tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="read-only"):
        found["wrong"][0] = 1


def test_the_command_makes_a_sweep(tmp_path, monkeypatch, capsys):
    from skiplab.sweeps import residual

    def measure(report):
        report(1, 1)
        return {"wrong": np.zeros(2)}

    kept = []
    monkeypatch.setattr(residual, "measure", measure)
    monkeypatch.setattr(sweeps, "store", lambda *all, real=sweeps.store: kept.append(real(*all, tmp_path)) or kept[-1])
    assert runner.main(["residual"]) == 0
    assert kept == [tmp_path / "residual.npz"]
    assert "residual: " in capsys.readouterr().out


def test_a_sweep_that_was_not_made_is_told_which_there_are():
    with pytest.raises(ValueError, match=f"name: expected one of {', '.join(map(repr, NAMES))}, got 'x'"):
        sweeps.load("x")


@pytest.mark.parametrize("names", [[], ["nothing"], ["residual", "nothing"]])
def test_an_unknown_sweep_is_told_which_there_are(names, capsys):
    assert runner.main(names) == 2
    assert "Give the sweeps to make, of " in capsys.readouterr().err
