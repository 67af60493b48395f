"""The gradient explorer shows what the probe measured and what the theory allows."""

import numpy as np
import pytest

from skiplab import GradientExplorer
from skiplab.explorers.gradient import DECADES, DEPTHS, HAIR, HALF, MERGES, RHOS, STRENGTHS, WIDEST
from skiplab.probe.stack import Config, branch_norms, sizes
from skiplab.theory import bounds

SLOW = {"activation": "linear", "init": "haar", "norm": "none", "gamma": "1", "rho": 0.1}
STARTS = {dial.name: dial.start for dial in GradientExplorer.dials}


def frame(**moved):
    return GradientExplorer.frame(**(STARTS | moved))


@pytest.mark.slow
@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("depth", [1, 24, 100])
def test_curves_are_the_probes_medians_and_ranges(merge, depth):
    shown = frame(merge=merge, depth=depth, lam=0.9, **SLOW)
    lam = 0.9 if merge == "add" else 1.0
    found = sizes(Config(merge, lam, **SLOW), DEPTHS)
    n = DEPTHS.index(depth)
    assert shown["gradient"][: depth + 1] == pytest.approx(np.median(found.gradient[:, n], 0)[: depth + 1], abs=2e-3)
    assert shown["gradient_low"][0] == pytest.approx(found.gradient[:, n, 0].min(), abs=2e-3)
    assert shown["activation"][: depth + 1] == pytest.approx(np.median(found.activation[:, n], 0)[: depth + 1], abs=2e-3)
    assert np.isnan(shown["gradient"][depth + 1 :]).all()
    assert shown["factor_low"] <= shown["factor"] <= shown["factor_high"]
    assert (shown["floor"], shown["ceiling"]) == (np.floor(shown["floor"]), np.ceil(shown["ceiling"]))
    assert shown["floor"] < np.nanmin(shown["gradient_low"])
    assert np.nanmax(shown["gradient_high"]) < shown["ceiling"]


def test_a_pipe_is_as_wide_as_the_logarithm_of_its_gradient(subtests):
    for merge, depth, init in (("none", 20, "default"), ("add", 50, "he"), ("gate", 100, "he")):
        with subtests.test(merge=merge, depth=depth):
            shown = frame(merge=merge, depth=depth, init=init)
            middle, width = (shown[f"{merge}_{end}"][: depth + 1] for end in ("under", "over"))
            middle, width = (middle + width) / 2, (width - middle) / 2
            expected = np.clip(HALF * (1 + shown["gradient"][: depth + 1] / DECADES), HAIR, WIDEST)
            assert width == pytest.approx(expected, abs=1e-3)
            assert width[-1] == pytest.approx(HALF, abs=1e-3)
            assert middle == pytest.approx(np.full(depth + 1, list(reversed(MERGES)).index(merge)), abs=1e-3)
            assert shown["along"][[0, depth // 2, depth]] == pytest.approx([0, 0.5, 1])
            assert len(set(shown["cut_x"][np.isfinite(shown["cut_x"])])) == depth - 1


def test_a_tip_asks_and_does_not_answer():
    assert all(text.endswith("?") for text, _ in GradientExplorer.tips)


@pytest.mark.parametrize("lam", STRENGTHS)
def test_bounds_are_the_theorys_and_hold(lam):
    shown = frame(merge="add", depth=24, lam=lam, **SLOW)
    low, high = bounds.skip_bounds(0.1, 24, lam)
    assert (shown["lower"], shown["upper"]) == pytest.approx((low, high), abs=2e-3)
    assert low < shown["factor_low"] <= shown["factor_high"] < high
    assert shown["bounded"] == 2


@pytest.mark.slow
def test_where_rho_is_not_below_lambda_there_is_no_lower_bound():
    shown = frame(merge="add", depth=20)
    assert shown["rho_max"] == pytest.approx(branch_norms(Config("add"), 100).max(), abs=2e-3)
    assert shown["rho_max"] > 1
    assert shown["bounded"] == 3
    assert np.isnan(shown["lower"])


@pytest.mark.slow
def test_concat_gate_and_batch_norm_have_no_bound():
    assert frame(merge="concat", **SLOW)["bounded"] == frame(merge="gate", **SLOW)["bounded"] == 0
    assert frame(merge="none", norm="batch")["bounded"] == 0


@pytest.mark.slow
@pytest.mark.parametrize(("moved", "said"), [
    ({"merge": "none", "depth": 20}, "it vanishes"),
    ({"merge": "none", "init": "he", "depth": 50}, "it arrives"),
    ({"merge": "add", "init": "he", "depth": 50}, "it explodes"),
])  # fmt: skip
def test_the_verdict_is_said(moved, said):
    explorer = GradientExplorer(**moved)
    assert said in explorer.snapshot()[0]


def test_depths_are_those_of_the_course_and_the_block_is_small():
    explorer = GradientExplorer()
    assert len(DEPTHS) == 42
    assert (DEPTHS[0], DEPTHS[-1], len(RHOS)) == (1, 100, 10)
    assert len(explorer._block) < 2_000_000
