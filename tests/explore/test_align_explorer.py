"""The puzzle of sizes: what the explorer shows is what halving, doubling and the U-Net's own alignment give."""

import numpy as np
import pytest
import torch

from skiplab import AlignExplorer
from skiplab.explore.align import LEAST, SIDE, there_and_back
from skiplab.nets.unet import Aligned


def frame(**moved):
    return AlignExplorer.frame(**({"side": 45, "rule": "end"} | moved))


@pytest.mark.parametrize(("side", "down", "back"), [(45, (45, 22, 11, 5), (44, 22, 10)), (48, (48, 24, 12, 6), (48, 24, 12))])
def test_sides_go_down_and_come_back(side, down, back):
    shown = frame(side=side)
    assert tuple(shown[f"n{i}"] for i in range(4)) == down
    assert tuple(shown[f"back{i}"] for i in range(3)) == back
    assert [shown[f"gap{i}"] for i in range(3)] == [a - b for a, b in zip(down, back, strict=False)]
    assert [shown[f"fits{i}"] for i in range(3)] == [1 - shown[f"gap{i}"] for i in range(3)]


def test_where_every_level_fits_the_rule_does_not_matter():
    for side in range(LEAST, SIDE + 1):
        shown = frame(side=side)
        if side % 8 == 0:
            assert shown["iou"] == shown["other"]
        assert (shown["gaps"] == 0) == (side % 8 == 0)
        assert shown["iou"] >= shown["other"]


def test_below_and_right_is_what_the_network_does():
    side = 45
    pool, up = torch.nn.AvgPool2d(2), torch.nn.Upsample(scale_factor=2)
    net = Aligned(pool, Aligned(pool, Aligned(pool, up), up), up)
    codes = there_and_back(side, "end")[:side, :side]
    disc = torch.tensor(np.isin(codes, (1, 2))).float()[None, None]
    assert np.array_equal(np.isin(codes, (1, 3)), (net(disc) > 0.5)[0, 0].numpy())


def test_padded_above_and_left_the_disc_moves_below_and_right():
    middle = [np.argwhere(np.isin(there_and_back(45, rule), (1, 3))).mean(0) for rule in ("end", "start")]
    assert (middle[1] > middle[0] + 3).all()


def test_a_gap_is_called_a_pixel_and_not_short_as_a_skip():
    marks = AlignExplorer.scene["panels"][0]["marks"]
    assert {mark["text"] for mark in marks if "when" in mark and "text" in mark} == {"fits", "1 px short"}


@pytest.mark.parametrize(("moved", "said"), [
    ({"side": 48}, "every level fits"),
    ({"side": 44}, "one level comes back a pixel short"),
    ({"side": 45, "rule": "start"}, "Padded above and left"),
    ({"side": 63}, "all three levels come back a pixel short"),
])  # fmt: skip
def test_it_says_so(moved, said):
    assert said in AlignExplorer(**moved).snapshot()[0]
