"""The Transformer explorer shows what the probe measured of untrained stacks, block by block, and what the sweep did of trained ones."""

import itertools

import numpy as np
import pytest

from skiplab import TransformerExplorer, sweeps
from skiplab.explorers.transformer import _CIRCLES, _RADIUS, ALIKE, APART, BLOCKS, LOWEST, LRS, NORMS, SEEDS, STRENGTHS, TOKENS, WIDTH
from skiplab.probe import transformer as tokens
from skiplab.scene.template import fill

STARTS = {dial.name: dial.start for dial in TransformerExplorer.dials}


def frame(**moved):
    return TransformerExplorer.frame(**(STARTS | moved))


@pytest.mark.slow
def test_lines_and_numbers_are_the_probes_medians_and_ranges(subtests):
    for norm, lam in itertools.product(NORMS, (0.0, 0.9)):
        found = tokens.stream(tokens.Config(norm, (lam, 0.0, 1.0)), [24], SEEDS, WIDTH, TOKENS)
        for depth in (0, 3, 12):
            shown = frame(norm=norm, lam=lam, depth=depth)
            with subtests.test(norm=norm, lam=lam, depth=depth):
                for p, name in enumerate(("lam", "plain", "full")):
                    rows, line = found.residual[:, p], "lam_line" if name == "lam" else name
                    seen = np.median(rows, 0)[: depth + 1] > -12  # below it round-off
                    assert shown[line][: depth + 1][seen] == pytest.approx(np.median(rows, 0)[: depth + 1][seen], abs=2e-3)
                    assert np.isnan(shown[line][depth + 1 :]).all()
                    for part, expected in (("_low", np.min), ("_high", np.max)):
                        drawn = np.maximum(expected(rows, 0)[: depth + 1], LOWEST)
                        assert shown[name + part][: depth + 1][seen] == pytest.approx(drawn[seen], abs=2e-3)
                    assert shown[f"{name}_end"] == pytest.approx(np.median(rows[:, depth]), abs=1) or shown[f"{name}_lost"]
                assert 10 ** shown["size"] == pytest.approx(10 ** np.median(found.norm[:, 2, depth]), rel=0.02)


def test_the_tokens_stand_on_their_circles_and_their_mean_below():
    (blocks, x), *_ = tokens.stacks(tokens.Config("pre", 1.0), 3, SEEDS, WIDTH, TOKENS)
    for block in blocks:
        x = block(x.unsqueeze(0) if x.ndim == 2 else x)
    plane = x[0, :, :2].detach().numpy()
    turned = np.arctan2(*plane.T[::-1]) - np.arctan2(*plane.mean(0)[::-1])
    shown = frame(depth=3)
    for name, (centre, _, _) in _CIRCLES.items():
        radius = np.hypot(shown[f"{name}_x"] - centre, shown[f"{name}_y"])
        assert radius == pytest.approx(np.full(TOKENS, _RADIUS), abs=2e-3), name
    assert shown["full_x"] == pytest.approx(_CIRCLES["full"][0] + _RADIUS * np.sin(turned), abs=2e-3)
    assert shown["full_y"] == pytest.approx(-_RADIUS * np.cos(turned), abs=2e-3)


def test_without_skips_the_dots_fall_together_and_with_full_ones_they_do_not():
    for norm in ("pre", "post"):
        shown = frame(norm=norm, depth=5)
        assert np.ptp(shown["plain_x"]) < 1e-2 < 1 < np.ptp(shown["full_x"]), norm
        assert shown["plain_y"] == pytest.approx(np.full(TOKENS, -_RADIUS), abs=1e-2), norm
    assert np.array_equal(frame(lam=0.0, depth=4)["lam_y"], frame(depth=4)["plain_y"])


def test_it_opens_on_what_comes_in_and_gives_no_answer_away():
    shown = frame()
    assert shown["depth"] == 0
    assert not shown["begun"]
    assert shown["plain_end"] == shown["lam_end"] == shown["full_end"]
    assert "Trained" not in TransformerExplorer().snapshot()[0]
    assert all(text.endswith("?") for text, _ in TransformerExplorer.tips)


def test_what_was_trained_is_the_shipped_share():
    right = sweeps.load("transformer")["right"]
    for (norm, arm), lr in itertools.product(NORMS.items(), LRS):
        shown = frame(norm=norm, lr=lr, depth=8)
        for name, of in (("with", arm), ("without", "no skips")):
            steps = right.at(arm=of, lr=lr)
            assert shown[name] == pytest.approx(steps.median("seeds").array, abs=2e-3), (norm, lr)
            assert shown[f"{name}_end"] == pytest.approx(steps.at(steps=400).median("seeds"), abs=2e-3), (norm, lr)
            assert shown[f"{name}_low"] == pytest.approx(steps.low("seeds").array, abs=2e-3), (norm, lr)


def test_labels_keep_apart_and_inside():
    for norm, lam, depth, lr in itertools.product(NORMS, STRENGTHS, BLOCKS, LRS[::2]):
        shown = frame(norm=norm, lam=lam, depth=depth, lr=lr)
        trained, height = ("with", "without", "guess"), 1.5 - shown["span"]
        for names, step, low, high in ((_CIRCLES, 0.12 * height, shown["span"], 1.5), (trained, 0.12, 0, 1.05)):
            places = sorted(shown[f"{name}_label"] for name in names)
            assert np.diff(places).min() > step, (norm, lam, depth, lr)
            assert low < places[0] < places[-1] < high, (norm, lam, depth, lr)


@pytest.mark.slow
@pytest.mark.parametrize(("moved", "said"), [
    ({}, "Pre-LN, torch's default init, attention and MLPs, not yet trained. After 0 blocks the spread"),
    ({"depth": 1}, "After 1 block the spread"),
    ({"depth": 5}, "is 0 without skips (all alike)"),
    ({"depth": 12}, "with full skips (still apart)"),
    ({"lam": 0.9, "depth": 24}, "with λ = 0.90 (growing alike)"),
    ({"norm": "none", "depth": 1, "branches": "attention"}, "No norms, torch's default init, attention only"),
    ({"norm": "post", "init": "xavier", "depth": 24}, "0.0012 with full skips (growing alike)"),
])  # fmt: skip
def test_the_setting_and_the_verdict_are_said(moved, said):
    assert said in TransformerExplorer(**moved).snapshot()[0]


@pytest.mark.parametrize("init", ["default", "xavier"])
def test_a_digit_of_round_off_is_never_said(init):
    """Another processor has another one."""
    for norm, lam, depth in itertools.product(NORMS, STRENGTHS, BLOCKS):
        shown = frame(norm=norm, lam=lam, depth=depth, init=init)
        said = fill(TransformerExplorer.sentence, shown)
        for name, words in (("plain", "is 0 without skips"), ("lam", f"), 0 with λ = {lam:.2f}"), ("full", "), 0 with full skips")):
            assert (words in said) == (shown[f"{name}_end"] < -14), (norm, lam, depth, name)


def test_verdicts_are_those_of_the_spread():
    for depth, lam in itertools.product(BLOCKS, STRENGTHS):
        shown = frame(lam=lam, depth=depth)
        for name in _CIRCLES:
            assert shown[f"{name}_verdict"] == (0 if shown[f"{name}_end"] < ALIKE else 1 if shown[f"{name}_end"] < APART else 2)


def test_the_block_is_small():
    assert len(TransformerExplorer()._block) < 200_000
