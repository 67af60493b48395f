"""A picture takes numbers and knows nothing of where they come from.

`scene` draws with matplotlib what explore/canvas.js draws in the browser, from the same data: a scene is a dict with a height in
px and panels; a panel has a box (left, top, right, bottom as fractions), a title, two axes and marks; a mark is a dict whose kind
is a function below. "@name" stands for the frame's value of that name.
"""

import base64
import html
import inspect
import io
import math
import re

import numpy as np

from skiplab.words import fill

# Okabe and Ito's colours, told apart by colour-blind readers too; the same thing has the same colour in every notebook.
PALETTE = {
    "light": {"ink": "#1b1f24", "muted": "#6b7280", "grid": "#e3e6ea", "paper": "#ffffff", "plain": "#d55e00", "add": "#0072b2",
              "concat": "#008060", "gate": "#a8478a", "path": "#e66100", "soft": "#eef2f6"},
    "dark": {"ink": "#eceff3", "muted": "#9aa4b2", "grid": "#363c45", "paper": "#16191d", "plain": "#ff8a3d", "add": "#56b4e9",
             "concat": "#2fc79a", "gate": "#dc8fc0", "path": "#ff8c1a", "soft": "#262c34"},
    "field": ["#081d58", "#21539f", "#1d7fb8", "#35a8c2", "#6cc6bd", "#b3e0b6", "#eef8c8"],
}  # fmt: skip
_CYCLE = ("plain", "add", "concat", "gate")
_SAME = {"plain": "plain", "none": "plain", "add": "add", "concat": "concat", "gate": "gate"}
_SHAPES = ("circle", "square", "triangle", "cross")
_MARKERS = {"circle": "o", "square": "s", "triangle": "^", "cross": "x"}
_DASHES = {"dash": (0, (4, 3)), "dot": (0, (1, 2)), None: "-"}


def scene(scene, frame, width=920):
    """The scene with the frame's numbers in it, as a matplotlib Figure `width` px wide."""
    from matplotlib.figure import Figure

    height = scene["height"]
    figure = Figure(figsize=(width / 100, height / 100), dpi=100, facecolor=_colour("paper"))
    for panel in scene["panels"]:
        left, top, right, bottom = panel["box"]
        bare = panel.get("axes") is False
        pad = [4, 28, 4, 4] if bare else [62, 28, 14, 44]  # px: left, top, right, bottom
        place = [left + pad[0] / width, 1 - bottom + pad[3] / height]
        size = [right - left - (pad[0] + pad[2]) / width, bottom - top - (pad[1] + pad[3]) / height]
        _panel(figure.add_axes([*place, *size]), panel, frame, bare)
    return figure


def curves(x, lines, title, x_label, y_label, x_log=False, y_log=True):
    """Lines over x (N,): `lines` is a dict of name to (N,), or to (S, N), drawn as the median and the band of all S seeds."""
    marks, lows, highs = [], [], []
    for i, (name, y) in enumerate(lines.items()):
        y = np.atleast_2d(y)
        colour = _SAME.get(re.split("[ ,:]", name)[0], _CYCLE[i % len(_CYCLE)])
        low, high = y.min(0), y.max(0)
        marks += [
            {"kind": "band", "x": x, "low": low, "high": high, "color": colour},
            {"kind": "line", "x": x, "y": np.median(y, 0), "color": colour, "label": name, "dash": (None, "dash", "dot")[i % 3]},
        ]
        if len(x) <= 12:
            marks.append({"kind": "points", "x": x, "y": np.median(y, 0), "marker": _SHAPES[i % 4], "color": colour, "size": 8})
        lows, highs = [*lows, np.nanmin(low)], [*highs, np.nanmax(high)]
    panel = {
        "box": [0, 0, 1, 1], "title": title, "marks": marks, "grid": True, "legend": "best",
        "x": {"range": [min(x), max(x)], "label": x_label, "log": x_log, "ticks": x if x_log and len(x) <= 12 else None},
        "y": {"range": [min(lows), max(highs) * (1.6 if y_log else 1.05)], "label": y_label, "log": y_log},
    }  # fmt: skip
    return scene({"height": 330, "panels": [panel]}, {}, width=760)


def image(figure, alt):
    """HTML of the figure as a palette PNG with its alt text."""
    from PIL import Image

    buffer, small = io.BytesIO(), io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    Image.open(buffer).convert("RGB").quantize(96).save(small, format="png", optimize=True)
    data = base64.b64encode(small.getvalue()).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt, quote=True)}" style="max-width:100%">'


def show(figure, alt):
    """Show a figure in a notebook; `alt` says what it shows, for those who cannot see it and for the tests."""
    from IPython.display import display

    display({"text/html": image(figure, alt), "text/plain": alt}, raw=True)


def show_source(thing):
    """Show the source of a class or function, so that a reader sees that there is no magic in it."""
    from IPython.display import display

    source = inspect.getsource(thing)
    display({"text/markdown": f"```python\n{source}```", "text/plain": source}, raw=True)


def plain(frame):
    """The frame as JSON can hold it: arrays as lists, NaN and infinity as None."""
    if isinstance(frame, dict):
        return {name: plain(value) for name, value in frame.items()}
    if isinstance(frame, (list, tuple, np.ndarray)):
        return [plain(value) for value in np.asarray(frame).tolist()]
    if isinstance(frame, (float, np.floating)):
        return float(frame) if math.isfinite(frame) else None
    return frame.item() if isinstance(frame, np.generic) else frame


def _panel(axes, panel, frame, bare):
    axes.set_title(fill(panel["title"], frame), loc="left", fontsize=9.5, fontweight="bold", color=_colour("ink"))
    axes.set_facecolor(_colour("paper"))
    for name, axis in (("x", panel["x"]), ("y", panel["y"])):
        getattr(axes, f"set_{name}lim")([_value(v, frame) for v in axis["range"]])
        if axis.get("log"):
            getattr(axes, f"set_{name}scale")("log")
        if axis.get("power"):
            getattr(axes, f"{name}axis").set_major_formatter(lambda power, _: f"$10^{{{power:.0f}}}$")
            getattr(axes, f"{name}axis").get_major_locator().set_params(integer=True)
        if axis.get("ticks"):
            getattr(axes, f"set_{name}ticks")(axis["ticks"], [f"{tick:g}" for tick in axis["ticks"]])
            getattr(axes, f"{name}axis").minorticks_off()
        if not bare:
            getattr(axes, f"set_{name}label")(fill(axis["label"], frame), fontsize=9, color=_colour("ink"))
    axes.tick_params(labelsize=8, colors=_colour("muted"))
    if panel.get("grid"):
        axes.grid(color=_colour("grid"), linewidth=0.8)
    if panel.get("equal"):
        axes.set_aspect("equal", anchor="NW")
    for mark in panel["marks"]:
        if _value(mark.get("when", True), frame):
            mark = {name: _value(value, frame) for name, value in mark.items()}
            MARKS[mark["kind"]](axes, mark, frame)
    if bare:
        axes.set_axis_off()
    if panel.get("legend"):
        _legend(axes, panel["legend"])


def _legend(axes, where):
    look = {"fontsize": 8, "framealpha": 0.86, "edgecolor": "none", "facecolor": _colour("paper"), "labelcolor": _colour("ink")}
    if where == "above":
        names = axes.get_legend_handles_labels()[1]
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(names), borderaxespad=0.1, columnspacing=1.2, **look)
    else:
        axes.legend(loc=where.replace("top", "upper").replace("bottom", "lower"), **look)


def _value(value, frame):
    if isinstance(value, str) and value.startswith("@"):
        return frame[value[1:]]
    if isinstance(value, list) and any(isinstance(v, str) for v in value):
        return [_value(v, frame) for v in value]
    return value


def _colour(name):
    return PALETTE["light"].get(name, name)


def _pen(mark):
    return {"color": _colour(mark["color"]), "linewidth": 0.72 * mark.get("width", 2), "linestyle": _DASHES[mark.get("dash")]}


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


def _contour(axes, mark, frame):
    z = _square(mark["z"])
    x, y = (np.linspace(*mark[name], len(z)) for name in "xy")
    if z.min() < mark["level"] < z.max():
        axes.contour(x, y, z, [mark["level"]], colors=[_colour(mark["color"])], linewidths=0.72 * mark.get("width", 2))


def _line(axes, mark, frame):
    if mark.get("halo"):
        axes.plot(mark["x"], mark["y"], color=_colour(mark["halo"]), linewidth=0.72 * (mark.get("width", 2) + 3))
    axes.plot(mark["x"], mark["y"], label=_label(mark, frame), **_pen(mark))


def _band(axes, mark, frame):
    look = {"color": _colour(mark["color"]), "alpha": mark.get("alpha", 0.25), "linewidth": 0}
    axes.fill_between(mark["x"], mark["low"], mark["high"], label=_label(mark, frame), **look)


def _points(axes, mark, frame):
    cross = mark["marker"] == "cross"
    look = {"markersize": 0.72 * mark.get("size", 9), "color": _colour(mark["color"]), "zorder": 3, "linestyle": "none", "clip_on": True}
    look |= {"markeredgewidth": 2} if cross else {"markeredgecolor": _colour(mark.get("edge", "paper"))}
    axes.plot(mark["x"], mark["y"], marker=_MARKERS[mark["marker"]], label=_label(mark, frame), **look)


def _bars(axes, mark, frame):
    places = mark["x"] + mark["step"] * (np.arange(len(mark["values"])) + 0.4)
    axes.bar(places, mark["values"], 0.8 * mark["step"], mark["y"], color=_colour(mark["color"]))
    axes.plot([places[0], places[-1]], [mark["y"]] * 2, color=_colour(mark["color"]), linewidth=1)


def _box(axes, mark, frame):
    from matplotlib.patches import Rectangle

    fills = {"facecolor": _colour(mark["fill"]), "alpha": mark.get("alpha", 1)} if mark.get("fill") else {"fill": False}
    edge = {"edgecolor": _colour(mark["color"]), "linewidth": 0.72 * mark.get("width", 2)} if mark.get("color") else {"linewidth": 0}
    axes.add_patch(Rectangle((mark["x"], mark["y"]), mark["w"], mark["h"], **fills, **edge))
    if mark.get("text"):
        centre = {"x": mark["x"] + mark["w"] / 2, "y": mark["y"] + mark["h"] / 2, "color": mark.get("ink", "ink")}
        _text(axes, {**mark, **centre}, frame)


def _arrow(axes, mark, frame):
    arrow = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, **_pen(mark)}
    axes.annotate("", mark["to"], mark["from"], arrowprops=arrow, annotation_clip=False)


def _arc(axes, mark, frame):
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    (x0, y0), (x1, y1) = mark["from"], mark["to"]
    peak = max(y0, y1) + 4 / 3 * mark["lift"]
    path = Path([(x0, y0), (x0, peak), (x1, peak), (x1, y1)], [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    style = "-" if mark.get("head") is False else "-|>"
    axes.add_patch(FancyArrowPatch(path=path, arrowstyle=style, mutation_scale=10, clip_on=False, **_pen(mark)))


def _text(axes, mark, frame):
    look = {"fontsize": 9 * mark.get("size", 1), "color": _colour(mark.get("color", "ink")), "ha": mark.get("align", "center")}
    axes.text(mark["x"], mark["y"], fill(mark["text"], frame), va="center", fontweight="bold" if mark.get("bold") else None, **look)


MARKS = {
    "heat": _heat, "contour": _contour, "line": _line, "band": _band, "points": _points, "bars": _bars,
    "box": _box, "arrow": _arrow, "arc": _arc, "text": _text,
}  # fmt: skip
