"""The U-Net explorer shows the shipped sweep: scores, seeds, masks, and which skips are open."""

import numpy as np
import pytest
import torch

from skiplab import AlignExplorer, UnetExplorer, sweeps
from skiplab.data import pictures
from skiplab.explorers.unet import ERRORS, LEVELS
from skiplab.scene.marks import PALETTE
from skiplab.scene.template import fill
from skiplab.sweeps import unet as sweep

STARTS = {dial.name: dial.start for dial in UnetExplorer.dials}
PLACES = [
    {},
    {"finest": "none", "middle": "add"},
    {"data": "coins", "finest": "add", "middle": "none", "coarsest": "none", "muted": "finest"},
    {"data": "page", "muted": "all"},
]


def frame(**moved):
    return UnetExplorer.frame(**(STARTS | moved))


def cell(name, **moved):
    return sweeps.load("unet")[name].at(**(STARTS | moved)).array


@pytest.mark.parametrize("moved", PLACES)
def test_scores_are_the_sweeps(moved):
    shown = frame(**moved)
    assert shown["here_iou_x"] == pytest.approx(cell("iou", **moved), abs=1e-3)
    for score in ("iou", "f1"):
        seeds = cell(score, **moved)
        assert shown[score] == pytest.approx(np.median(seeds), abs=1e-3)
        assert (shown[f"{score}_low"], shown[f"{score}_high"]) == pytest.approx((seeds.min(), seeds.max()), abs=1e-3)
    assert shown["here_iou"] == shown["iou"]
    assert len(seeds) == sweep.SEEDS == 8  # as the sentence says


@pytest.mark.parametrize("moved", PLACES)
def test_the_codes_are_those_of_the_mask_that_was_found(moved):
    shown = frame(**moved)
    found = cell("masks", **moved).ravel()
    true = pictures.view((STARTS | moved)["data"])[1].numpy().ravel()
    assert np.array_equal(np.isin(shown["found"], (1, 3)), found)
    assert np.array_equal(np.isin(shown["found"], (1, 2)), true > 0)


def test_muted_nets_are_compared_with_nets_trained_without():
    assert frame(muted="middle")["iou_retrained"] == pytest.approx(frame(middle="none")["iou"])
    assert frame(muted="all")["iou_retrained"] == pytest.approx(frame(finest="none", middle="none", coarsest="none")["iou"])
    assert frame()["iou_retrained"] == pytest.approx(frame()["iou"])
    assert "Trained without those skips" in UnetExplorer(muted="all").snapshot()[0]
    assert "Trained without" not in UnetExplorer().snapshot()[0]


def test_a_skip_is_open_muted_or_not_there():
    shown = frame(finest="none", middle="add", muted="middle")
    assert [(shown[f"{level}_open"], shown[f"{level}_mute"]) for level in LEVELS] == [(0, 0), (0, 1), (1, 0)]
    assert [shown[f"{level}_colour"] for level in LEVELS] == ["plain", "add", "concat"]


@pytest.mark.parametrize(("moved", "said"), [
    ({"muted": "finest"}, "the finest muted after training. "),
    ({"muted": "all", "finest": "none"}, "all muted after training. "),
    ({"muted": "finest", "finest": "none"}, ", with no skip to mute at the finest level. "),
    ({"muted": "all", **dict.fromkeys(LEVELS, "none")}, ", with no skip to mute at any level. "),
])  # fmt: skip
def test_it_says_where_there_is_nothing_to_mute(moved, said):
    sentence = UnetExplorer(**moved).snapshot()[0]
    assert said in sentence
    assert ("Trained without those skips" in sentence) == ("no skip" not in said)


def rows(**moved):
    """The rows of seeds that are drawn, from the lowest: (net, x of its IoUs, their heights)."""
    shown = frame(**moved)
    nets = [net for net in ("none", "add", "concat", "without", "here") if shown[f"{net}_on"]]
    return shown, [(net, shown[f"{net}_iou_x"], shown[f"{net}_y"]) for net in nets]


@pytest.mark.parametrize(("moved", "there"), [
    ({}, ["here"]),
    ({"finest": "none"}, ["none", "concat", "here"]),
    ({"finest": "add"}, ["add", "concat", "here"]),
    ({"finest": "none", "middle": "add"}, ["none", "add", "concat", "here"]),
    (dict.fromkeys(LEVELS, "none"), ["concat", "here"]),
    (dict.fromkeys(LEVELS, "add"), ["concat", "here"]),
    ({"muted": "finest"}, ["none", "concat", "without", "here"]),
    ({"muted": "all"}, ["concat", "without", "here"]),
    ({"muted": "finest", "finest": "none"}, ["none", "concat", "here"]),
    ({"muted": "all", **dict.fromkeys(LEVELS, "none")}, ["concat", "here"]),
])  # fmt: skip
def test_no_net_is_shown_twice_or_before_it_is_asked_for_and_a_muted_one_beside_one_trained_without(moved, there):
    shown, found = rows(**moved)
    assert [net for net, _, _ in found] == there
    assert [round(float(np.mean(y))) for _, _, y in found] == list(range(len(there)))
    assert shown["top"] == len(there)
    assert len({tuple(x) for _, x, _ in found}) == len(there)


def test_the_one_trained_without_is_that_of_the_sweep():
    assert list(frame(muted="finest")["without_iou_x"]) == pytest.approx(cell("iou", finest="none"), abs=1e-3)


def test_seeds_with_equal_scores_do_not_hide_one_another():
    for _, _, y in rows(muted="finest")[1]:
        assert len(set(y)) == 8
        assert max(y) - min(y) < 0.7


@pytest.mark.parametrize(("moved", "said"), [
    ({}, "Mask nearly all right, its edge nearly all right"),
    ({"muted": "finest"}, "Mask hardly there, its edge lost"),
    (dict.fromkeys(LEVELS, "none"), "Mask mostly wrong, its edge mostly wrong"),
    ({"data": "coins", **dict.fromkeys(LEVELS, "none")}, "Mask nearly all right, its edge mostly wrong"),
])  # fmt: skip
def test_the_title_says_how_good_the_mask_and_its_edge_are(moved, said):
    assert fill(UnetExplorer.scene["panels"][0]["title"], frame(**moved)) == said


def test_each_level_of_the_u_has_the_picture_halved_as_often():
    shown = frame(data="cell")
    x = pictures.view("cell")[0].numpy().reshape(64, 64)
    for i in range(4):
        small = torch.nn.functional.avg_pool2d(torch.tensor(x)[None], 2**i).numpy().ravel()
        assert shown[f"picture{i}"] == pytest.approx(small, abs=1e-3)


def test_a_click_on_a_skip_means_that_skip():
    shown, panel = frame(), UnetExplorer.scene["panels"][1]
    arrows = [mark for mark in panel["marks"] if str(mark.get("color", "")).startswith("@")]
    for level, dial in zip(LEVELS, UnetExplorer.dials[2:], strict=True):
        at, x, y = dial.at
        assert UnetExplorer.scene["panels"][at] is panel
        (arrow,) = (mark for mark in arrows if mark["color"] == f"@{level}_colour" and mark["kind"] == "arrow")
        assert (shown[y] == arrow["start"][1]).all()
        assert arrow["start"][0] < shown[x].min() < shown[x].max() < arrow["end"][0]


@pytest.mark.parametrize("scene", [UnetExplorer.scene, AlignExplorer.scene])
def test_the_colours_of_errors_have_their_key_beside_them(scene):
    (marks,) = ([*panel["marks"]] for panel in scene["panels"] if any(mark.get("colors") == ERRORS["colors"] for mark in panel["marks"]))
    names = [mark["text"] for mark in marks if mark["kind"] == "text"][-3:]
    squares = [mark["color"] for mark in marks if mark["kind"] == "points" and mark["marker"] == "square"]
    assert dict(zip(names, squares, strict=True)) == dict(zip(("right", "missed", "added"), ERRORS["colors"][1:], strict=True))
    assert not set(ERRORS["colors"]) & {"plain", "add", "concat", "path"}


CONES = {
    "all": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}  # Machado, Oliveira and Fernandes 2009


@pytest.mark.parametrize("cones", CONES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_errors_differ_in_lightness_for_readers_without_red_or_green_cones_too(theme, cones):
    light = {}
    for name in ERRORS["colors"]:
        code = np.array([int(PALETTE[theme][name][i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
        light[name] = 116 * np.cbrt([0.2126, 0.7152, 0.0722] @ np.clip(np.array(CONES[cones]) @ linear, 0, 1)) - 16
    assert abs(light["missed"] - light["extra"]) > 15
    assert min(abs(light["missed"] - light[name]) for name in ("pale", "soft")) > 15
    assert abs(light["pale"] - light["soft"]) > 15


def test_the_block_is_small():
    assert len(UnetExplorer()._block) < 2_000_000


def test_the_button_trains_the_net_of_the_dials(monkeypatch):
    real = sweep.cell
    monkeypatch.setattr(sweep, "cell", lambda *args, **how: real(*args, **how, steps=2))
    explorer = UnetExplorer(finest="none")
    explorer.press().settle(120)
    assert explorer._error == {}
    assert explorer._done == "2 seeds trained here: the crosses"
    live = explorer._live
    assert live["values"] == explorer.values
    assert len(live["numbers"]["live_iou"]) == len(live["numbers"]["live_y"]) == 2


def test_the_button_can_be_stopped(monkeypatch):
    explorer = UnetExplorer()
    real = sweep.cell
    monkeypatch.setattr(
        sweep, "cell", lambda *args, **how: real(*args, **{**how, "watch": lambda *at: explorer.press() or how["watch"](*at)})
    )
    explorer.press().settle(120)
    assert explorer._done == "stopped"
