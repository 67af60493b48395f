"""A picture made from numbers is not blank, has its alt text, and can be told apart by every eye."""

import base64
import html
import io
import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import skiplab.explore
from skiplab import (
    AttentionExplorer,
    DenseNetExplorer,
    LagExplorer,
    ResidualExplorer,
    SaddleExplorer,
    SkipExplorer,
    UnetExplorer,
)
from skiplab.scene import draw, marks
from skiplab.scene.paint import LINE, paint

NAN, INF = float("nan"), float("inf")
SETTINGS = [
    (SaddleExplorer, {}),
    (SaddleExplorer, {"lam": 1.0, "alpha": 1.0, "length": 3}),
    (SaddleExplorer, {"form": "weight", "lam": 1.0, "alpha": -1.0, "w1": 0.0, "w2": 0.0}),
    (SaddleExplorer, {"form": "pair", "lam": 1.0, "length": 8, "optimizer": "adam", "shown": 40}),
    (SaddleExplorer, {"alpha": 1.0, "w1": 2.5, "w2": 0.1, "lr": 0.5}),
    (SaddleExplorer, {"shown": 0, "optimizer": "noisy"}),
    (SkipExplorer, {}),
    (SkipExplorer, {"merge": "none"}),
    (SkipExplorer, {"merge": "concat", "x0": -1.0}),
    (SkipExplorer, {"merge": "gate", "z": 0.0}),
    (SkipExplorer, {"merge": "add", "lam": 0.0, "gamma": 0.0}),
    (ResidualExplorer, {"merge": "gate"}),
    (DenseNetExplorer, {"cuts": ((0, 5), (1, 2)), "shows": "cost"}),
    (UnetExplorer, {}),
    (LagExplorer, {"cell": "lstm"}),
    (AttentionExplorer, {}),
]


@pytest.fixture
def live(monkeypatch):
    """As for a learner: pictures are shown as html too."""
    monkeypatch.delenv("SKIPLAB_STRICT", raising=False)


def pixels(png):
    """The image of a PNG's bytes."""
    return Image.open(io.BytesIO(png))


def alt(picture):
    return html.unescape(re.search(r'alt="([^"]*)"', picture)[1])


def test_python_and_the_browser_know_the_same_marks():
    text = (Path(skiplab.scene.__path__[0]) / "marks.js").read_text(encoding="utf-8")
    names = re.search(r"export const MARKS = \{([^}]*)\}", text)[1]
    assert {name.split(":")[0].strip() for name in names.split(",") if name.strip()} == set(marks.MARKS)


def test_a_scene_is_drawn_with_its_sentence_as_alt_text(subtests, live):
    for explorer, values in SETTINGS:
        with subtests.test(explorer=explorer, values=values):
            sentence, figure = explorer(**values).snapshot()
            data, _ = draw.bundle(figure, sentence)
            picture, png = data["text/html"], base64.b64decode(data["image/png"])
            shown = pixels(png).convert("RGB")
            counts = sorted((n for n, _ in shown.getcolors(shown.width * shown.height)), reverse=True)
            assert shown.size == (920, explorer.scene["height"] + LINE * len(figure.texts))
            assert len(counts) > 12
            assert sum(counts[1:]) > 0.01 * sum(counts)  # not one colour with a few specks
            assert len(picture) < 80_000
            assert alt(picture) == sentence


@pytest.mark.slow
def test_a_poster_keeps_the_colours_that_mean_something(subtests):
    for explorer, values in SETTINGS:
        with subtests.test(explorer=explorer, values=values):
            figure = explorer(**values).snapshot()[1]
            buffer = io.BytesIO()
            figure.savefig(buffer, format="png", dpi=100)
            drawn, stored = (np.asarray(p.convert("RGB")).astype(int) for p in (Image.open(buffer), pixels(draw.image(figure))))
            for name in ("plain", "add", "concat", "gate", "ink", "path"):
                exact = (drawn == [int(marks.PALETTE["light"][name][i : i + 2], 16) for i in (1, 3, 5)]).all(-1)
                assert abs(stored[exact] - drawn[exact]).max(initial=0) <= 4, name


def test_a_poster_prints_in_its_foot_where_the_dials_stand_that_matter():
    figure = SkipExplorer(lam=0.35, x0=-1).snapshot()[1]
    assert [text.get_text() for text in figure.texts] == ["Merge: add · λ on x: 0.35 · γ on F(x): 1.00 · x₁: −1.00 · On the way: 1.00"]
    assert "Gate z: 0.30" in SkipExplorer(merge="gate").snapshot()[1].texts[0].get_text()
    scene, words = SkipExplorer.scene, "so many words " * 20
    bare, long = (paint(scene, SkipExplorer.frame(**SkipExplorer().values), foot=foot) for foot in ("", words))
    assert " ".join(text.get_text() for text in reversed(long.texts)) == words.strip()
    heights = [round(figure.get_figheight() * 100) for figure in (bare, long)]
    assert heights == [scene["height"], scene["height"] + LINE * len(long.texts)]
    high = [figure.axes[0].get_position().height * height for figure, height in zip((bare, long), heights, strict=True)]
    assert high[0] == pytest.approx(high[1])
    assert max(text.get_position()[1] for text in long.texts) < long.axes[0].get_position().y0


def test_a_mark_changes_only_where_its_numbers_do():
    pictures = [np.asarray(pixels(draw.image(SkipExplorer(x0=x0).snapshot()[1])).convert("RGB")).astype(int) for x0 in (0.8, 0.8, -0.8)]
    assert (pictures[0] == pictures[1]).all()
    assert (pictures[0] != pictures[2]).any(-1).mean() > 0.005


MARKS = {
    "heat": {"z": "@z", "x": [0, 1], "y": [0, 1], "range": [0, 1], "levels": 5},
    "cells": {"z": "@z", "columns": 5, "x": [0, 1], "y": [0, 1], "range": [0, 1], "colors": ["soft", "ink"], "gap": 2},
    "contour": {"z": "@z", "level": 0.4, "x": [0, 1], "y": [0, 1], "color": "ink"},
    "line": {"x": [0, 0.5, 1], "y": [0.1, 0.8, NAN], "color": "add", "halo": "#000000"},
    "band": {"x": [0, 1], "low": [0.1, 0.2], "high": [0.3, 0.9], "color": "add"},
    "points": {"x": [0.5, NAN], "y": [0.5, 0.5], "marker": "triangle", "color": "gate"},
    "bars": {"x": 0.1, "y": 0.5, "values": [0.3, -0.4], "step": 0.2, "color": "concat"},
    "box": {"x": 0.2, "y": 0.2, "w": 0.5, "h": 0.4, "fill": "soft", "color": "ink", "text": "{name}"},
    "arrow": {"start": [0.1, 0.1], "end": [0.9, 0.9], "color": "ink"},
    "arc": {"start": [0.1, 0.1], "end": [0.9, 0.1], "lift": 0.5, "color": "plain"},
    "arcs": {"start": [0.1, 0.2], "end": [0.9, 0.3], "y": 0.1, "lift": [0.5, 0.2], "widths": [3, 0], "color": "plain"},
    "text": {"x": 0.5, "y": 0.5, "text": "{name}", "size": 3},
}


def ink(mark, when):
    """How many pixels of a picture with that mark alone are not white."""
    frame = {"z": np.linspace(0, 1, 25), "name": "skip", "there": 1}
    panel = {"box": [0, 0, 1, 1], "axes": False, "title": "", "x": {"range": [0, 1]}, "y": {"range": [0, 1]}}
    scene = {"height": 200, "panels": [{**panel, "marks": [{**mark, "when": when}]}]}
    return (np.asarray(pixels(draw.image(paint(scene, frame, 300))).convert("L")) < 255).sum()


def test_every_mark_leaves_ink(subtests):
    assert set(MARKS) == set(marks.MARKS)
    for kind, settings in MARKS.items():
        with subtests.test(kind=kind):
            assert ink({"kind": kind, **settings}, 0) == 0
            assert ink({"kind": kind, **settings}, "@there") > 30


def test_alt_text_is_escaped(live):
    figure = paint({"height": 100, "panels": []}, {}, 100)
    text = "λ < 1 & \"weak\" > 'none' <script>"
    picture = draw.bundle(figure, text)[0]["text/html"]
    assert picture.count("<") == 1
    assert picture.count('"') == 8  # of four attributes
    assert alt(picture) == text


def test_every_curve_lies_inside_its_axes(subtests):
    drawn = {"plain": [3.0, 2.0, 1.0], "add": [[1.0, 2.0, 3.0], [2.0, 2.5, 9.0]]}, {"add λ = 1": [0.5, 0.5, 0.5]}
    for lines, y_log in itertools.product(drawn, [True, False]):
        with subtests.test(lines=lines, y_log=y_log):
            (axes,) = draw.curves([1, 2, 4], lines, "title", "depth", "loss", x_log=True, y_log=y_log).axes
            low, high = axes.get_ylim()
            for y in lines.values():
                assert low <= np.min(y) <= np.max(y) <= high
            assert axes.get_xlim()[0] < 1 < 4 < axes.get_xlim()[1]
            assert named(axes) == list(lines)


def named(axes):
    """The names at the ends of the lines; one that is long is broken."""
    return [text.get_text().replace("\n", " ") for text in axes.texts]


def test_curves_below_zero_lie_inside_their_axes(subtests):
    for y in [[-3.0, -2.0, -1.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 1.0]]:
        with subtests.test(y=y):
            (axes,) = draw.curves([1, 2, 3], {"add": y}, "title", "depth", "change", y_log=False).axes
            low, high = axes.get_ylim()
            assert low <= min(y) <= max(y) <= high
            assert low < high


def test_curves_keep_the_colours_of_merges_for_merges():
    (axes,) = draw.curves([1, 2, 3], {"shapes": [1, 2, 3], "add, γ = 1": [3, 2, 1], "coins": [1, 1, 1]}, "title", "x", "y").axes
    shown = {line.get_label(): line.get_color() for line in axes.lines}
    merges = {marks.colour(name) for name in ("plain", "add", "concat", "gate")}
    assert shown["add, γ = 1"] == marks.colour("add")
    assert not {shown["shapes"], shown["coins"]} & merges


def test_curves_over_whole_numbers_have_whole_ticks():
    (axes,) = draw.curves([0, 1, 2, 3], {"add": [1, 2, 3, 4]}, "title", "x", "y").axes
    assert all(tick == round(tick) for tick in axes.get_xticks())


def test_curves_over_names_have_a_tick_for_each():
    (axes,) = draw.curves(["finest", "middle", "none"], {"add": [[1, 2, 3], [2, 2, 2]]}, "title", "x", "y", y_log=False).axes
    assert [(tick.get_text(), place) for place, tick in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)] == [
        ("finest", 0), ("middle", 1), ("none", 2)]  # fmt: skip
    assert axes.get_xlim()[0] < 0 < 2 < axes.get_xlim()[1]


def test_over_names_each_seed_is_a_dot_in_its_strip_and_each_median_a_bar():
    lines = {"add": np.arange(24.0).reshape(8, 3), "none": np.arange(9.0).reshape(3, 3), "gate": [1.0, 2.0, NAN]}
    (axes,) = draw.curves(["finest", "middle", "none"], lines, "title", "x", "y", y_log=False).axes
    assert axes.get_xlabel() == "x  (3 or 8 seeds, bar: their median)"
    drawn = iter(axes.lines)
    for strip, y in enumerate(map(np.atleast_2d, lines.values())):
        for at in range(3):
            dots, bar, middle = next(drawn), next(drawn), at + (strip + 0.5) / 3 - 0.5
            assert dots.get_linestyle() == "None"
            assert np.array_equal(dots.get_ydata(), y[:, at], equal_nan=True)
            assert np.array_equal(bar.get_ydata(), [np.median(y[:, at])] * 2, equal_nan=True)
            assert bar.get_xdata() == pytest.approx([middle - 0.12, middle + 0.12])
            assert (np.abs(dots.get_xdata() - middle) < 0.12).all()
            assert dots.get_color() == bar.get_color() == marks.colour(["add", "plain", "gate"][strip])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["add", "none", "gate (not finite everywhere)"]


def test_one_line_over_names_needs_no_legend_and_each_name_has_its_colour():
    (axes,) = draw.curves(["dense", "add", "plain, 1 + 1"], {"errors": np.ones((8, 3))}, "title", "x", "y").axes
    assert axes.get_legend() is None
    assert [line.get_color() for line in axes.lines[::2]] == [marks.colour(name) for name in ("concat", "add", "plain")]


def test_lines_of_one_colour_differ_in_their_dashes():
    names = ["plain 20", "add 20", "plain 56", "add 56", "gate"]
    (axes,) = draw.curves(range(20), {name: np.ones(20) for name in names}, "title", "x", "y").axes
    look = {line.get_label(): (line.get_color(), line._unscaled_dash_pattern) for line in axes.lines}
    assert len({str(one) for one in look.values()}) == 5
    solid = (0, None)
    assert look["add 20"][1] == look["plain 56"][1] == solid  # the first of a colour has its own dash
    assert solid not in (look["plain 20"][1], look["add 56"][1], look["gate"][1])


@pytest.mark.parametrize("sharp", [1, 2])
def test_a_picture_has_its_width_on_the_page_however_sharp_it_is(sharp, live):
    data, metadata = draw.bundle(draw.curves([1, 2], {"add": [1, 2]}, "title", "x", "y"), "alt", sharp=sharp)
    assert 'style="width:760px;max-width:100%"' in data["text/html"]
    assert metadata == {"image/png": {"width": 760}}
    assert data["image/png"] in data["text/html"]
    assert pixels(base64.b64decode(data["image/png"])).size == (760 * sharp, 330 * sharp)


def shown(monkeypatch, figure, alt):
    """The outputs of a cell that shows the figure, each a dict of its data."""
    outputs = []
    monkeypatch.setattr("IPython.display.display", lambda data, metadata=None, raw=False: outputs.append(data))
    draw.show(figure, alt)
    return outputs


def test_what_is_stored_is_the_picture_and_under_it_its_text(monkeypatch):
    monkeypatch.setenv("SKIPLAB_STRICT", "1")
    alt = "A line that falls from 2 to 1, in words which are longer than one line of a notebook, and so are broken once."
    picture, text = shown(monkeypatch, draw.curves([1, 2], {"add": [2, 1]}, "title", "x", "y"), alt)
    assert picture.keys() == {"image/png", "text/plain"}
    assert picture["text/plain"] == alt
    assert text.keys() == {"text/plain"}
    assert text["text/plain"].split() == alt.split()
    assert max(map(len, text["text/plain"].split("\n"))) <= 90


def test_a_learner_gets_one_output_with_the_text_in_the_picture(monkeypatch, live):
    (output,) = shown(monkeypatch, draw.curves([1, 2], {"add": [2, 1]}, "title", "x", "y"), "A line that falls.")
    assert output.keys() == {"text/html", "image/png", "text/plain"}
    assert alt(output["text/html"]) == "A line that falls."


def test_curves_say_how_many_seeds_there_are(subtests):
    for seeds, said in [((1, 1), ""), ((1, 4), "  (median and range of 4 seeds)"), ((8, 4), "  (median and range of 4 or 8 seeds)")]:
        with subtests.test(seeds=seeds, said=said):
            lines = {name: np.ones((count, 3)) for name, count in zip(("shapes", "page"), seeds, strict=True)}
            assert draw.curves([1, 2, 3], lines, "title", "steps", "y").axes[0].get_xlabel() == f"steps{said}"


def seen_of(figure):
    """The names at the ends of the lines, and for each line where it is drawn."""
    (axes,) = figure.axes
    lines = {line.get_label(): list(np.isfinite(line.get_ydata())) for line in axes.lines if line.get_linestyle() != "None"}
    return named(axes), lines


def test_each_line_is_named_where_it_ends_and_no_name_lies_on_another():
    lines = {"add": [1.0, 2.0], "none": [2.0, 2.0], "gate, of which there is more to say": [3.0, 2.0], "lost": [NAN, NAN]}
    for many in (lines, {f"line {i}": [1.0, 1.0] for i in range(12)}):
        figure = draw.curves([1, 2], many, "title", "x", "y", y_log=False)
        draw.image(figure)
        (axes,), renderer = figure.axes, figure.canvas.get_renderer()
        boxes = [text.get_window_extent(renderer) for text in axes.texts]
        assert [name.removesuffix(" (not finite everywhere)") for name in named(axes)] == list(many)
        assert max(box.x1 for box in boxes) <= figure.bbox.width
        assert all(a.y0 >= b.y1 - 1 or b.y0 >= a.y1 - 1 for a, b in itertools.combinations(boxes, 2))  # px
    low = draw.curves([1, 2], {"add": [1.0, 2.0], "low": [2.0, 0.5]}, "title", "x", "y", y_log=False).axes[0]
    assert [text.get_position()[1] for text in low.texts] == pytest.approx([0.95, 0.05], abs=0.02)
    back = draw.curves([2, 1], {"add": [2.0, 1.0], "low": [0.5, 2.0]}, "title", "x", "y", y_log=False).axes[0]
    assert [text.get_position()[1] for text in back.texts] == pytest.approx([0.95, 0.05], abs=0.02)
    assert [text.get_color() for text in low.texts] == [marks.colour("add"), marks.colour("path")]


def test_a_training_that_diverges_is_drawn_as_far_as_it_goes(subtests):
    for bad, y_log in itertools.product([NAN, INF, -INF], [True, False]):
        with subtests.test(bad=bad, y_log=y_log):
            lines = {"add": [1.0, 2.0, bad], "none": [[4.0, 4.0, 4.0], [3.0, bad, bad], [5.0, 9.0, 6.0]], "gate": [1.0, 1.0, 1.0]}
            figure = draw.curves([1, 2, 3], lines, "title", "step", "loss", y_log=y_log)
            names = ["add (not finite everywhere)", "none (1 of 3 seeds not finite everywhere)", "gate"]
            assert seen_of(figure) == (names, dict(zip(names, ([True, True, False], [True, False, False], [True] * 3), strict=True)))
            assert figure.axes[0].get_ylim()[1] < 10  # of what is drawn, so without 9
            draw.image(figure)


def test_where_it_is_drawn_the_median_is_that_of_all_seeds():
    figure = draw.curves([1, 2], {"add": [[1.0, NAN], [2.0, 1.0], [9.0, 1.0]]}, "title", "x", "y")
    assert figure.axes[0].lines[0].get_ydata()[0] == 2


def test_a_line_that_is_nowhere_finite_keeps_its_name():
    names, _ = seen_of(draw.curves([1, 2], {"add": [NAN, INF], "gate": [1, 1]}, "title", "x", "y"))
    assert names == ["add (not finite everywhere)", "gate"]


def test_zeros_do_not_set_the_height_of_a_logarithmic_axis():
    low, high = draw.curves([1, 2, 3], {"add": [0.0, 2.0, 4.0]}, "title", "x", "y").axes[0].get_ylim()
    assert 1 < low < 2 < 4 < high


def test_tensors_are_drawn_as_arrays_are():
    y = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    pictures = [draw.image(draw.curves(*where)) for where in (
        (torch.tensor([1, 2]), {"add": y}, "t", "x", "y"), ([1, 2], {"add": [[1, 2], [3, 4]]}, "t", "x", "y"))]  # fmt: skip
    assert pictures[0] == pictures[1]


def test_braces_in_the_texts_are_drawn():
    texts = ["{x:d} of {0}", "@x {", "} y {{}}"]
    figure = draw.curves([1, 2], {"{n}": [1, 2], "@n": [1, 2]}, *texts)
    (axes,) = figure.axes
    assert [axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()] == texts
    assert seen_of(figure)[0] == ["{n}", "@n"]
    draw.image(figure)


@pytest.mark.parametrize("x_log", [True, False])
def test_one_place_has_room_on_both_sides(x_log):
    left, right = draw.curves([2], {"add": [1]}, "t", "x", "y", x_log=x_log).axes[0].get_xlim()
    assert left < 2 < right


def test_curves_say_what_they_cannot_draw(subtests):
    for changed, kind, named in [
        ({"x": []}, ValueError, "x: "),
        ({"x": 3}, ValueError, "x: "),
        ({"x": [1, NAN]}, ValueError, "x: "),
        ({"x": ["a", 1]}, TypeError, "x: "),
        ({"x": [0, 1], "x_log": True}, ValueError, "x: .* greater than 0"),
        ({"lines": {}}, TypeError, "lines: "),
        ({"lines": [1, 2]}, TypeError, "lines: "),
        ({"lines": {1: [1, 2]}}, TypeError, "lines: expected names"),
        ({"lines": {"a": [1, 2, 3]}}, ValueError, r"lines\['a'\]: expected 2 numbers"),
        ({"lines": {"a": np.ones((1, 2, 2))}}, ValueError, r"lines\['a'\]: "),
        ({"lines": {"a": np.ones((0, 2))}}, ValueError, r"lines\['a'\]: "),
        ({"lines": {"a": ["1", "2"]}}, TypeError, r"lines\['a'\]: "),
        ({"lines": {"a": [1, None]}}, TypeError, r"lines\['a'\]: "),
        ({"lines": {"a": [NAN, INF]}}, ValueError, "lines: expected a finite number"),
        ({"lines": {"a": [0, -1]}}, ValueError, "lines: .* greater than 0, as y_log asks"),
        ({"title": 3}, TypeError, "title: "),
        ({"x_label": None}, TypeError, "x_label: "),
        ({"y_label": b"y"}, TypeError, "y_label: "),
    ]:
        with subtests.test(changed=changed, kind=kind, named=named), pytest.raises(kind, match=f"^{named}"):
            draw.curves(**{"x": [1, 2], "lines": {"add": [1, 2]}, "title": "t", "x_label": "x", "y_label": "y", **changed})


# ---- colours


def linear(colour):
    """sRGB hex -> linear red, green, blue in 0 … 1."""
    for channel in (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)):
        yield channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def lab(colour):
    """sRGB hex -> CIE L*, a*, b* (D65, IEC 61966-2-1)."""
    r, g, b = linear(colour)
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    fx, fy, fz = (math.cbrt(v) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def contrast(one, other):
    """The contrast ratio of WCAG 2."""
    light = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(other))]
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_lab_and_contrast_of_known_colours():
    assert lab("#ffffff") == pytest.approx((100, 0, 0), abs=0.02)
    assert lab("#ff0000") == pytest.approx((53.24, 80.09, 67.20), abs=0.02)
    assert lab("#0000ff") == pytest.approx((32.30, 79.19, -107.86), abs=0.02)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_merges_and_the_path_are_told_apart(subtests):
    for pair, theme in itertools.product(itertools.combinations(("plain", "add", "concat", "gate", "path"), 2), ["light", "dark"]):
        with subtests.test(pair=pair, theme=theme):
            assert math.dist(*(lab(marks.PALETTE[theme][name]) for name in pair)) >= 15


# What a reader without one kind of cones sees: linear red, green, blue to the same (Machado, Oliveira and Fernandes 2009).
EYES = {
    "red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    "none": np.eye(3),
}  # fmt: skip


def seen(colour, eye):
    """The colour (sRGB hex) as it looks without the cones of `eye`."""
    light = np.clip(np.array(EYES[eye]) @ list(linear(colour)), 0, 1)
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in coded)


def test_what_a_mask_misses_and_adds_is_told_apart(subtests):
    pairs = itertools.combinations(("soft", "pale", "missed", "extra"), 2)
    for pair, eye, theme in itertools.product(pairs, EYES, ["light", "dark"]):
        with subtests.test(pair=pair, eye=eye, theme=theme):
            assert math.dist(*(lab(seen(marks.PALETTE[theme][name], eye)) for name in pair)) >= 20


def test_text_can_be_read_on_paper(subtests):
    for name, theme in itertools.product(["ink", "muted"], ["light", "dark"]):
        with subtests.test(name=name, theme=theme):
            assert contrast(marks.PALETTE[theme][name], marks.PALETTE[theme]["paper"]) >= 4.5


def test_lines_stand_out_from_paper(subtests):
    for name, theme in itertools.product(["plain", "add", "concat", "gate", "path"], ["light", "dark"]):
        with subtests.test(name=name, theme=theme):
            assert contrast(marks.PALETTE[theme][name], marks.PALETTE[theme]["paper"]) >= 3


def test_both_themes_name_the_same_colours():
    assert set(marks.PALETTE["light"]) == set(marks.PALETTE["dark"])
