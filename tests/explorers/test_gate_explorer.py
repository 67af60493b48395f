"""The gate explorer shows the gates of the stored networks, as a plain run of each network gives them."""

import numpy as np
import pytest
import torch

from skiplab import GateExplorer
from skiplab.explorers.gate import HEED, UNITS, _sequences
from skiplab.nets.recurrent import unroll
from skiplab.probe import recurrent as lags
from skiplab.scene.paint import paint
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
    assert (shown["first_edge"], shown["second_edge"]) == (first - 0.5, second - 0.5)


def test_trained_gates_open_for_the_marks_and_untrained_ones_do_not():
    after, before = frame(), frame(state="before")
    assert after["opens"] > 0.5 > 0.3 > after["shuts"]
    assert abs(before["opens"] - before["shuts"]) < 0.1
    assert after["heed"] > UNITS / 2 > before["heed"] == 0
    assert abs(after["said"] - after["sum"]) < 0.2


def test_tips_say_what_is_then_drawn():
    beside, far, other, _ = (frame(**dials) for _, dials in GateExplorer.tips)
    assert (beside["z"][9:11] > 0.5).all()
    assert (far["first"], far["second"]) == (1, 20)
    assert f"({other['z'][13]:.2f})" in GateExplorer.tips[2][0]


def test_the_bars_of_the_poster_hide_the_grid():
    axes = paint(GateExplorer.scene, frame()).axes[0]
    assert all(bar.get_zorder() > axes.xaxis.get_zorder() for bar in axes.containers[0])


def test_every_pair_of_marks_is_there_once():
    marks = _sequences()[..., 1].flatten(0, 1)
    assert (marks.sum(1) == 2).all()
    assert len({tuple(row.tolist()) for row in marks}) == 100
    assert len(GateExplorer()._block) < 2_000_000
