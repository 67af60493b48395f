"""The puzzle of sizes: what the explorer shows is what halving, doubling and the U-Net's own alignment give."""

import itertools

import numpy as np
import pytest
import torch

from skiplab import AlignExplorer
from skiplab.explorers.align import LEAST, LEVEL, SIDE, STEPS, there_and_back
from skiplab.nets.unet import Aligned
from skiplab.scene.template import fill


def frame(**moved):
    return AlignExplorer.frame(**({"side": 45, "rule": "end", "passed": STEPS} | moved))


def codes(side, rule):
    """What comes back, pixel by pixel."""
    return there_and_back(side, rule)[-1].reshape(SIDE, SIDE)[:side, :side]


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
        assert shown["same"] == (side % 8 == 0)
        assert shown["iou"] >= shown["other"]


def test_below_and_right_is_what_the_network_does():
    side = 45
    pool, up = torch.nn.AvgPool2d(2), torch.nn.Upsample(scale_factor=2)
    net = Aligned(pool, Aligned(pool, Aligned(pool, up), up), up)
    seen = codes(side, "end")
    disc = torch.tensor(np.isin(seen, (1, 2))).float()[None, None]
    assert np.array_equal(np.isin(seen, (1, 3)), (net(disc) > 0.5)[0, 0].numpy())


def test_padded_above_and_left_the_disc_moves_below_and_right():
    middle = [np.argwhere(np.isin(codes(45, rule), (1, 3))).mean(0) for rule in ("end", "start")]
    assert (middle[1] > middle[0] + 3).all()


def test_a_gap_is_called_a_pixel_and_not_short_as_a_skip():
    marks = AlignExplorer.scene["panels"][1]["marks"]
    assert {mark["text"] for mark in marks if "when" in mark and "text" in mark} == {"fits", "1 px short"}


@pytest.mark.parametrize(("moved", "said"), [
    ({}, "45 px go down as 45, 22, 11, 5. After 0 of 6 steps pooling has dropped 0 px."),
    ({"passed": 3}, "After 3 of 6 steps pooling has dropped 5 px."),
    ({"passed": 4, "rule": "start"}, "After 4 of 6 steps pooling has dropped 1 px, and padded above and left the disc has moved 4 px."),
    ({"side": 63, "passed": 6}, "padded below and right the disc has moved 0 px: IoU 0.73; padded on the other side, 0.54."),
])  # fmt: skip
def test_it_says_so(moved, said):
    assert AlignExplorer(**moved).snapshot()[0].endswith(said)


@pytest.mark.parametrize("rule", ["end", "start"])
def test_the_dot_and_the_thick_line_are_those_of_the_chosen_rule(rule):
    shown = frame(rule=rule)
    assert shown[f"{rule}_width"] > shown["end_width"] + shown["start_width"] - shown[f"{rule}_width"]
    assert shown["iou"] == shown[f"{rule}_line"][45 - LEAST]


def test_padded_above_and_left_the_same_disc_is_shifted_as_far_as_is_said():
    for side in range(LEAST, SIDE + 1):
        ours, other = (np.isin(codes(side, rule), (1, 3)) for rule in ("end", "start"))
        shift = int(frame(side=side, rule="start")["moved"])
        assert np.array_equal(ours[: side - shift, : side - shift], other[shift:, shift:]), side
        assert frame(side=side)["moved"] == 0, side


@pytest.mark.parametrize("rule", ["end", "start"])
def test_each_step_shows_its_pixels_what_is_lost_and_where_the_pad_stands(rule):
    for side, step in itertools.product((17, 45, 63, 64), range(1, STEPS)):
        level, shown = LEVEL[step], frame(side=side, rule=rule, passed=step)
        n, size = SIDE >> level, side >> level
        pixels = ~np.isnan(shown[f"state{step}"].reshape(n, n))
        assert pixels[:size, :size].all(), (side, step)
        assert pixels.sum() == size * size, (side, step)
        assert shown["whole"] == pytest.approx(size * 2**level / side, abs=1e-3), (side, step)
        assert shown["lost"] == side - size * 2**level, (side, step)
        padded = step > 3 and side >> level & 1
        assert shown["padded"] == padded, (side, step)
        if padded:
            edge = (0, 1 - shown["pad"]) if rule == "start" else (shown["whole"] - shown["pad"], 1 - shown["whole"])
            assert (shown["pad_x"], shown["pad_y"]) == pytest.approx(edge, abs=2e-3), (side, step)


def test_what_is_drawn_of_a_step_is_that_step_alone():
    for step in range(STEPS + 1):
        shown = frame(passed=step)
        drawn = [name for name in ("new", *(f"at{i}" for i in range(1, STEPS)), "ended") if shown[name]]
        assert drawn == ["new" if step == 0 else "ended" if step == STEPS else f"at{step}"]
        assert (shown["node_x"][step], shown["node_y"][step]) == pytest.approx((shown["here_x"] + 0.8, shown["here_y"] + 0.55))


@pytest.mark.parametrize(("moved", "titles"), [
    ({"passed": 0}, ["A disc, 45 px wide and high", "IoU: first come up again"]),
    ({"passed": 1}, ["Pooling drops a row and a column", "IoU: first come up again"]),
    ({"passed": 2}, ["Every pixel is pooled", "IoU: first come up again"]),
    ({"passed": 4}, ["Put back where they were lost", "IoU: first come up again"]),
    ({"passed": 4, "rule": "start"}, ["Put back on the wrong side", "IoU: first come up again"]),
    ({"passed": 5}, ["Nothing to put back here", "IoU: first come up again"]),
    ({"side": 48}, ["In its place again: IoU 0.82", "IoU 0.82 on either side"]),
    ({}, ["In its place again: IoU 0.70", "IoU 0.70, other side 0.53"]),
    ({"rule": "start"}, ["5 px off its place: IoU 0.53", "IoU 0.53, other side 0.70"]),
])  # fmt: skip
def test_the_titles_say_what_is_lost(moved, titles):
    assert [fill(AlignExplorer.scene["panels"][i]["title"], frame(**moved)) for i in (0, 2)] == titles


@pytest.mark.parametrize("side", [17, 45, 64])
def test_the_disc_is_as_wide_as_its_panel(side):
    shown = frame(side=side)
    assert shown["span"] * side / SIDE == pytest.approx(1, abs=1e-3)
    assert 1 - shown["floor"] == pytest.approx(shown["span"], rel=1e-3)
