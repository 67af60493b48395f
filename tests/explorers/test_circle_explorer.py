"""The circle explorer shows what blocks make of a circle, here computed block by block with nothing but matrices."""

import itertools

import numpy as np
import pytest

from skiplab import CircleExplorer
from skiplab.explorers.circle import ARCS, ARMS, BLOCKS, GAMMAS, INITS, POINTS, SEEDS, WIDTH
from skiplab.probe.stack import Config, inputs, stack

STARTS = {dial.name: dial.start for dial in CircleExplorer.dials}


def frame(**moved):
    return CircleExplorer.frame(**(STARTS | moved))


def shown(arm, **moved):
    """The points of an arm, (points, 2)."""
    found = frame(**moved)
    return np.stack([np.concatenate([found[f"{arm}_{name}{arc}"] for arc in range(ARCS)]) for name in "xy"], -1) - [ARMS[arm][0], 0]


def by_hand(keep, gamma, init, activation):
    """The circles behind all blocks, centred: (seeds, points, width)."""
    turn = np.arange(POINTS) * 2 * np.pi / POINTS
    plane = np.linalg.qr(inputs(SEEDS, WIDTH, 2).cpu().numpy().swapaxes(1, 2))[0]
    h = WIDTH**0.5 * np.stack([np.cos(turn), np.sin(turn)], -1) @ plane.swapaxes(1, 2)
    for block in stack(Config("none", init=init), [BLOCKS], SEEDS, WIDTH):
        h = keep * h + gamma * activation(h @ block.branch.weight.cpu().numpy().swapaxes(1, 2))
    return h - h.mean(1, keepdims=True)


@pytest.mark.parametrize("name", INITS)
def test_lengths_are_those_of_circles_pushed_by_hand(name, subtests):
    init, activation = ("he", lambda z: np.maximum(z, 0)) if name == "he" else ("orthogonal", np.tanh)
    scales = {"1": 1, "1/√L": BLOCKS**-0.5, "1/L": 1 / BLOCKS}
    for arm, gamma in [("plain", "1"), *(("skip", gamma) for gamma in GAMMAS)]:
        with subtests.test(arm=arm, gamma=gamma):
            h = by_hand(arm == "skip", scales[gamma] if arm == "skip" else 1, init, activation)
            values = np.sqrt(np.linalg.eigvalsh(h @ h.swapaxes(1, 2)).clip(0)[:, ::-1])  # (seeds, points)
            found = frame(init=name, gamma=gamma, block=BLOCKS)
            assert found[f"{arm}_long"] == pytest.approx(np.median(values[:, 0] / values[:, 1]), rel=1e-3)
            distances = np.linalg.norm(shown(arm, init=name, gamma=gamma, block=BLOCKS), axis=-1)
            middle = h[np.argsort(values[:, 1] / values[:, 0])[SEEDS // 2]]
            seen = middle @ np.linalg.svd(middle)[2][:2].T  # in its own plane
            expected = np.linalg.norm(seen, axis=-1)
            assert distances == pytest.approx(expected / expected.max(), abs=2e-3)


def test_it_begins_as_a_circle_and_turns_as_little_as_it_can():
    assert np.linalg.norm(shown("skip"), axis=-1) == pytest.approx(np.ones(POINTS), abs=1e-3)
    assert [frame()[f"{arm}_long"] for arm in ("plain", "skip")] == pytest.approx([1, 1], abs=1e-3)
    rings = [shown("skip", gamma="1/L", block=block) for block in range(BLOCKS + 1)]
    assert max(np.abs(b - a).max() for a, b in itertools.pairwise(rings)) < 0.1


def test_an_unscaled_skip_draws_the_circle_out_and_a_small_one_does_not():
    assert "γ = 1, " in CircleExplorer(block=BLOCKS).snapshot()[0]
    assert frame(block=BLOCKS)["skip_long"] > 4 * frame(block=BLOCKS)["plain_long"]
    assert frame(block=BLOCKS, gamma="1/L")["skip_long"] < 1.2
