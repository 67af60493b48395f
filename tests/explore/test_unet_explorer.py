"""The U-Net explorer shows the shipped sweep: scores, seeds, masks, and which skips are open."""

import numpy as np
import pytest

from skiplab import UnetExplorer, pictures, sweeps
from skiplab.explore.unet import F1_AT, LEVELS
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
    values = STARTS | moved
    at = [sweep.MERGES.index(values[level]) for level in LEVELS]
    return sweeps.load("unet")[name][(sweep.DATA.index(values["data"]), *at, list(sweep.MUTED).index(values["muted"]))]


@pytest.mark.parametrize("moved", PLACES)
def test_scores_are_the_sweeps(moved):
    shown = frame(**moved)
    for score, at in (("iou", 0), ("f1", F1_AT)):
        seeds = cell(score, **moved).astype(float)
        assert shown[f"here_{score}_x"] == pytest.approx(at + seeds, abs=1e-3)
        assert shown[score] == pytest.approx(np.median(seeds), abs=1e-3)
        assert (shown[f"{score}_low"], shown[f"{score}_high"]) == pytest.approx((seeds.min(), seeds.max()), abs=1e-3)
        assert list(shown[f"here_{score}_mid"]) == pytest.approx(2 * [at + np.median(seeds)], abs=1e-3)
    assert len(seeds) == sweep.SEEDS == 8  # as the sentence says


@pytest.mark.parametrize("moved", PLACES)
def test_the_codes_are_those_of_the_mask_that_was_found(moved):
    shown = frame(**moved)
    found = np.unpackbits(cell("masks", **moved))
    true = pictures.view((STARTS | moved)["data"])[1].numpy().ravel()
    assert np.array_equal(np.isin(shown["found"], (1, 3)), found > 0)
    assert np.array_equal(np.isin(shown["found"], (1, 2)), true > 0)


def test_muted_nets_are_compared_with_nets_trained_without():
    assert frame(muted="middle")["retrained"] == pytest.approx(frame(middle="none")["iou"])
    assert frame(muted="all")["retrained"] == pytest.approx(frame(finest="none", middle="none", coarsest="none")["iou"])
    assert frame()["retrained"] == pytest.approx(frame()["iou"])
    assert "Trained without those skips" in UnetExplorer(muted="all").snapshot()[0]
    assert "Trained without" not in UnetExplorer().snapshot()[0]


def test_a_skip_is_open_muted_or_not_there():
    shown = frame(finest="none", middle="add", muted="middle")
    assert [(shown[f"{level}_open"], shown[f"{level}_mute"]) for level in LEVELS] == [(0, 0), (0, 1), (1, 0)]
    assert [shown[f"{level}_colour"] for level in LEVELS] == ["muted", "add", "concat"]


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


def test_seeds_with_equal_scores_do_not_hide_one_another():
    rows = [mark["y"] for mark in UnetExplorer.scene["panels"][2]["marks"] if mark["kind"] == "points" and "live" not in mark["x"]]
    assert len(rows) == 8
    assert all(len(set(row)) == 8 and max(row) - min(row) < 0.7 for row in rows)


def test_errors_have_colours_of_their_own():
    marks = [mark for panel in UnetExplorer.scene["panels"] for mark in panel["marks"]]
    (errors,) = (mark["colors"] for mark in marks if mark["kind"] == "cells" and "extra" in mark["colors"])
    assert not set(errors) & {"plain", "add", "concat"}
    assert UnetExplorer().snapshot()[0].endswith("Red is missed, yellow added.")


def test_the_block_is_small():
    assert len(UnetExplorer().canvas.block) < 2_000_000


def test_the_button_trains_the_net_of_the_dials(monkeypatch):
    real = sweep.cell
    monkeypatch.setattr(sweep, "cell", lambda *args, **how: real(*args, **how, steps=2))
    explorer = UnetExplorer(finest="none")
    explorer.press().settle(120)
    assert explorer.canvas.error == ""
    assert explorer.canvas.done == "2 seeds trained here: the crosses"
    live = explorer.canvas.live
    assert live["values"] == explorer.values
    assert len(live["numbers"]["live_iou"]) == len(live["numbers"]["live_y"]) == 2


def test_the_button_can_be_stopped(monkeypatch):
    explorer = UnetExplorer()
    real = sweep.cell
    monkeypatch.setattr(
        sweep, "cell", lambda *args, **how: real(*args, **{**how, "watch": lambda *at: explorer._stopped.set() or how["watch"](*at)})
    )
    explorer.press().settle(120)
    assert explorer.canvas.done == "stopped"
