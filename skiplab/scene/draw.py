"""A picture takes numbers and knows nothing of where they come from: figures for lessons, and how they are shown."""

import ast
import base64
import inspect
import io
import re
import textwrap
from dataclasses import replace
from html import escape

import numpy as np

from skiplab.base.device import strict
from skiplab.base.errors import as_floats, bare, need_array, need_flag
from skiplab.base.rates import arms
from skiplab.base.say import display
from skiplab.scene.ends import spaced
from skiplab.scene.looks import Look, look
from skiplab.scene.marks import PLAIN, colour
from skiplab.scene.paint import paint, plain
from skiplab.scene.parts import axis, band, line, panel, picture, points

_OTHERS = (Look("ink"), Look("path", "dash", "square"), Look("muted", "dot", "triangle"))  # for lines that are no thing of looks.py
_DASHES = (None, "dash", "dot", "dashdot", "long", "longdot")


def window(scores, title, y_label, y_log=False):
    """What each arm makes of each learning rate: a `Grid` of arms, lr and seeds, such as `Rates.scores` gives; less is better.

    Median and band of the seeds; a large dot marks the best rate of each arm, that of the smallest median.
    """
    axis = arms(scores)
    if axis is None:
        raise ValueError(f"scores: expected an axis of arms beside lr and seeds, got {scores!r}.")
    lrs = scores.axes["lr"]
    of_each = {arm: scores.at(**{axis: arm}) for arm in scores.axes[axis]}
    lines = {arm: np.transpose([grid.at(lr=lr).array for lr in lrs]) for arm, grid in of_each.items()}
    return curves(lrs, lines, title, "learning rate", y_label, x_log=True, y_log=y_log, least=True)


def curves(x, lines, title, x_label, y_label, x_log=False, y_log=True, least=False):
    """Lines over x (N,), numbers or names: `lines` is a dict of name to (N,), or to (S, N), drawn as the median and the band of S seeds.

    Over names, between which nothing lies, each seed is a dot and each median a bar; where there is one line, each name has its colour.
    Lines of one colour differ in their dashes. What is drawn is drawn where all its seeds are finite, so that trainings that diverge are
    shown as far as they go together; their name says how many of them do not stay finite. A line is named at the right, where it ends.
    `least` marks the lowest median of each line by a large dot. No text here is a template: braces are drawn.
    """
    x = _places(x, need_flag("x_log", x_log))
    need_flag("y_log", y_log)
    need_flag("least", least)
    lines, along = _drawn(lines, len(x), y_log), _along(x, x_log)
    said, marks, looks = {f"line{i}": label for i, (label, _) in enumerate(lines.values())}, [], _looks(lines)
    for i, (_, y) in enumerate(lines.values()):
        label = f"{{line{i}}}"
        marks += _strips(x, y, looks[i], label, i, len(lines)) if "names" in along else _line(x, y, looks[i], label, least)
    marks.sort(key=lambda mark: mark["kind"] != "band")  # under all lines
    said |= {name: _text(name, text) for name, text in (("title", title), ("x_label", x_label), ("y_label", y_label))}
    legend = "best" if len(lines) > 1 and "names" in along else None
    x_axis = axis(label="{x_label}" + _said_of(lines, "names" in along), log=x_log, **along)
    y_axis = axis(_height([y for _, y in lines.values()], y_log), "{y_label}", log=y_log)
    figure = paint(picture(330, panel([0, 0, 1, 1], "{title}", marks, x_axis, y_axis, grid=True, legend=legend)), said, width=760)
    if "names" not in along:
        _name_at_ends(figure.axes[0], np.argsort(x, kind="stable"), lines.values(), looks)
    return _wide_enough(figure)


@plain()
def _name_at_ends(axes, order, lines, looks):
    """The label of each line beside the right edge, as high as its last median in the `order` of x; of (label, (S, N)), their looks."""
    labels = [textwrap.fill(label, 24) for label, _ in lines]
    tall = 13 * max(label.count("\n") + 1 for label in labels)  # px
    ends = [(median[np.isfinite(median)][-1:], axes.get_ylim()[0]) for median in (np.median(y, 0)[order] for _, y in lines)]
    (_, foot), (_, top) = axes.transAxes.transform([(0, 0), (0, 1)])
    heights = axes.transData.transform([(axes.get_xlim()[0], np.append(*end)[0]) for end in ends])[:, 1]
    heights = np.where(np.isfinite(heights), heights, foot)
    for label, own, height in zip(labels, looks, spaced(heights, tall, foot, top), strict=True):
        axes.text(1.012, (height - foot) / (top - foot), label, transform=axes.transAxes, va="center", linespacing=1.05, **PLAIN,
                  color=colour(own.color), fontsize=8.5, fontweight="bold")  # fmt: skip


@plain()
def _wide_enough(figure):
    """The figure, whose axes give way to long numbers and names beside and under them."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    (axes,), renderer, whole = figure.axes, FigureCanvasAgg(figure).get_renderer(), figure.bbox.width
    numbers = [axis.get_tightbbox(renderer, for_layout_only=True) for axis in (axes.xaxis, axes.yaxis)]
    most = max([numbers[0].x1, *(text.get_window_extent(renderer).x1 for text in axes.texts)])
    left, right = max(0, 2 - numbers[1].x0) / whole, max(0, most + 2 - whole) / whole
    x, y, width, height = axes.get_position().bounds
    axes.set_position([x + left, y, width - left - right, height])
    return figure


def _looks(names):
    """A look for each line: that of the thing it is called after, with another dash where one before it has the same."""
    found = []
    for i, name in enumerate(names):
        own = look(name, _OTHERS[i % len(_OTHERS)])
        taken = [each.dash for each in found if each.color == own.color]
        free = [dash for dash in (own.dash, *_DASHES) if dash not in taken]
        found.append(replace(own, dash=free[0] if free else own.dash))
    return found


def _line(x, y, own, label, least):
    """A band over the range of the seeds (S, N) and a line through their medians, with markers where there are few."""
    middle = np.median(y, 0)
    dots = [points(x, middle, size=8, label=label, **own.points)] if len(x) <= 12 else []
    if least and np.isfinite(middle).any():
        at = int(np.nanargmin(middle))
        dots.append(points([x[at]], [middle[at]], size=16, label=label, **own.points))
    return [band(x, y.min(0), y.max(0), own.color, label=label), line(x, middle, label=label, **own.line), *dots]


def _strips(names, y, own, label, number, count):
    """Strip number `number` of `count` at each name: a dot a seed (S, N), spread a little, and a bar at the median."""
    reach, marks = 0.36 / count, []
    spread = np.linspace(-0.6 * reach, 0.6 * reach, len(y)) if len(y) > 1 else np.zeros(1)
    for at, name in enumerate(names):
        middle = at + (number + 0.5) / count - 0.5
        mine = own if count > 1 else look(name, own)
        marks += [
            points(middle + spread, y[:, at], size=8, label=label, **mine.points),
            line([middle - reach, middle + reach], [np.median(y[:, at])] * 2, mine.color, width=3, label=label),
        ]
    return marks


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


@plain()
def image(figure, sharp=1):
    """The figure as a palette PNG, `sharp` pixels of it to a px of the page: bytes."""
    from PIL import Image

    buffer, small = io.BytesIO(), io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100 * sharp)
    Image.open(buffer).convert("RGB").quantize(256, method=Image.Quantize.FASTOCTREE).save(small, format="png", optimize=True)
    return small.getvalue()


def bundle(figure, alt, name="skiplab-poster", sharp=1):
    """(data, metadata) of a display: a picture that shows everywhere, with the text `alt` that says what it shows.

    In a browser html carries that text. GitHub drops such pictures, so that what is stored, in strict mode, holds the PNG alone; there
    `present` puts the text under it.
    """
    data, wide = base64.b64encode(image(figure, sharp)).decode("ascii"), round(100 * figure.get_figwidth())
    look = f'class="{name}" style="width:{wide}px;max-width:100%"'
    html = {} if strict() else {"text/html": f'<img {look} src="data:image/png;base64,{data}" alt="{escape(alt, quote=True)}">'}
    return {**html, "image/png": data, "text/plain": alt}, {"image/png": {"width": wide}}


def present(data, metadata):
    """Display a bundle; in strict mode its text follows as an output of its own, for those who cannot see the picture."""
    display(data, metadata=metadata)
    if strict() and "image/png" in data:
        display({"text/plain": textwrap.fill(data["text/plain"], 90)})


def show(figure, alt):
    """Show a figure in a notebook; `alt` says what it shows, for those who cannot see it and for the tests."""
    present(*bundle(figure, alt, "skiplab-figure", sharp=2))


def show_source(thing):
    """Show the source of a class or function, so that a reader sees that there is no magic in it."""
    source = re.sub(r"\A(@\w+\(.*\)\n)+", "", _source(thing))  # what only looks at the arguments
    display({"text/markdown": f"```python\n{source}```", "text/plain": source})


def _source(thing):
    """Its source; that of a class of a notebook's cell, which has no file, by way of one of its functions."""
    functions = [f for f in vars(thing).values() if inspect.isfunction(f)] if inspect.isclass(thing) else []
    try:
        if not functions or thing.__module__ != "__main__":
            return inspect.getsource(thing)
        lines = inspect.findsource(functions[0].__code__)[0]
        places = [node for node in ast.walk(ast.parse("".join(lines))) if isinstance(node, ast.ClassDef) and node.name == thing.__name__]
        return "".join(lines[places[-1].lineno - 1 : places[-1].end_lineno])
    except (TypeError, OSError, IndexError):
        raise ValueError(f"thing: expected a class or function whose source can be found, got {thing!r}.") from None
