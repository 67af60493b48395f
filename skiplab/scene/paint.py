"""A scene drawn with matplotlib: the same data that explore/canvas.js draws in the browser.

A scene is made of the parts in parts.py, and a frame holds its numbers: "@name" in a part is the frame's value of that name.
"""

import contextlib
import math
import textwrap
import threading

from skiplab.scene.marks import MARKS, PLAIN, colour
from skiplab.scene.template import fill, number

LINE, EDGE = 18, 14  # px: a line of the foot, and how far from the edge it begins
_ALONE = threading.RLock()  # the settings of matplotlib are those of all threads


@contextlib.contextmanager
def plain():
    """Inside, matplotlib has its own default settings, whatever the reader or a style has set; they come back afterwards."""
    import matplotlib.style

    with _ALONE, matplotlib.style.context("default"):
        yield


@plain()
def paint(scene, frame, width=920, foot=""):
    """The scene, as `picture` makes it, with the frame's numbers in it, as a matplotlib Figure `width` px wide; `foot`, a line under it."""
    from matplotlib.figure import Figure

    lines = textwrap.wrap(foot, width // 6)
    height, below = scene["height"], LINE * len(lines)
    inches = [math.nextafter(px / 100, px) for px in (width, height + below)]  # so that rounding down loses no px
    figure = Figure(figsize=inches, dpi=100, facecolor=colour("paper"))
    for part in scene["panels"]:
        left, top, right, bottom = part["box"]
        bare = part.get("axes") is False
        pad = [4, 28, 4, 4] if bare else [62, 28, 14, 44]  # px: left, top, right, bottom
        share, low = height / (height + below), below / (height + below)  # of the panels, and of what is below them
        place = [left + pad[0] / width, low + share * (1 - bottom + pad[3] / height)]
        size = [right - left - (pad[0] + pad[2]) / width, share * (bottom - top - (pad[1] + pad[3]) / height)]
        _panel(figure.add_axes([*place, *size]), part, frame, bare)
    for i, line in enumerate(reversed(lines)):
        figure.text(EDGE / width, (LINE * i + 6) / (height + below), line, fontsize=8, color=colour("muted"), **PLAIN)
    return figure


def _panel(axes, panel, frame, bare):
    axes.set_title(fill(panel["title"], frame), loc="left", fontsize=9.5, fontweight="bold", color=colour("ink"), **PLAIN)
    axes.set_facecolor(colour("paper"))
    for name in "xy":
        _axis(axes, name, panel[name], frame, bare)
    axes.tick_params(labelsize=8, colors=colour("muted"))
    if panel.get("grid"):
        axes.grid(color=colour("grid"), linewidth=0.8)
    if panel.get("equal"):
        axes.set_aspect("equal", anchor="NW")
    marks = [mark for mark in panel["marks"] if _value(mark.get("when", True), frame)]
    marks = [{name: _value(value, frame) for name, value in mark.items()} for mark in marks]
    for order, mark in enumerate(marks):  # a later mark lies over the earlier ones, as in the browser, and all lie over the grid
        before = set(axes.get_children())
        MARKS[mark["kind"]](axes, mark, frame)
        for artist in set(axes.get_children()) - before:
            artist.set_zorder(2 + order / 1000)
    if bare:
        axes.set_axis_off()
    if panel.get("legend"):
        _legend(axes, [fill(mark["label"], frame) for mark in marks if "label" in mark], panel["legend"])


def _axis(axes, name, axis, frame, bare):
    low, high = (_value(v, frame) for v in axis["range"])
    getattr(axes, f"set_{name}lim")(low, high)
    if axis.get("log"):
        getattr(axes, f"set_{name}scale")("log")
    drawn = getattr(axes, f"{name}axis")
    if axis.get("power"):
        drawn.set_major_formatter(lambda power, _: f"$10^{{{power:.0f}}}$")
    elif high < 10 * low if axis.get("log") else not 1e-4 <= max(abs(low), abs(high)) < 1e6:
        _say_each(drawn)
    elif not axis.get("log"):
        drawn.get_major_formatter().set_useOffset(False)
    if axis.get("power") or axis.get("whole"):
        drawn.get_major_locator().set_params(integer=True)
    if axis.get("ticks"):
        drawn.set_ticks(axis["ticks"], axis.get("names") or [f"{tick:g}" for tick in axis["ticks"]], **PLAIN)
        drawn.minorticks_off()
    if not bare:
        drawn.set_label_text(fill(axis["label"], frame), fontsize=9, color=colour("ink"), **PLAIN)


def _say_each(axis):
    """Where powers of ten are too far apart, or one stands beside the axis for all numbers: each tick tells its whole number."""
    from matplotlib.ticker import AutoLocator

    axis.set_major_locator(AutoLocator())
    axis.set_major_formatter(lambda value, _: number(value, ".6g"))
    axis.minorticks_off()


def _legend(axes, names, where):
    look = {"fontsize": 8, "framealpha": 0.86, "edgecolor": "none", "facecolor": colour("paper"), "labelcolor": colour("ink")}
    parts = {}  # a line and its points have one name
    for handle in axes.get_children():
        if handle.get_label() in names:
            parts.setdefault(handle.get_label(), []).append(handle)
    look["loc"] = where.replace("top", "upper").replace("bottom", "lower")
    for text in axes.legend([tuple(handles) for handles in parts.values()], list(parts), **look).get_texts():
        text.set(**PLAIN)


def _value(value, frame):
    if isinstance(value, str) and value.startswith("@"):
        return frame[value[1:]]
    if isinstance(value, list) and any(isinstance(v, str) for v in value):
        return [_value(v, frame) for v in value]
    return value
