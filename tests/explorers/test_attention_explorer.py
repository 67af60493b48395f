"""The attention explorer shows the stored maps, as squares and as arcs, and who got how much right."""

import numpy as np
import pytest

from skiplab import AttentionExplorer, sweeps
from skiplab.explorers.attention import EVERY, FAINT, LENGTH, MODELS, SEEDS, STEPS, TASKS, WIDEST
from skiplab.sweeps import attention as sweep

STARTS = {dial.name: dial.start for dial in AttentionExplorer.dials}


def frame(**moved):
    return AttentionExplorer.frame(**(STARTS | moved))


def test_the_dials_are_those_of_the_sweep():
    assert tuple(sweep.TASKS) == TASKS
    assert tuple(range(0, STEPS + 1, EVERY)) == sweep.STEPS
    assert (sweep.LENGTH, sweep.SEEDS) == (LENGTH, SEEDS)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(("steps", "seed"), [(0, 1), (40, 3), (100, 8)])
def test_map_and_arcs_are_the_stored_ones(task, steps, seed):
    shown, t, s = frame(task=task, steps=steps, seed=seed), TASKS.index(task), steps // EVERY
    stored = sweeps.load("attention")["looks"][t, s, seed - 1].astype(float)
    assert shown["map"].reshape(LENGTH, LENGTH) == pytest.approx(stored, abs=1e-3)  # what is written first stands on top
    for width, read, written in zip(shown["widths"], shown["from"], shown["to"], strict=True):
        weight = stored[int(written) - LENGTH - 1, int(read) - 1]
        assert width == pytest.approx(WIDEST * weight if weight >= FAINT else 0, abs=0.01)
    assert shown["sharpest"] == pytest.approx(stored.max(1).mean(), abs=2e-3)


@pytest.mark.parametrize("model", MODELS)
def test_the_dot_and_the_lines_are_the_stored_shares(model):
    shown = frame(model=model, steps=50, seed=2)
    right = sweeps.load("attention")["right"][0].astype(float)  # (models, steps, seeds), without attention first
    m = int(model == "attention")
    assert shown["here"] == shown["right_now"] == pytest.approx(right[m, 50 // EVERY, 1], abs=2e-3)
    assert shown[f"{model}_right"] == pytest.approx(np.median(right[m], 1), abs=2e-3)
    assert shown[f"{model}_now"] == pytest.approx(np.median(right[m, 50 // EVERY]), abs=2e-3)
    assert (shown[f"{model}_low"] <= shown[f"{model}_high"]).all()


@pytest.mark.parametrize("task", TASKS)
def test_the_lines_are_named_at_their_ends_and_the_names_keep_apart(task):
    shown, panel = frame(task=task), AttentionExplorer.scene["panels"][-1]
    named = {mark["text"]: mark["y"] for mark in panel["marks"] if mark["kind"] == "text"}
    places = [shown[y[1:]] if isinstance(y, str) else y for y in named.values()]
    assert places == [shown["attention_right"][-1], shown["context_right"][-1], 1 / LENGTH]
    assert np.diff(sorted(places)).min() > 0.12
    assert panel["y"]["range"] == [0, 1.05]


def test_one_vector_draws_no_arcs():
    shown = frame(model="context")
    assert not shown["widths"].any()
    assert np.isnan(shown["map"]).all()
    assert (shown["narrow"], shown["chain"]) == (1, "plain")


@pytest.mark.parametrize(("moved", "said"), [
    ({}, "Eight symbols are to be written backwards. After 100 training steps network 1 gets 1.00 of them right with attention"),
    ({"model": "context"}, "by way of one vector: all that it read"),
    ({"task": "copy", "steps": 0}, "Eight symbols are to be written as they came. After 0 training steps"),
])  # fmt: skip
def test_the_setting_and_the_shares_are_said(moved, said):
    assert said in AttentionExplorer(**moved).snapshot()[0]


def test_the_block_is_small():
    assert len(AttentionExplorer()._block) < 200_000
