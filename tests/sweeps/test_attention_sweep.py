"""The stored maps of attention are whole, end where the task wants them, and come out again when they are made anew."""

import numpy as np
import pytest

from skiplab import sweeps
from skiplab.sweeps import attention as sweep

LOOKS, RIGHT = (sweeps.load("attention")[name] for name in ("looks", "right"))


def test_every_cell_is_there():
    for name, grid in (("looks", LOOKS), ("right", RIGHT)):
        assert dict(grid.axes) == {axis: tuple(values) for axis, values in sweep.AXES[name].items()}, name
    assert np.allclose(LOOKS.array.sum(-1), 1, atol=0.01)
    assert sweeps.about("attention")["seeds"] == sweep.SEEDS


def test_in_the_end_attention_looks_where_the_task_wants_it():
    for task, wanted in sweep.TASKS.items():
        ends = LOOKS.at(task=task, steps=100)
        weight = [ends.at(written=at, read=place + 1) for at, place in enumerate(wanted, 1)]
        assert np.median(weight) > 0.8, task
        assert RIGHT.at(task=task, model="attention", steps=100).median("seeds") > 0.95, task
        assert RIGHT.at(task=task, model="context").array.max() < 0.7, task
        assert np.allclose(RIGHT.at(task=task, steps=0), 1 / 8, atol=0.05), task


@pytest.mark.slow
def test_a_cell_comes_out_again():
    for task, steps in (("reverse", 0), ("swap halves", 10)):
        for model in ("context", "attention"):
            found = sweep.looked_at(sweep.cell(task, model, steps), task)
            assert np.allclose(found["right"], RIGHT.at(task=task, model=model, steps=steps), atol=0.03), (task, model)
            assert ("looks" in found) == (model == "attention")
            if model == "attention":
                assert np.allclose(found["looks"], LOOKS.at(task=task, steps=steps), atol=0.02), task


def test_measure_fills_every_cell(monkeypatch):
    seen, axes = [], {name: {**own, "task": ("copy",), "steps": (0, 5)} for name, own in sweep.AXES.items()}
    for name, value in {"AXES": axes, "TASKS": {"copy": sweep.TASKS["copy"]}}.items():
        monkeypatch.setattr(sweep, name, value)
    maps = {"context": {}, "attention": {"looks": np.full((8, 8, 8), 0.5)}}
    monkeypatch.setattr(sweep, "cell", lambda task, model, steps, checkpoint: {"right": np.full(8, float(steps)), **maps[model]})
    monkeypatch.setattr(sweep, "looked_at", lambda run, task: run)
    found = sweep.measure(lambda done, of: seen.append((done, of)))
    assert seen == [(1, 2), (2, 2)]
    assert (found["looks"].array == 0.5).all()
    assert (found["right"].at(steps=5).array == 5).all()
