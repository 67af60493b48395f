"""A scene drawn with matplotlib: the same data that explore/canvas.js draws in the browser.

A scene is made of the parts in parts.py, and a frame holds its numbers: "@name" in a part is the frame's value of that name.
"""

from skiplab.scene.marks import MARKS, colour
from skiplab.scene.template import fill


def paint(scene, frame, width=920):
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
