"""A picture made from numbers is not blank, and has its alt text."""

import base64
import html
import io
import re
from pathlib import Path

import numpy as np
import pytest
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

NAN = float("nan")
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
