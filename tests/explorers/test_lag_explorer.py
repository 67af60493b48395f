"""The lag explorer shows what the probe measured, whatever the cell."""

from functools import partial

import numpy as np
import pytest

from skiplab import LagExplorer
from skiplab.explorers.lag import CELLS, GAINS, GATED, HOPS, LENGTH, PLAIN, SEEDS, STEEP, TALL, WIDTH
from skiplab.nets import recurrent
from skiplab.probe import recurrent as lags

STARTS = {dial.name: dial.start for dial in LagExplorer.dials}
ROOT = 2**0.5
SETTINGS = [
    ("rnn", {"gain": 1.4}, {"gain": ROOT}),
    ("rnn", {"gain": 0.5, "init": "orthogonal"}, {"gain": 0.5, "init": "orthogonal"}),
    ("lag", {"gain": 1.0, "k": 3}, {"gain": 1.0, "lag": 3}),
    ("lag", {"gain": 1.0, "match": "added"}, {"gain": ROOT, "lag": 2}),  # at gain 2 the cell is chaotic, and round-off grows
    ("add", {"k": 10}, {"lag": 10}),
    ("irnn", {}, {}),
    ("gru", {"bias": -2.0}, {"bias": -2.0}),
    ("lstm", {"bias": 1.0}, {"bias": 1.0}),
]


def frame(**moved):
    return LagExplorer.frame(**(STARTS | moved))


@pytest.mark.slow
def test_curves_are_the_probes_medians_and_ranges():
    x = lags.noise(length=LENGTH)
    for cell, dials, start in SETTINGS:
        logs = lags.by_lag(lags.draw(partial(recurrent.CELLS[cell], x.shape[-1], WIDTH), SEEDS, **start), x)
        for back in (1, 20, LENGTH - 1):
            the_curves_are_those_of(logs, back, frame(cell=cell, back=back, **dials))


def the_curves_are_those_of(logs, back, shown):
    for name, expected in (("middle", np.median(logs, 0)), ("middle_low", logs.min(0)), ("middle_high", logs.max(0))):
        assert shown[name] == pytest.approx(expected[::-1], abs=2e-3)  # time goes from left to right
    assert shown["factor"] == pytest.approx(np.median(logs[:, back]), abs=2e-3)
    assert shown["factor_low"] <= shown["factor"] <= shown["factor_high"]
    assert shown["step"] == pytest.approx(np.median(lags.a_step(logs)), abs=2e-3)
    assert shown["floor"] <= shown["middle_low"].min() < shown["middle_high"].max() <= shown["ceiling"]


def test_matched_gain_is_one_rung_below_added_gain():
    """The same two matrices are "added" at gain 1 and "matched" at gain √2."""
    added, matched = frame(cell="lag", match="added", gain=1.0), frame(cell="lag", match="matched", gain=1.4)
    assert np.array_equal(added["middle"], matched["middle"])


@pytest.mark.parametrize("cell", [*PLAIN, *GATED])
def test_the_point_on_the_right_lies_on_its_line(cell):
    shown = frame(cell=cell, gain=0.7, bias=-4.0, k=5)
    places = shown["biases"] if shown["gated"] else shown["gains"]
    assert shown[f"{cell}_steps"][list(places).index(np.float32(shown["here"]).round(3))] == shown["step"]
    assert shown["gated"] + shown["plain"] == 1


@pytest.mark.parametrize(("moved", "said"), [
    ({"cell": "gru", "back": 20}, "it vanishes. That is a factor of 0.6"),
    ({"cell": "gru", "bias": -4.0, "back": 20}, "it arrives"),
    ({"init": "orthogonal", "back": 20}, "it fades"),
    ({"cell": "irnn", "back": 59}, "it arrives. That is a factor of 0.98"),
    ({"cell": "add", "back": 50}, "it grows"),
    ({"cell": "add", "back": 59}, "it explodes"),
    ({"cell": "lstm", "bias": -2.0}, "bias 2 of the forget gate"),
    ({"cell": "lag", "match": "added", "gain": 1.0}, "two matrices, each of gain 1.0"),
    ({"cell": "lag", "k": 5}, "a skip over 5 steps"),
])  # fmt: skip
def test_the_setting_and_the_verdict_are_said(moved, said):
    assert said in LagExplorer(**moved).snapshot()[0]


def marks(kind):
    return [mark for panel in LagExplorer.scene["panels"] for mark in panel["marks"] if mark["kind"] == kind]


@pytest.mark.parametrize("cell", CELLS)
def test_the_chosen_line_is_thick_and_each_cell_has_its_own_dashes(cell):
    shown, looks = frame(cell=cell), {}
    for mark in marks("line"):
        one = str(mark.get("width")).removeprefix("@").removesuffix("_width")
        if one in CELLS:
            assert shown[f"{one}_width"] == (4 if one == cell else pytest.approx(1.8))
            looks.setdefault(one, set()).add((mark["color"], mark.get("dash")))
    assert all(len(each) == 1 for each in looks.values())
    assert len(set.union(*looks.values())) == len(CELLS)


def test_a_belt_is_what_is_left_and_no_more_is_shown_than_the_dial_has_reached():
    """Cells in time order under a cover that ends where the dial stands, red on top where the gradient has grown."""
    for back in (1, 20, LENGTH - 1):
        shown = frame(back=back, cell="add")
        assert 0.5 - LENGTH + shown["hidden"] == shown["head"] == -back - 0.5
        for row, cell in enumerate(CELLS):
            assert shown[f"{cell}_factor"] == pytest.approx(shown[f"{cell}_middle"][LENGTH - 1 - back], abs=2e-3)
            red = shown[f"{cell}_over"] - (len(CELLS) - 1 - row + TALL)
            assert red == pytest.approx(TALL * np.clip(shown[f"{cell}_middle"] / STEEP, 0, 0.8), abs=2e-3)
    belts, covers = marks("cells"), [mark for mark in marks("box") if mark.get("w") == "@hidden"]
    assert [mark["z"] for mark in belts] == [f"@{cell}_middle" for cell in CELLS]
    assert len(covers) == len(CELLS) + 1  # and the lines below


def test_the_start_gives_nothing_away_and_tips_ask():
    assert STARTS["back"] == 1
    assert all(text.endswith("?") for text, _ in LagExplorer.tips)


def test_the_block_is_small_and_the_rungs_are_those_of_the_picture():
    assert len(LagExplorer()._block) < 200_000
    assert np.allclose(GAINS, 2 ** (np.arange(-2, 3) / 2), rtol=0.02)
    assert (HOPS[0], LENGTH) == (2, 60)
