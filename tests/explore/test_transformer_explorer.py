"""The Transformer explorer shows what the probe measured, for every norm, strength and depth."""

import numpy as np
import pytest

from skiplab import TransformerExplorer, tokens
from skiplab.explore.transformer import ALIKE, APART, DEPTHS, NORMS, SEEDS, STRENGTHS, TOKENS, WIDTH

STARTS = {dial.name: dial.start for dial in TransformerExplorer.dials}


def frame(**moved):
    return TransformerExplorer.frame(**(STARTS | moved))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("lam", [0.0, 0.9])
@pytest.mark.parametrize("depth", [1, 12])
def test_curves_are_the_probes_medians_and_ranges(norm, lam, depth):
    shown, found = frame(norm=norm, lam=lam, depth=depth), tokens.stream(tokens.Setting(norm, lam), [depth], SEEDS, WIDTH, TOKENS)
    for name, rows in (("size", found.norm), ("residual", found.residual)):
        seen = np.median(rows[:, 0], 0) > -12  # below it round-off
        for part, expected in (("", np.median), ("_low", np.min), ("_high", np.max)):
            assert shown[name + part][: depth + 1][seen] == pytest.approx(expected(rows[:, 0], 0)[seen], abs=2e-3)
    for name, rows in (("value", found.value), ("query", found.query)):
        middle = np.median(rows[:, 0, 0], 0)
        assert shown[name][:depth][middle > -12] == pytest.approx(middle[middle > -12], abs=2e-2)
        assert np.isnan(shown[name][depth:]).all()
    assert shown["size_end"] == shown["size"][depth]
    assert shown["end"] == shown["residual"][depth]
    assert shown["first_value"] == shown["value"][0]
    assert shown["last_query"] == shown["query"][depth - 1]
    assert shown["floor"] < np.nanmin([shown["query_low"][:depth], shown["value_low"][:depth]])


@pytest.mark.parametrize("norm", NORMS)
def test_the_thin_lines_are_no_skip_and_a_full_one(norm):
    shown = frame(norm=norm, lam=0.5)
    for name in ("residual", "size"):
        assert np.array_equal(shown[f"{name}_plain"], frame(norm=norm, lam=0.0)[name])
        assert np.array_equal(shown[f"{name}_add"], frame(norm=norm, lam=1.0)[name])
    assert (shown["colour"], frame(lam=0.0)["colour"]) == ("add", "plain")


@pytest.mark.parametrize("lam", STRENGTHS)
def test_the_skip_passes_lambda_of_every_frequency_and_attention_the_mean(lam):
    shown = frame(lam=lam)
    assert shown["skip_gain"] == pytest.approx(np.full(TOKENS // 2 + 1, lam), abs=1e-6)
    assert shown["pass_mean"] > 4 * shown["pass_rest"]
    assert shown["sum_gain"].max() < shown["gain_top"]
    assert shown["pass_rest"] == pytest.approx(shown["attention_gain"][1:].mean(), abs=2e-3)


@pytest.mark.parametrize(("moved", "said"), [
    ({}, "After them the tokens are still apart"),
    ({"lam": 0.0}, "that of the queries in the last zero to round-off"),
    ({"lam": 0.0}, "the tokens are all alike: "),
    ({"lam": 0.9, "depth": 24}, "After them the tokens are growing alike"),
    ({"norm": "none", "depth": 1, "branches": "attention"}, "1 block without norms, skips of strength λ = 1.00; attention only"),
    ({"norm": "post", "init": "xavier"}, "12 blocks in post-LN, skips of strength λ = 1.00; attention and MLPs, Xavier init"),
])  # fmt: skip
def test_the_setting_and_the_verdict_are_said(moved, said):
    assert said in TransformerExplorer(**moved).snapshot()[0]


def test_verdicts_are_those_of_the_residual():
    for depth in DEPTHS:
        for lam in STRENGTHS:
            shown = frame(lam=lam, depth=depth)
            assert shown["verdict"] == (0 if shown["end"] < ALIKE else 1 if shown["end"] < APART else 2)


def test_the_block_is_small():
    assert len(TransformerExplorer().canvas.block) < 200_000
