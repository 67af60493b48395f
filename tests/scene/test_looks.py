"""What is drawn can be read and told apart: by every eye, in both themes, on paper and in grey; and a thing looks the same everywhere."""

import ast
import functools
import itertools
from pathlib import Path

import pytest

import skiplab
from skiplab.explore.dials import Choice
from skiplab.scene import looks
from skiplab.scene.looks import LOOK
from skiplab.scene.marks import PALETTE

EXPLORERS = [getattr(skiplab, name) for name in skiplab.__all__ if name.endswith("Explorer")]
# What is seen of linear red, green and blue with no working cones of one kind: Machado, Oliveira and Fernandes, "A physiologically-based
# model for simulation of color vision deficiency", IEEE Transactions on Visualization and Computer Graphics 15 (2009), severity 1.0.
EYES = {
    "all cones, or in grey": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
THEMES = {"light": ["#ffffff"], "dark": ["#111111", PALETTE["dark"]["paper"]]}  # JupyterLab's paper, and our own
NEUTRAL = {"ink", "muted", "grid", "paper", "pale", "soft", "black", "white", "grey"}
APART, READ = 3, 4.5  # the contrasts that WCAG 2.2 asks of what is told apart (1.4.11) and of text (1.4.3)
TOGETHER = [  # what stands in one picture
    ["none", "add", "concat", "gate"], ["RNN", "RNN + skip", "RNN + add", "IRNN", "GRU", "LSTM"],
    ["no skip", "part of a skip", "full skip"],
    ["attention", "one vector", "guessing"], ["values", "queries"], ["skip", "both", "attention"], ["below and right", "above and left"],
    ["none", "add", "gate", "guessing", "trained here"], ["none", "add", "concat", "gate", "bound"], ["predicted", "GRU", "LSTM"],
]  # fmt: skip


def linear(hex):
    parts = [int(hex[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]


def contrast(one, other, eye="all cones, or in grey"):
    """WCAG's ratio of lightness, as that eye sees the two colours."""
    seen = [[min(1, max(0, sum(m * v for m, v in zip(row, linear(c), strict=True)))) for row in EYES[eye]] for c in (one, other)]
    dark, light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in seen)
    return (light + 0.05) / (dark + 0.05)


def apart(one, other, theme):
    """The least contrast of two colours of a theme, over all eyes."""
    hexes = [{"black": "#000000", "white": "#ffffff"}.get(name) or PALETTE[theme][name] for name in (one, other)]
    return min(contrast(*hexes, eye) for eye in EYES)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#d55e00", "#009e73", "deuteranopia") < contrast("#d55e00", "#f0e442", "deuteranopia")


@pytest.mark.parametrize("names", TOGETHER, ids=" ".join)
def test_lines_that_stand_together_differ_in_dashes_or_lightness(names):
    for (one, a), (other, b) in itertools.combinations([(name, LOOK[name]) for name in names], 2):
        assert a.dash != b.dash or min(apart(a.color, b.color, theme) for theme in THEMES) >= APART, (one, other)


@pytest.mark.parametrize("names", [["none", "add", "concat", "gate"], ["start", "saddle", "minimum", "descent"]], ids=" ".join)
def test_points_that_stand_together_differ_in_markers_or_lightness(names):
    for a, b in itertools.combinations([LOOK[name] for name in names], 2):
        assert a.marker != b.marker or min(apart(a.color, b.color, theme) for theme in THEMES) >= APART, (a, b)


@pytest.mark.parametrize("theme", THEMES)
def test_the_parts_of_a_mask_differ_in_lightness_or_have_dots_in_them(theme):
    plain = ["soft", *(LOOK[name].color for name in ("right", "missed"))]
    assert all(apart(a, b, theme) >= APART for a, b in itertools.combinations(plain, 2))
    scene = skiplab.UnetExplorer.scene
    assert [mark["dotted"] for panel in scene["panels"] for mark in panel["marks"] if "dotted" in mark] == [3]
    assert apart(LOOK["added"].color, "black", theme) >= APART  # the dots are seen


@functools.cache
def shown(cls):
    """The frame where the dials start, one for each option of a choice, and one for each tip, but where a table would be computed anew."""
    start = {dial.name: dial.start for dial in cls.dials}
    options = [{dial.name: option} for dial in cls.dials if isinstance(dial, Choice) for option in dial.options]
    return [cls.frame(**start | move) for move in [*options, *(move for _, move in cls.tips)] if not move.keys() & set(cls.slow)]


def resolved(value, frame):
    return frame[value[1:]] if isinstance(value, str) and value.startswith("@") else value


def words(cls):
    """What is written on what: (colour of the text, colour under it) of every panel, in each of the frames."""
    for frame, panel in itertools.product(shown(cls), cls.scene["panels"]):
        drawn = [{key: resolved(v, frame) for key, v in mark.items()} for mark in panel["marks"]]
        drawn = [mark for mark in drawn if mark.get("when", 1)]
        yield "ink", "paper"  # the title and the names of the axes
        for mark in drawn:
            if mark["kind"] == "box" and mark.get("text"):
                yield mark.get("ink", "ink"), mark.get("fill", "paper")
            elif mark["kind"] == "text" and mark.get("color") == "paper":
                yield from (("paper", spot["color"]) for spot in drawn if spot["kind"] == "points" and spot.get("size", 9) > 20)
            elif mark["kind"] == "text":
                yield mark.get("color", "ink"), "paper"


@pytest.mark.parametrize("cls", EXPLORERS, ids=lambda cls: cls.__name__)
def test_every_text_in_a_picture_can_be_read(cls):
    for text, under in set(words(cls)):
        for theme, papers in THEMES.items():
            for paper in papers:
                hexes = [paper if name == "paper" else PALETTE[theme][name] for name in (text, under)]
                assert contrast(*hexes) >= READ, (text, under, theme)


@pytest.mark.parametrize("cls", EXPLORERS, ids=lambda cls: cls.__name__)
def test_series_of_one_panel_are_told_apart(cls):
    for frame, panel in itertools.product(shown(cls), cls.scene["panels"]):
        drawn = [{key: resolved(v, frame) for key, v in mark.items()} for mark in panel["marks"] if mark["kind"] in ("line", "points")]
        named = [mark for mark in drawn if mark.get("label") and mark.get("when", 1)]
        for a, b in itertools.combinations(named, 2):
            same = all(a.get(key) == b.get(key) for key in ("kind", "dash", "marker"))
            assert not same or min(apart(a["color"], b["color"], theme) for theme in THEMES) >= APART, (a["label"], b["label"])


LOOKED = {"color", "fill", "edge", "halo", "ink", "colors", "dash", "marker"}
AT = {"line": 2, "band": 3, "points": 2, "bars": 4, "arrow": 2, "arc": 3, "contour": 4}  # where a mark's colour stands


@pytest.mark.parametrize("path", sorted(Path(skiplab.__file__).parent.glob("explorers/*.py")), ids=lambda path: path.stem)
def test_no_explorer_has_a_look_of_its_own(path):
    """Colours, dashes and markers of things come from the table: what is written out is neutral, or a name in the frame."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            found += [(word.arg, word.value) for word in node.keywords if word.arg in LOOKED]
            name = getattr(node.func, "id", "")
            found += [("color", value) for value in node.args[AT[name] : AT[name] + 1]] if name in AT else []
        elif isinstance(node, ast.Dict):
            found += [(key.value, v) for key, v in zip(node.keys, node.values, strict=True) if getattr(key, "value", None) in LOOKED]
    texts = [(key, part.value) for key, value in found for part in ast.walk(value) if _is_text(part, value)]
    assert not [(key, text) for key, text in texts if key in ("dash", "marker") and not text.startswith("@")]
    assert not [(key, text) for key, text in texts if text not in NEUTRAL and not text.startswith("@")]


def _is_text(part, value):
    """Whether it is a text of its own, and no part of a longer one or name of what is looked up."""
    inside = [node.slice for node in ast.walk(value) if isinstance(node, ast.Subscript)]
    inside += [node for node in ast.walk(value) if isinstance(node, (ast.JoinedStr, ast.Call))]
    return isinstance(part, ast.Constant) and isinstance(part.value, str) and not any(part in ast.walk(node) for node in inside)


def test_figures_have_the_looks_of_things():
    assert looks.look("add, γ = 1/L") is LOOK["add"]
    assert looks.look("RNN + skip: k = 2") is LOOK["RNN"] or looks.look("RNN + skip: k = 2") is LOOK["RNN + skip"]
    assert looks.look("something") is None
