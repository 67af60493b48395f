"""A mark draws one thing from numbers, in the same colours everywhere; marks.js has the same ones for the browser.

Each function below takes matplotlib axes, a mark (a dict with its numbers filled in) and the frame that its texts are filled from.
"""

import math

import numpy as np

from skiplab.base.merges import MERGES
from skiplab.scene.template import fill

# Okabe and Ito's colours, told apart by colour-blind readers too; the same thing has the same colour in every notebook.
PALETTE = {
    "light": {"ink": "#1b1f24", "muted": "#6b7280", "grid": "#e3e6ea", "paper": "#ffffff", "path": "#e11d48",
              "extra": "#e0a800", "missed": "#2a1c86", "pale": "#828895", "soft": "#eef2f6", "attention": "#6b5900",
              **{merge.color: merge.light for merge in MERGES.values()}},
    "dark": {"ink": "#eceff3", "muted": "#9aa4b2", "grid": "#363c45", "paper": "#16191d", "path": "#ff4d6d",
             "extra": "#c08a00", "missed": "#dcd6ff", "pale": "#6c7684", "soft": "#262c34", "attention": "#d8c56a",
             **{merge.color: merge.dark for merge in MERGES.values()}},
    "grey": ["#000000", "#ffffff"],
    "field": ["#081d58", "#21539f", "#1d7fb8", "#35a8c2", "#6cc6bd", "#b3e0b6", "#eef8c8"],
}  # fmt: skip
PLAIN = {"parse_math": False}  # a text is no formula where it holds a $
_MARKERS = {"circle": "o", "square": "s", "triangle": "^", "cross": "x", "diamond": "D"}
_DASHES = {
    "dash": (0, (4, 3)), "dot": (0, (1, 2)), "dashdot": (0, (5, 2, 1, 2)), "long": (0, (9, 3)), "longdot": (0, (9, 2, 1, 2)), None: "-",
}  # fmt: skip


def colour(name):
    """The colour of that name in the light palette, or the name itself."""
    return PALETTE["light"].get(name, name)


def _pen(mark):
    return {"color": colour(mark["color"]), "linewidth": 0.72 * mark.get("width", 2), "linestyle": _DASHES[mark.get("dash")]}


def _label(mark, frame):
    return fill(mark["label"], frame) if "label" in mark else None


def _square(z):
    side = math.isqrt(len(z))
    return np.reshape(z, (side, side))


def _heat(axes, mark, frame):
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("field", PALETTE["field"], mark["levels"])
    low, high = mark["range"]
    axes.imshow(_square(mark["z"]), origin="lower", extent=[*mark["x"], *mark["y"]], cmap=colours, vmin=low, vmax=high, aspect="auto")


def _cells(axes, mark, frame):
    from matplotlib.colors import LinearSegmentedColormap

    anchors = PALETTE[mark["colors"]] if isinstance(mark["colors"], str) else [colour(name) for name in mark["colors"]]
    colours = LinearSegmentedColormap.from_list("cells", anchors, mark.get("levels", 64))
    z, (low, high), ends = np.reshape(mark["z"], (-1, mark["columns"])), mark["range"], [*mark["x"], *mark["y"]]
    axes.imshow(z, extent=ends, cmap=colours, vmin=low, vmax=high, aspect=axes.get_aspect(), interpolation="nearest")
    if "dotted" in mark:
        rows, columns = np.nonzero(z == mark["dotted"])
        x, y = (a + (b - a) * (k + 0.5) / n for (a, b), k, n in ((ends[:2], columns, z.shape[1]), (ends[:1:-1], rows, z.shape[0])))
        axes.plot(x, y, "s", color="black", markersize=1, markeredgewidth=0)
    if mark.get("gap"):
        look = {"color": colour("paper"), "linewidth": 0.72 * mark["gap"]}
        axes.vlines(np.linspace(*mark["x"], z.shape[1] + 1), *mark["y"], **look)
        axes.hlines(np.linspace(*mark["y"], z.shape[0] + 1), *mark["x"], **look)


def _contour(axes, mark, frame):
    z = _square(mark["z"])
    x, y = (np.linspace(*mark[name], len(z)) for name in "xy")
    if z.min() < mark["level"] < z.max():
        axes.contour(x, y, z, [mark["level"]], colors=[colour(mark["color"])], linestyles="solid", linewidths=0.72 * mark.get("width", 2))


def _line(axes, mark, frame):
    if mark.get("halo"):
        axes.plot(mark["x"], mark["y"], color=colour(mark["halo"]), linewidth=0.72 * (mark.get("width", 2) + 3))
    axes.plot(mark["x"], mark["y"], label=_label(mark, frame), **_pen(mark))


def _band(axes, mark, frame):
    look = {"color": colour(mark["color"]), "alpha": mark.get("alpha", 0.25), "linewidth": 0}
    axes.fill_between(mark["x"], mark["low"], mark["high"], label=_label(mark, frame), **look)


def _points(axes, mark, frame):
    cross = mark["marker"] == "cross"
    look = {"markersize": 0.72 * mark.get("size", 9), "color": colour(mark["color"]), "linestyle": "none", "clip_on": True}
    look |= {"markeredgewidth": 2} if cross else {"markeredgecolor": colour(mark.get("edge", "paper"))}
    axes.plot(mark["x"], mark["y"], marker=_MARKERS[mark["marker"]], label=_label(mark, frame), **look)


def _bars(axes, mark, frame):
    places = mark["x"] + mark["step"] * (np.arange(len(mark["values"])) + 0.4)
    axes.bar(places, mark["values"], 0.8 * mark["step"], mark["y"], color=colour(mark["color"]))
    axes.plot([places[0], places[-1]], [mark["y"]] * 2, color=colour(mark["color"]), linewidth=1)


def _box(axes, mark, frame):
    from matplotlib.patches import Rectangle

    fills = {"facecolor": colour(mark["fill"]), "alpha": mark.get("alpha", 1)} if mark.get("fill") else {"fill": False}
    edge = {"edgecolor": colour(mark["color"]), "linewidth": 0.72 * mark.get("width", 2)} if mark.get("color") else {"linewidth": 0}
    axes.add_patch(Rectangle((mark["x"], mark["y"]), mark["w"], mark["h"], **fills, **edge))
    if mark.get("text"):
        centre = {"x": mark["x"] + mark["w"] / 2, "y": mark["y"] + mark["h"] / 2, "color": mark.get("ink", "ink")}
        _text(axes, {**mark, **centre}, frame)


def _arrow(axes, mark, frame):
    arrow = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, **_pen(mark)}
    axes.annotate("", mark["end"], mark["start"], arrowprops=arrow, annotation_clip=False)


def _arc(axes, mark, frame):
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    (x0, y0), (x1, y1) = mark["start"], mark["end"]
    peak = max(y0, y1) + 4 / 3 * mark["lift"]
    path = Path([(x0, y0), (x0, peak), (x1, peak), (x1, y1)], [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    style = "-" if mark.get("head") is False else "-|>"
    axes.add_patch(FancyArrowPatch(path=path, arrowstyle=style, mutation_scale=10, clip_on=False, **_pen(mark)))


def _arcs(axes, mark, frame):
    shown = mark.get("shown", [1] * len(mark["widths"]))
    for start, end, lift, width, seen in zip(mark["start"], mark["end"], mark["lift"], mark["widths"], shown, strict=True):
        if width > 0 and seen:
            _arc(axes, {**mark, "start": (start, mark["y"]), "end": (end, mark["y"]), "lift": lift, "width": width}, frame)


def _text(axes, mark, frame):
    look = {"fontsize": 9 * mark.get("size", 1), "color": colour(mark.get("color", "ink")), "ha": mark.get("align", "center")}
    look["fontweight"] = "bold" if mark.get("bold") else None
    axes.text(mark["x"], mark["y"], fill(mark["text"], frame), va="center", **look, **PLAIN)


MARKS = {
    "heat": _heat, "cells": _cells, "contour": _contour, "line": _line, "band": _band, "points": _points, "bars": _bars,
    "box": _box, "arrow": _arrow, "arc": _arc, "arcs": _arcs, "text": _text,
}  # fmt: skip
