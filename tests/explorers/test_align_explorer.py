"""The puzzle of sizes: what the explorer shows is what halving, doubling and the U-Net's own alignment give."""

import numpy as np
import pytest
import torch

from skiplab import AlignExplorer
from skiplab.explorers.align import LEAST, SIDE, there_and_back
from skiplab.nets.unet import Aligned
from skiplab.scene.template import fill


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


@pytest.mark.parametrize("rule", ["end", "start"])
def test_the_dot_and_the_thick_line_are_those_of_the_chosen_rule(rule):
    shown = frame(rule=rule)
    assert shown[f"{rule}_width"] > shown["end_width"] + shown["start_width"] - shown[f"{rule}_width"]
    assert shown["iou"] == shown[f"{rule}_line"][45 - LEAST]


def test_padded_above_and_left_the_same_disc_is_shifted_as_far_as_the_title_says():
    for side in range(LEAST, SIDE + 1):
        ours, other = (np.isin(there_and_back(side, rule)[:side, :side], (1, 3)) for rule in ("end", "start"))
        shift = int(frame(side=side, rule="start")["shift"])
        assert np.array_equal(ours[: side - shift, : side - shift], other[shift:, shift:]), side
        assert frame(side=side)["shift"] == 0, side


@pytest.mark.parametrize(("moved", "titles"), [
    ({"side": 48}, ["In place, in squares of 8 px", "IoU 0.82 on either side"]),
    ({}, ["In place, in squares of 8 px", "IoU 0.70, other side 0.53"]),
    ({"rule": "start"}, ["Shifted 5 px right and down", "IoU 0.53, other side 0.70"]),
])  # fmt: skip
def test_the_titles_say_what_is_lost(moved, titles):
    assert [fill(panel["title"], frame(**moved)) for panel in AlignExplorer.scene["panels"][1:]] == titles


@pytest.mark.parametrize("side", [17, 45, 64])
def test_the_disc_is_as_wide_as_its_panel_and_in_the_squares_of_the_smallest_state(side):
    shown = frame(side=side)
    assert shown["span"] * side / SIDE == pytest.approx(1, abs=1e-3)
    assert 1 - shown["floor"] == pytest.approx(shown["span"], rel=1e-3)
    places = np.unique(shown["grid_x"][~np.isnan(shown["grid_x"])])
    assert places == pytest.approx(np.arange(0, side // 8 + 1) * 8 / side, abs=1e-3)
