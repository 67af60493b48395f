"""The Transformer explorer shows what the probe measured, for every norm, strength and depth."""

import itertools

import numpy as np
import pytest

from skiplab import TransformerExplorer
from skiplab.explorers.transformer import ALIKE, APART, BLUR, DEPTHS, NORMS, SEEDS, SPANS, STRENGTHS, TOKENS, WIDTH
from skiplab.probe import transformer as tokens
from skiplab.scene.template import fill

STARTS = {dial.name: dial.start for dial in TransformerExplorer.dials}


def frame(**moved):
    return TransformerExplorer.frame(**(STARTS | moved))


@pytest.mark.slow
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("lam", [0.0, 0.9])
@pytest.mark.parametrize("depth", [1, 12])
def test_curves_are_the_probes_medians_and_ranges(norm, lam, depth):
    shown, found = frame(norm=norm, lam=lam, depth=depth), tokens.stream(tokens.Config(norm, lam), [depth], SEEDS, WIDTH, TOKENS)
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


@pytest.mark.slow
@pytest.mark.parametrize("norm", NORMS)
def test_the_thin_lines_are_no_skip_and_a_full_one(norm):
    shown = frame(norm=norm, lam=0.5)
    for name in ("residual", "size"):
        assert np.array_equal(shown[f"{name}_plain"], frame(norm=norm, lam=0.0)[name])
        assert np.array_equal(shown[f"{name}_add"], frame(norm=norm, lam=1.0)[name])
    assert (shown["colour"], frame(lam=0.0)["colour"]) == ("add", "plain")


@pytest.mark.parametrize("lam", STRENGTHS)
def test_each_line_has_a_name_of_its_own_and_the_look_it_has_in_the_legend(lam):
    shown = frame(lam=lam)
    for panel in TransformerExplorer.scene["panels"][:2]:
        lines = [mark for mark in panel["marks"] if mark["kind"] == "line" and shown.get(mark.get("when", "@depth")[1:], 1)]
        names = [fill(mark["label"], shown) for mark in lines]
        assert names == {0.0: ["full skip", "no skip"], 1.0: ["no skip", "full skip"]}.get(lam, ["full skip", "no skip", f"λ = {lam:.2f}"])
        looks = {(look["color"], look.get("dash")) for look in ({**mark, **_drawn(mark, shown)} for mark in lines)}
        assert ("plain", "dashdot") in looks <= {("plain", "dashdot"), ("add", None), ("add", "long")}


def _drawn(mark, shown):
    return {key: shown[mark[key][1:]] for key in ("color", "dash") if str(mark.get(key)).startswith("@")}


@pytest.mark.parametrize(("lam", "depth", "span"), [(0.0, 12, -18), (0.0, 1, -2), (0.5, 24, -11), (0.75, 24, -5), (1.0, 24, -2)])
def test_the_axis_reaches_as_low_as_the_chosen_line(lam, depth, span):
    shown = frame(lam=lam, depth=depth)
    assert shown["span"] == span <= shown["residual_low"][: depth + 1].min()
    assert shown["blurred"] == (span < BLUR)
    assert set(SPANS) == {-2, -5, -11, -18}


@pytest.mark.slow
def test_the_size_of_the_stream_stays_in_its_panel():
    for norm in NORMS:
        shown = frame(norm=norm, lam=0.0, depth=24, init="xavier")
        assert shown["size_floor"] < shown["size_low"].min() < shown["size_high"].max() < shown["size_top"]


@pytest.mark.slow
def test_tips_say_what_is_then_drawn():
    """From how many blocks on, and down to where, the tokens are alike; with half a skip and with none."""
    none, half = frame(lam=0.0)["residual"], frame(lam=0.5, depth=24)["residual"]
    assert none[3] > BLUR > none[4]
    assert abs(half[24] - none[3]) < 0.5
    for text, dials in TransformerExplorer.tips[2:]:
        shown = frame(**dials)
        numbers = [fill(f"{{{name}:.2p}}", shown) for name in ("end", "size_end")]
        assert any(number in text for number in numbers) or "vanishes" in text


@pytest.mark.parametrize("lam", STRENGTHS)
def test_the_skip_passes_lambda_of_every_frequency_and_attention_the_mean(lam):
    shown = frame(lam=lam)
    assert shown["skip_gain"] == pytest.approx(np.full(TOKENS // 2 + 1, lam), abs=1e-6)
    assert shown["pass_mean"] > 4 * shown["pass_rest"]
    assert shown["sum_gain"].max() < shown["gain_top"]
    assert shown["pass_rest"] == pytest.approx(shown["attention_gain"][1:].mean(), abs=2e-3)


@pytest.mark.slow
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


@pytest.mark.parametrize("init", ["default", "xavier"])
def test_a_digit_of_round_off_is_never_said(init):
    """Another processor has another one."""
    for norm, lam, depth in itertools.product(NORMS, STRENGTHS, DEPTHS):
        shown = frame(norm=norm, lam=lam, depth=depth, init=init)
        said = fill(TransformerExplorer.sentence, shown)
        assert ("‖X‖ is zero to round-off" in said) == (shown["end"] < -14)
        assert said.endswith("zero to round-off.") == (shown["last_query"] < -14)


def test_verdicts_are_those_of_the_residual():
    for depth in DEPTHS:
        for lam in STRENGTHS:
            shown = frame(lam=lam, depth=depth)
            assert shown["verdict"] == (0 if shown["end"] < ALIKE else 1 if shown["end"] < APART else 2)


def test_the_block_is_small():
    assert len(TransformerExplorer()._block) < 200_000
