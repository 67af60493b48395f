"""The stored maps of attention are whole, end where the task wants them, and come out again when they are made anew."""

import numpy as np
import pytest

from skiplab import sweeps
from skiplab.sweeps import attention as sweep

FOUND = sweeps.load("attention")


def test_every_cell_is_there():
    size = len(sweep.TASKS), len(sweep.STEPS), sweep.SEEDS, sweep.LENGTH, sweep.LENGTH
    assert FOUND["looks"].shape == size
    assert FOUND["right"].shape == (size[0], 2, *size[1:3])
    assert np.allclose(FOUND["looks"].sum(-1), 1, atol=0.01)
    assert FOUND["about"]["seeds"] == sweep.SEEDS


@pytest.mark.parametrize("task", sweep.TASKS)
def test_in_the_end_attention_looks_where_the_task_wants_it(task):
    t, wanted = list(sweep.TASKS).index(task), sweep.TASKS[task]
    weight = FOUND["looks"][t, -1, :, range(sweep.LENGTH), wanted]  # (T, seeds)
    assert np.median(weight) > 0.8
    assert np.median(FOUND["right"][t, 1, -1]) > 0.95
    assert FOUND["right"][t, 0].max() < 0.7
    assert np.allclose(FOUND["right"][t, :, 0], 1 / 8, atol=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("task", "steps"), [("reverse", 0), ("swap halves", 10)])
def test_a_cell_comes_out_again(task, steps):
    t, s = list(sweep.TASKS).index(task), sweep.STEPS.index(steps)
    for attention in (False, True):
        maps, right = sweep.looked_at(sweep.cell(task, attention, steps), task)
        assert np.allclose(right, FOUND["right"][t, int(attention), s], atol=0.03)
        if attention:
            assert np.allclose(maps, FOUND["looks"][t, s], atol=0.02)
