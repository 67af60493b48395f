"""The gate explorer shows the gates of the stored networks, as a plain run of each network gives them."""

import numpy as np
import pytest
import torch

from skiplab import GateExplorer
from skiplab.explorers.gate import BELT, HEED, UNITS, VALUES, _sequences
from skiplab.nets.recurrent import unroll
from skiplab.probe import recurrent as lags
from skiplab.scene.template import fill
from skiplab.sweeps import adding

STARTS = {dial.name: dial.start for dial in GateExplorer.dials}


def frame(**moved):
    return GateExplorer.frame(**(STARTS | moved))


@pytest.mark.parametrize("state", ["after", "before"])
@pytest.mark.parametrize(("net", "first", "second"), [(1, 8, 14), (5, 1, 20), (8, 10, 11)])
def test_the_picture_is_that_of_the_network_on_the_marked_sequence(state, net, first, second):
    shown = frame(state=state, net=net, first=first, second=second)
    marks = torch.zeros(20)
    marks[[first - 1, second - 1]] = 1
    x = torch.stack([torch.tensor(shown["values"], dtype=torch.float32), marks], -1)[None]
    network = adding.nets(state == "after")[net - 1]
    with torch.no_grad():
        answers = network.head(unroll(network.cell, x))[0, :, 0].numpy()
        assert network(x).item() == pytest.approx(shown["said"], abs=2e-3)
    assert shown["answer"] == pytest.approx(answers, abs=2e-3)
    z = lags.gates(network.cell, x)[0]  # (step, unit)
    unit = np.abs(z - shown["z"][:, None]).max(0).argmin()
    assert shown["z"] == pytest.approx(z[:, unit], abs=2e-3)
    marked = marks.numpy() > 0
    assert (shown["open"], shown["shut"]) == pytest.approx((z[marked, unit].mean(), z[~marked, unit].mean()), abs=2e-3)
    rows = shown["units"].reshape(16, 20)
    assert rows[0] == pytest.approx(shown["z"], abs=0.006)  # the gate that opens most stands on top
    assert np.sort(rows, 0) == pytest.approx(np.sort(z.T, 0), abs=0.006)
    assert shown["heed"] == (z[marked].mean(0) - z[~marked].mean(0) > HEED).sum()
    assert (shown["low"] <= shown["z"] + 1e-3).all()
    assert (shown["z"] <= shown["high"] + 1e-3).all()


@pytest.mark.parametrize(("first", "second"), [(1, 11), (8, 14), (10, 20)])
def test_the_sum_and_the_best_guess_are_those_of_the_marks(first, second):
    shown = frame(first=first, second=second)
    one, other = shown["values"][[first - 1, second - 1]]
    assert shown["sum"] == pytest.approx(one + other, abs=2e-3)
    guess = [1.0] * (first - 1) + [one + 0.5] * (second - first) + [one + other] * (21 - second)
    assert shown["guess"] == pytest.approx(np.array(guess), abs=2e-3)
    assert (shown["first_left"], shown["second_left"]) == pytest.approx((first - 0.46, second - 0.46))
    assert shown["awaited"] == pytest.approx(shown["guess"] + BELT, abs=2e-3)


def test_trained_gates_open_for_the_marks_and_untrained_ones_do_not():
    after, before = frame(), frame(state="before")
    assert after["opens"] > 0.5 > 0.3 > after["shuts"]
    assert abs(before["opens"] - before["shuts"]) < 0.1
    assert after["heed"] > UNITS / 2 > before["heed"] == 0
    assert abs(after["said"] - after["sum"]) < 0.2


def test_each_valve_is_as_wide_as_its_gate_is_open():
    shown = frame(net=3)
    left, _, _, right = shown["valve"].reshape(20, 4).T
    assert right - left == pytest.approx(0.92 * shown["z"], abs=2e-3)
    assert left + right == pytest.approx(2 * np.arange(1, 21), abs=2e-3)


def test_step_by_step_no_more_is_shown_and_said_than_was_read():
    for step in (1, 8, 19, 20):
        shown = frame(step=step)
        assert (shown["z_now"], shown["answer_now"]) == pytest.approx((shown["z"][step - 1], shown["answer"][step - 1]), abs=1e-3)
        assert shown["value_now"] == pytest.approx(VALUES[step - 1])
        assert shown["is_marked"] == (step in (8, 14))
        assert (shown["ahead"], shown["hidden"]) == (step + 0.5, 20 - step)
        assert ("the sum is" in fill(GateExplorer.sentence, shown)) == (step == 20)
    assert STARTS["step"] == 1


def test_tips_ask_and_show_the_whole_sequence():
    assert all(text.endswith("?") and dials["step"] == 20 for text, dials in GateExplorer.tips)
    _, beside, far, other, _ = (frame(**dials) for _, dials in GateExplorer.tips)
    assert (beside["z"][9:11] > 0.5).all()
    assert (far["first"], far["second"]) == (1, 20)
    assert other["z"][13] < 0.4


def test_every_pair_of_marks_is_there_once():
    marks = _sequences()[..., 1].flatten(0, 1)
    assert (marks.sum(1) == 2).all()
    assert len({tuple(row.tolist()) for row in marks}) == 100
    assert len(GateExplorer()._block) < 2_000_000
