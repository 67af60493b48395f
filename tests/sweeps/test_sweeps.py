"""A sweep is stored with its day and its settings, and made anew by one command."""

import datetime
import importlib
import json
import re

import numpy as np
import pytest

from skiplab import sweeps
from skiplab.base import grid
from skiplab.base.grid import Grid
from skiplab.sweeps import __main__ as runner

NAMES = sorted(path.stem for path in sweeps.HERE.glob("[a-z]*.py"))


def test_a_shipped_sweep_is_small_and_says_when_and_how_it_was_made():
    for name in NAMES:
        about = sweeps.about(name)
        assert datetime.date.fromisoformat(about.pop("date")) >= datetime.date(2026, 11, 21), name
        assert about == json.loads(json.dumps(importlib.import_module(f"skiplab.sweeps.{name}").ABOUT)), name
        assert (sweeps.HERE / f"{name}.npz").stat().st_size < 300_000, name


def test_a_sweep_ships_grids_that_say_what_they_are_and_have_seeds():
    for name in NAMES:
        for key, one in sweeps.load(name).items():
            assert isinstance(one, Grid), (name, key)
            assert one.what, (name, key)
            assert "seeds" in one.axes or key == "masks" or key.startswith("cut"), (name, key)


def test_what_is_stored_is_loaded_and_cannot_be_changed(tmp_path, monkeypatch):
    path = tmp_path / "toy.npz"
    grid.save(path, {"wrong": Grid(np.arange(3), seeds=range(3))}, {"steps": 5})
    monkeypatch.setattr(sweeps, "HERE", tmp_path)
    found = sweeps.load("toy")
    assert sweeps.about("toy")["steps"] == 5
    assert found["wrong"].array.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="read-only"):
        found["wrong"].array[0] = 1
    found.clear()
    assert list(sweeps.load("toy")) == ["wrong"]


def test_cells_are_gathered_where_they_stand_and_the_rest_is_nan():
    axes = {"error": {"merge": ("none", "add"), "depth": (8, 20), "seeds": range(2)}, "end": {"seeds": range(2)}}
    cells = [
        ({"depth": 20, "merge": "add"}, {"error": np.float32([1, 2])}),
        ({"depth": 8, "merge": "none", "seeds": 1}, {"error": np.float32(3)}),
        ({}, {"end": np.array([5, 6])}),
    ]
    found = sweeps.gather({"error": "share", "end": "loss"}, axes, cells)
    assert np.array_equal(found["error"], [[[np.nan, 3], [np.nan] * 2], [[np.nan] * 2, [1, 2]]], equal_nan=True)
    assert np.array_equal(found["end"], [5, 6])
    assert (found["error"].what, found["error"].array.dtype) == ("share", np.float32)


def test_the_command_makes_a_sweep(monkeypatch, capsys):
    from skiplab.sweeps import residual

    def measure(report):
        report(1, 1)
        return {"wrong": Grid(np.zeros(2), seeds=range(2))}

    kept = []
    monkeypatch.setattr(residual, "measure", measure)
    monkeypatch.setattr(grid, "save", lambda path, grids, about: kept.append((path, [*grids], about)))
    assert runner.main(["residual"]) == 0
    assert kept == [(sweeps.HERE / "residual.npz", ["wrong"], residual.ABOUT)]
    assert re.search(r"1 of 1\rresidual: \d+ kB", capsys.readouterr().out)


def test_a_sweep_that_was_not_made_is_told_which_there_are():
    with pytest.raises(ValueError, match=f"name: expected one of {', '.join(map(repr, NAMES))}, got 'x'"):
        sweeps.load("x")


def test_an_unknown_sweep_is_told_which_there_are(capsys):
    for names in ([], ["nothing"], ["residual", "nothing"]):
        assert runner.main(names) == 2, names
        assert "Give the sweeps to make, of " in capsys.readouterr().err, names
