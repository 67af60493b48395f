"""Depth turns into time: each of the four changes changes what it says, and nothing else."""

import numpy as np
import pytest

from skiplab import TurnExplorer
from skiplab.base.merges import MERGES
from skiplab.explorers.turn import BLOCKS, GATES


def weights(frame):
    return np.array([frame[f"weights{i}"] for i in range(BLOCKS)])


def places(frame, name):
    return np.array([(frame[f"{name}_x{i}"], frame[f"{name}_y{i}"]) for i in range(BLOCKS)])


def test_a_stack_stands_upright_and_its_steps_lie_side_by_side():
    upright, lying = (places(TurnExplorer.frame(turn=turn), "merge") for turn in (0.0, 1.0))
    assert np.ptp(upright[:, 0]) == pytest.approx(0, abs=1e-9)
    assert np.all(np.diff(upright[:, 1]) > 1)
    assert np.ptp(lying[:, 1]) == pytest.approx(0, abs=1e-9)
    assert np.all(np.diff(lying[:, 0]) > 1)


def test_tipping_over_changes_no_weight_and_sharing_leaves_one_matrix():
    stack, tipped, shared = (weights(TurnExplorer.frame(turn=turn)) for turn in (0.0, 1.0, 2.0))
    assert np.array_equal(stack, tipped)
    assert len(np.unique(stack, axis=0)) == BLOCKS
    assert np.array_equal(shared, np.tile(stack[0], (BLOCKS, 1)))


def test_inputs_come_with_the_third_change_and_gates_with_the_last():
    for turn, reads, gated in ((1.0, 0, 0), (2.0, 0, 0), (3.0, 1, 0), (4.0, 1, 1)):
        frame = TurnExplorer.frame(turn=turn)
        assert (int(frame["reads"]), int(frame["gated"])) == (reads, gated), turn
        assert frame["colour"] == MERGES["gate" if gated else "add"].color, turn
        kept, new, z = (np.array([frame[f"{name}{i}"] for i in range(BLOCKS)]) for name in ("kept", "new", "z"))
        assert z == pytest.approx(GATES if gated else 1)
        assert kept == pytest.approx(1 + 6 * (1 - z if gated else np.ones(BLOCKS)))
        assert new == pytest.approx(1 + 6 * z)
