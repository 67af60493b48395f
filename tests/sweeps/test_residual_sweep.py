"""The shipped errors are those that a training finds: a few cells are made again."""

import random

import numpy as np
import pytest

from skiplab import sweeps
from skiplab.sweeps import residual as sweep

# The same seeds on another processor round differently, and 120 steps multiply that. What is compared is the median over 8 seeds, which
# must lie within the shipped seeds' range, give or take 3 in a hundred.
SLACK = 0.03
DRAW = random.Random(3)
CELLS = [(DRAW.choice((8, 20)), DRAW.choice(sweep.WAYS), DRAW.choice(sweep.INITS), DRAW.choice(sweep.NORMS)) for _ in range(3)]


def agree(made, shipped):
    medians = np.median(made, 0)
    return bool(((shipped.min(0) - SLACK <= medians) & (medians <= shipped.max(0) + SLACK)).all())


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_cell_made_again_agrees(cell):
    run = sweep.cell(*cell)
    assert run.steps_at.tolist() == list(range(0, sweep.STEPS + 1, sweep.EVERY))
    assert agree(run.train_error, sweep.errors(*cell))
    assert agree(run.test_error, sweep.errors(*cell, which="test"))


@pytest.mark.slow
@pytest.mark.parametrize("cell", [(56, "none", "he", "batch"), (56, "add 1/√L", "he", "none")], ids=str)
def test_a_deep_cell_made_again_agrees(cell):
    assert agree(sweep.cell(*cell).train_error, sweep.errors(*cell))


@pytest.mark.slow
@pytest.mark.parametrize("merge", sweep.CONV_MERGES)
def test_a_convolutional_cell_made_again_agrees(merge):
    run = sweep.conv_cell(8, merge)
    assert agree(run.train_error, sweep.conv_errors(8, merge))
    assert agree(run.test_error, sweep.conv_errors(8, merge, "test"))


def test_other_numbers_would_not_agree():
    shipped = sweep.errors(20, "none")
    assert agree(shipped, shipped)
    assert not agree(sweep.errors(56, "none"), shipped)
    assert not agree(shipped[:, ::-1], shipped)


def test_the_arrays_have_their_axes_and_begin_at_chance():
    found = sweeps.load("residual")
    for which, most in sweep.EXAMPLES.items():
        assert found[which].shape == (len(sweep.DEPTHS), len(sweep.WAYS), len(sweep.INITS), len(sweep.NORMS), sweep.SEEDS, sweep.LOOKS)
        assert found[which].max() <= most
        assert 0.75 < np.median(found[which][..., 0]) / most < 0.95
        assert found[f"conv_{which}"].shape == (len(sweep.CONV_DEPTHS), 2, sweep.SEEDS, sweep.CONV_LOOKS)


def test_a_cell_is_looked_up_by_name():
    found = sweeps.load("residual")["test"]
    assert sweep.errors(20, "add 1/√L", "fixup", "batch", "test") * 597 == pytest.approx(found[1, 2, 2, 1])
    assert sweep.at(75) == 5


@pytest.mark.parametrize(("wrong", "said"), [
    (lambda: sweep.errors(21, "add"), "depth: expected one of 8, 20, 32, 56, got 21"),
    (lambda: sweep.errors(20, "sum"), "way: expected one of 'none'"),
    (lambda: sweep.conv_errors(8, "gate"), "merge: expected one of 'none', 'add'"),
    (lambda: sweep.cell(20, "sum", "he", "none"), "way: expected one of 'none'"),
    (lambda: sweep.errors(8, "add", which="x"), "which: expected one of 'train', 'test', got 'x'"),
    (lambda: sweep.conv_errors(8, "add", which="conv"), "which: expected one of 'train', 'test', got 'conv'"),
    (lambda: sweep.at(80), "step: expected a multiple of 15 up to 120, got 80"),
])  # fmt: skip
def test_what_was_not_measured_is_said(wrong, said):
    with pytest.raises(ValueError, match=said):
        wrong()
