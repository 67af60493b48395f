"""The attention explorer shows the stored maps, as squares and as arcs, and who got how much right."""

import itertools

import numpy as np
import pytest

from skiplab import AttentionExplorer, sweeps
from skiplab.explorers.attention import FAINT, LENGTH, MODELS, WIDEST

TASKS = ("reverse", "copy", "swap halves")

STARTS = {dial.name: dial.start for dial in AttentionExplorer.dials}


def frame(**moved):
    return AttentionExplorer.frame(**(STARTS | moved))


def test_map_and_arcs_are_the_stored_ones():
    arcs = AttentionExplorer.scene["panels"][0]["marks"][0]
    for task, (steps, seed) in itertools.product(TASKS, ((0, 1), (40, 3), (100, 8))):
        shown = frame(task=task, steps=steps, seed=seed)
        stored = sweeps.load("attention")["looks"].at(task=task, steps=steps, seeds=seed - 1)
        assert shown["map"].reshape(LENGTH, LENGTH) == pytest.approx(stored.array, abs=1e-3), (task, steps)  # written first on top
        for width, read, written in zip(shown["widths"], arcs["start"], arcs["end"], strict=True):
            weight = stored.at(written=int(written) - LENGTH, read=int(read))
            assert width == pytest.approx(WIDEST * weight if weight >= FAINT else 0, abs=0.01), (task, steps, read, written)
        assert shown["sharpest"] == pytest.approx(np.mean(stored.high("read")), abs=2e-3), (task, steps)


def test_the_dot_and_the_lines_are_the_stored_shares():
    for model in MODELS:
        shown, right = frame(model=model, steps=50, seed=2), sweeps.load("attention")["right"].at(task="reverse", model=model)
        assert shown["right_now"] == pytest.approx(right.at(steps=50, seeds=1), abs=2e-3), model
        assert shown[f"{model}_right"] == pytest.approx(right.median("seeds").array, abs=2e-3), model
        assert shown[f"{model}_now"] == pytest.approx(right.at(steps=50).median("seeds"), abs=2e-3), model
        assert (shown[f"{model}_right_low"] <= shown[f"{model}_right_high"]).all(), model


def test_the_lines_are_named_at_their_ends_and_the_names_keep_apart():
    panel = AttentionExplorer.scene["panels"][-1]
    named = {mark["text"]: mark["y"] for mark in panel["marks"] if mark["kind"] == "text"}
    assert panel["y"]["range"] == [0, 1.05]
    for task in TASKS:
        shown = frame(task=task)
        places = [shown[y[1:]] if isinstance(y, str) else y for y in named.values()]
        assert places == [shown["attention_right"][-1], shown["context_right"][-1], 1 / LENGTH], task
        assert np.diff(sorted(places)).min() > 0.12, task


def test_one_vector_draws_no_arcs():
    shown = frame(model="context")
    assert not shown["widths"].any()
    assert np.isnan(shown["map"]).all()
    assert (shown["model_no"], shown["chain"]) == (1, "plain")


@pytest.mark.parametrize(("moved", "said"), [
    ({}, "Eight symbols are to be written backwards. After 100 training steps network 1 gets 1.00 of them right with attention"),
    ({"model": "context"}, "by way of one vector: all that it read"),
    ({"task": "copy", "steps": 0}, "Eight symbols are to be written as they came. After 0 training steps"),
])  # fmt: skip
def test_the_setting_and_the_shares_are_said(moved, said):
    assert said in AttentionExplorer(**moved).snapshot()[0]


def test_the_block_is_small():
    assert len(AttentionExplorer()._block) < 200_000
