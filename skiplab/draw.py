"""A picture takes numbers and knows nothing of where they come from.

`scene` draws with matplotlib what explore/canvas.js draws in the browser, from the same data: a scene is a dict with a height in
px and panels; a panel has a box (left, top, right, bottom as fractions), a title, two axes and marks; a mark is a dict whose kind
is a function in skiplab/marks.py. "@name" stands for the frame's value of that name.
"""

import base64
import html
import inspect
import io
import math
import re

import numpy as np

from skiplab.marks import MARKS, colour
from skiplab.words import fill

_CYCLE = ("ink", "path", "muted")  # for lines that are no merge
_SAME = {"plain": "plain", "none": "plain", "add": "add", "concat": "concat", "gate": "gate",
         "skip": "add", "attention": "concat", "one": "plain",
         "RNN": "plain", "RNN + skip": "add", "GRU": "gate"}  # fmt: skip
_SHAPES = ("circle", "square", "triangle", "cross")


def scene(scene, frame, width=920):
    """The scene with the frame's numbers in it, as a matplotlib Figure `width` px wide."""
    from matplotlib.figure import Figure

    height = scene["height"]
    figure = Figure(figsize=(width / 100, height / 100), dpi=100, facecolor=colour("paper"))
    for panel in scene["panels"]:
        left, top, right, bottom = panel["box"]
        bare = panel.get("axes") is False
        pad = [4, 28, 4, 4] if bare else [62, 28, 14, 44]  # px: left, top, right, bottom
        place = [left + pad[0] / width, 1 - bottom + pad[3] / height]
        size = [right - left - (pad[0] + pad[2]) / width, bottom - top - (pad[1] + pad[3]) / height]
        _panel(figure.add_axes([*place, *size]), panel, frame, bare)
    return figure


def curves(x, lines, title, x_label, y_label, x_log=False, y_log=True):
    """Lines over x (N,), numbers or names: `lines` is a dict of name to (N,), or to (S, N), drawn as the median and the band of S seeds."""
    marks, lows, highs, along = [], [], [], _along(x, x_log)
    x = along.get("ticks", x) if "names" in along else x
    for i, (name, y) in enumerate(lines.items()):
        y = np.atleast_2d(y)
        colour = _SAME.get(name) or _SAME.get(re.split("[ ,:]", name)[0], _CYCLE[i % len(_CYCLE)])
        low, high = y.min(0), y.max(0)
        marks += [
            {"kind": "band", "x": x, "low": low, "high": high, "color": colour},
            {"kind": "line", "x": x, "y": np.median(y, 0), "color": colour, "label": name, "dash": (None, "dash", "dot")[i % 3]},
        ]
        if len(x) <= 12:
            marks.append({**marks[-1], "kind": "points", "marker": _SHAPES[i % 4], "size": 8})
        lows, highs = [*lows, np.nanmin(low)], [*highs, np.nanmax(high)]
    low, high, room = min(lows), max(highs), 0.05 * (max(highs) - min(lows)) or 1.0
    panel = {
        "box": [0, 0, 1, 1], "title": title, "marks": marks, "grid": True, "legend": "best",
        "x": along | {"label": x_label + _said_of(lines), "log": x_log},
        "y": {"range": [low / 1.3, high * 1.6] if y_log else [low - room, high + room], "label": y_label, "log": y_log},
    }  # fmt: skip
    return scene({"height": 330, "panels": [panel]}, {}, width=760)


def _said_of(lines):
    """What line and band are, where there are seeds."""
    seeds = sorted({len(np.atleast_2d(y)) for y in lines.values()} - {1})
    return f"  (median and range of {' or '.join(map(str, seeds))} seeds)" if seeds else ""


def _along(x, log):
    """Range and ticks over x; a little wider, so that no mark is cut at the edge."""
    if isinstance(x[0], str):
        return {"range": [-0.1, len(x) - 0.9], "ticks": range(len(x)), "names": x}
    low, high = min(x), max(x)
    if log:
        return {"range": [low / 1.1, high * 1.1], "ticks": x if len(x) <= 12 else None}
    return {"range": [low - 0.02 * (high - low), high + 0.02 * (high - low)], "whole": np.array_equal(x, np.round(x))}


def image(figure, alt, name="skiplab-poster"):
    """HTML of the figure as a palette PNG with its alt text; explore/canvas.css says how an image of this class looks in a dark theme."""
    from PIL import Image

    buffer, small = io.BytesIO(), io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    Image.open(buffer).convert("RGB").quantize(256, method=Image.Quantize.FASTOCTREE).save(small, format="png", optimize=True)
    data = base64.b64encode(small.getvalue()).decode("ascii")
    return f'<img class="{name}" src="data:image/png;base64,{data}" alt="{html.escape(alt, quote=True)}" style="max-width:100%">'


def show(figure, alt):
    """Show a figure in a notebook; `alt` says what it shows, for those who cannot see it and for the tests."""
    from IPython.display import display

    display({"text/html": image(figure, alt, "skiplab-figure"), "text/plain": alt}, raw=True)


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
        return [plain(value) for value in (frame.tolist() if isinstance(frame, np.ndarray) else frame)]
    if isinstance(frame, (float, np.floating)):
        return float(frame) if math.isfinite(frame) else None
    return frame.item() if isinstance(frame, np.generic) else frame


def _panel(axes, panel, frame, bare):
    axes.set_title(fill(panel["title"], frame), loc="left", fontsize=9.5, fontweight="bold", color=colour("ink"))
    axes.set_facecolor(colour("paper"))
    for name in "xy":
        _axis(axes, name, panel[name], frame, bare)
    axes.tick_params(labelsize=8, colors=colour("muted"))
    if panel.get("grid"):
        axes.grid(color=colour("grid"), linewidth=0.8)
    if panel.get("equal"):
        axes.set_aspect("equal", anchor="NW")
    for mark in panel["marks"]:
        if _value(mark.get("when", True), frame):
            mark = {name: _value(value, frame) for name, value in mark.items()}
            MARKS[mark["kind"]](axes, mark, frame)
    if bare:
        axes.set_axis_off()
    if panel.get("legend"):
        _legend(axes, fill(panel["legend"], frame))


def _axis(axes, name, axis, frame, bare):
    getattr(axes, f"set_{name}lim")([_value(v, frame) for v in axis["range"]])
    if axis.get("log"):
        getattr(axes, f"set_{name}scale")("log")
    if axis.get("power"):
        getattr(axes, f"{name}axis").set_major_formatter(lambda power, _: f"$10^{{{power:.0f}}}$")
        getattr(axes, f"{name}axis").get_major_locator().set_params(integer=True)
    if axis.get("whole"):
        getattr(axes, f"{name}axis").get_major_locator().set_params(integer=True)
    if axis.get("ticks"):
        getattr(axes, f"set_{name}ticks")(axis["ticks"], axis.get("names") or [f"{tick:g}" for tick in axis["ticks"]])
        getattr(axes, f"{name}axis").minorticks_off()
    if not bare:
        getattr(axes, f"set_{name}label")(fill(axis["label"], frame), fontsize=9, color=colour("ink"))


def _legend(axes, where):
    look = {"fontsize": 8, "framealpha": 0.86, "edgecolor": "none", "facecolor": colour("paper"), "labelcolor": colour("ink")}
    parts = {}  # a line and its points have one name
    for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
        parts.setdefault(name, []).append(handle)
    if where == "above":
        look |= {"loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": len(parts), "borderaxespad": 0.1, "columnspacing": 1.2}
    else:
        look["loc"] = where.replace("top", "upper").replace("bottom", "lower")
    axes.legend([tuple(handles) for handles in parts.values()], list(parts), **look)


def _value(value, frame):
    if isinstance(value, str) and value.startswith("@"):
        return frame[value[1:]]
    if isinstance(value, list) and any(isinstance(v, str) for v in value):
        return [_value(v, frame) for v in value]
    return value
