"""A picture takes numbers and knows nothing of where they come from.

`scene` draws with matplotlib what explore/canvas.js draws in the browser, from the same data: a scene is a dict with a height in
px and panels, made of the parts in parts.py. "@name" stands for the frame's value of that name.
"""

import base64
import html
import inspect
import io
import math
import re

import numpy as np

from skiplab.base.errors import as_floats, bare, need_array
from skiplab.scene.marks import MARKS, colour
from skiplab.scene.parts import axis, band, line, panel, picture, points
from skiplab.scene.template import fill

_CYCLE = ("ink", "path", "muted")  # for lines that are no merge
_SAME = {"plain": "plain", "none": "plain", "add": "add", "concat": "concat", "gate": "gate",
         "skip": "add", "attention": "concat", "one": "plain", "dense": "concat", "guessing": "muted",
         "RNN": "plain", "RNN + skip": "add", "GRU": "gate"}  # fmt: skip
_SHAPES = ("circle", "square", "triangle", "cross")


def scene(scene, frame, width=920):
    """The scene, as `picture` makes it, with the frame's numbers in it, as a matplotlib Figure `width` px wide."""
    from matplotlib.figure import Figure

    height = scene["height"]
    figure = Figure(figsize=(width / 100, height / 100), dpi=100, facecolor=colour("paper"))
    for part in scene["panels"]:
        left, top, right, bottom = part["box"]
        bare = part.get("axes") is False
        pad = [4, 28, 4, 4] if bare else [62, 28, 14, 44]  # px: left, top, right, bottom
        place = [left + pad[0] / width, 1 - bottom + pad[3] / height]
        size = [right - left - (pad[0] + pad[2]) / width, bottom - top - (pad[1] + pad[3]) / height]
        _panel(figure.add_axes([*place, *size]), part, frame, bare)
    return figure


def curves(x, lines, title, x_label, y_label, x_log=False, y_log=True):
    """Lines over x (N,), numbers or names: `lines` is a dict of name to (N,), or to (S, N), drawn as the median and the band of S seeds.

    Over names, between which nothing lies, each seed is a dot and each median a bar; where there is one line, each name has its colour.
    Lines of one colour differ in their dashes. What is drawn is drawn where all its seeds are finite, so that trainings that diverge are
    shown as far as they go together; the legend says how many of them do not stay finite. No text here is a template: braces are drawn.
    """
    x = _places(x, x_log)
    lines, along = _drawn(lines, len(x), y_log), _along(x, x_log)
    said, marks, colours = {f"line{i}": label for i, (label, _) in enumerate(lines.values())}, [], []
    for i, (name, (_, y)) in enumerate(lines.items()):
        colours.append(_hue(name, _CYCLE[i % len(_CYCLE)]))
        dash = (None, "dash", "dot")[(colours.count(colours[-1]) - 1) % 3]
        look = {"color": colours[-1], "label": f"{{line{i}}}"}
        marks += _strips(x, y, look, i, len(lines)) if "names" in along else _line(x, y, look, dash, _SHAPES[i % 4])
    said |= {name: _text(name, text) for name, text in (("title", title), ("x_label", x_label), ("y_label", y_label))}
    legend = "best" if len(lines) > 1 or "names" not in along else None
    x_axis = axis(label="{x_label}" + _said_of(lines, "names" in along), log=x_log, **along)
    y_axis = axis(_height([y for _, y in lines.values()], y_log), "{y_label}", log=y_log)
    return scene(picture(330, panel([0, 0, 1, 1], "{title}", marks, x_axis, y_axis, grid=True, legend=legend)), said, width=760)


def _line(x, y, look, dash, marker):
    """A band over the range of the seeds (S, N) and a line through their medians, with markers where there are few."""
    middle = np.median(y, 0)
    dots = [points(x, middle, marker=marker, size=8, **look)] if len(x) <= 12 else []
    return [band(x, y.min(0), y.max(0), **look), line(x, middle, dash=dash, **look), *dots]


def _strips(names, y, look, number, count):
    """Strip number `number` of `count` at each name: a dot a seed (S, N), spread a little, and a bar at the median."""
    reach, marks = 0.36 / count, []
    spread = np.linspace(-0.6 * reach, 0.6 * reach, len(y)) if len(y) > 1 else np.zeros(1)
    for at, name in enumerate(names):
        middle = at + (number + 0.5) / count - 0.5
        mine = look | {"color": look["color"] if count > 1 else _hue(name, look["color"])}
        marks += [
            points(middle + spread, y[:, at], marker=_SHAPES[number % 4], size=8, **mine),
            line([middle - reach, middle + reach], [np.median(y[:, at])] * 2, width=3, **mine),
        ]
    return marks


def _hue(name, other):
    """The colour of a merge for what is called after one, else the other."""
    return _SAME.get(name) or _SAME.get(re.split("[ ,:]", name)[0], other)


def _places(x, log):
    """A list of N numbers or of N names."""
    x = bare(list(x)) if np.iterable(x) else []
    if not x:
        raise ValueError("x: expected at least one number or name.")
    if all(isinstance(place, str) for place in x):
        return x
    places = need_array("x", x, (len(x),), f"{len(x)} finite numbers, or names").tolist()
    if log and min(places) <= 0:
        raise ValueError(f"x: expected numbers greater than 0 on a logarithmic axis, got {min(places):g}.")
    return places


def _drawn(lines, count, log):
    """Of each line the label and the numbers (S, N), NaN where a seed is not finite."""
    if not isinstance(lines, dict) or not lines:
        raise TypeError(f"lines: expected a dict of name to numbers, with at least one line, got {lines!r} ({type(lines).__name__}).")
    found = {}
    for name, y in lines.items():
        _text("lines", name, "names that are text")
        allowed = f"{count} numbers, one for each x, or the same for each seed (S, {count})"
        y = np.atleast_2d(as_floats(f"lines[{name!r}]", y, allowed))
        if y.ndim != 2 or y.shape[1] != count or not len(y):
            raise ValueError(f"lines[{name!r}]: expected {allowed}, got shape {y.shape}.")
        finite = np.abs(y) < 1e300  # also without overflow in what follows
        lost = int((~finite.all(1)).sum())
        which = f"{lost} of {len(y)} seeds " if len(y) > 1 else ""
        found[name] = (f"{name} ({which}not finite everywhere)" if lost else name, np.where(finite.all(0), y, np.nan))
    return found


def _height(ys, log):
    """The range over y of all that is drawn, a little wider; on a logarithmic axis of what is greater than 0."""
    values = np.concatenate([y[np.isfinite(y) & ((y > 0) | (not log))] for y in ys])
    if not values.size:
        raise ValueError(f"lines: expected a finite number{' greater than 0, as y_log asks,' if log else ''} somewhere, got none to draw.")
    low, high = values.min(), values.max()
    room = 0.05 * (high - low) or 1.0
    return [low / 1.3, high * 1.6] if log else [low - room, high + room]


def _text(name, value, allowed="text"):
    if not isinstance(value, str):
        raise TypeError(f"{name}: expected {allowed}, got {value!r} ({type(value).__name__}).")
    return value


def _said_of(lines, named):
    """What line and band, or bar and dots, are, where there are seeds."""
    seeds = sorted({len(y) for _, y in lines.values()} - {1})
    of = f"{' or '.join(map(str, seeds))} seeds"
    return "" if not seeds else f"  ({of}, bar: their median)" if named else f"  (median and range of {of})"


def _along(x, log):
    """Range and ticks over x; a little wider, so that no mark is cut at the edge."""
    if isinstance(x[0], str):
        return {"range": [-0.5, len(x) - 0.5], "ticks": range(len(x)), "names": x}
    low, high = min(x), max(x)
    if log:
        return {"range": [low / 1.1, high * 1.1], "ticks": x if len(x) <= 12 else None}
    room = 0.02 * (high - low) or 1.0
    return {"range": [low - room, high + room], "whole": np.array_equal(x, np.round(x))}


def image(figure, alt, name="skiplab-poster", sharp=1):
    """HTML of the figure as a palette PNG with its alt text, `sharp` pixels of it to a px of the page; see explore/canvas.css."""
    from PIL import Image

    buffer, small = io.BytesIO(), io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100 * sharp)
    Image.open(buffer).convert("RGB").quantize(256, method=Image.Quantize.FASTOCTREE).save(small, format="png", optimize=True)
    data, wide = base64.b64encode(small.getvalue()).decode("ascii"), round(100 * figure.get_figwidth())
    style = f"width:{wide}px;max-width:100%"
    return f'<img class="{name}" src="data:image/png;base64,{data}" alt="{html.escape(alt, quote=True)}" style="{style}">'


def show(figure, alt):
    """Show a figure in a notebook; `alt` says what it shows, for those who cannot see it and for the tests."""
    from IPython.display import display

    display({"text/html": image(figure, alt, "skiplab-figure", sharp=2), "text/plain": alt}, raw=True)


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
