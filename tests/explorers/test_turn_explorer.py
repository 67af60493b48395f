"""Depth turns into time: what each of the four changes changes, and what it leaves."""

import numpy as np

from skiplab import TurnExplorer
from skiplab.explorers.turn import BLOCKS, GATES


def at(turn):
    """The frame, and the numbers of all blocks by name."""
    frame = TurnExplorer.frame(turn=turn)
    return frame, lambda name: np.array([frame[f"{name}{i}"] for i in range(BLOCKS)])


def test_tipping_lays_the_stack_on_its_side_and_leaves_the_weights():
    (_, before), (_, after) = at(0.0), at(1.0)
    assert np.ptp(before("merge_x")) < 1e-3 < np.ptp(before("merge_y"))
    assert np.ptp(after("merge_y")) < 1e-3 < np.ptp(after("merge_x"))
    assert np.array_equal(before("weights"), after("weights"))
    assert len(np.unique(before("weights"), axis=0)) == BLOCKS


def test_then_weights_are_shared_inputs_are_read_and_gates_share_out_the_widths():
    assert len(np.unique(at(2.0)[1]("weights"), axis=0)) == 1
    assert [at(turn)[0]["reads"] for turn in (2.0, 2.1, 4.0)] == [0, 1, 1]
    assert [at(turn)[0]["gated"] for turn in (3.0, 3.1)] == [0, 1]
    _, gated = at(4.0)
    assert np.allclose(gated("z"), GATES)
    assert np.allclose(gated("kept") + gated("new"), 8)


def test_nothing_leaves_the_picture_on_the_way():
    for turn in np.arange(41) / 10:
        frame, each = at(float(turn))
        assert 0 < each("bent_x").min() < frame["last_x"] < 19.4
        assert max(each("bent_y").max(), frame["last_y"]) < 6.95
