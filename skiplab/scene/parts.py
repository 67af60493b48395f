"""A scene is put together from parts: panels, their axes, and the marks in them, each a plain dict that Python and JavaScript draw alike.

Wherever a part takes a number, a list or a colour it may be "@name" instead, the frame's value of that name; texts are templates. Places
are in the units of the panel's axes, widths and sizes in px. What every mark can have besides:

    label   its name in the panel's legend          when   "@name": it is drawn where that is not 0
    color   a name of the palette in marks.py or a hex code; also `edge`, `fill`, `halo`, `ink`
"""


from skiplab.base.errors import need_flag

FLAGS = {"grid", "equal", "log", "power", "whole"}


def picture(height, *panels):
    """A scene: its panels, in a picture `height` px high."""
    return {"height": height, "panels": list(panels)}


def panel(box, title, marks, x, y, grid=False, legend=None, equal=False, axes=True, stage=None):
    """One set of axes with its marks.

    box (left, top, right, bottom) as fractions of the picture; x, y from `axis`; legend, a corner such as "bottom left";
    equal, one unit is as long on both axes; axes=False draws neither frame nor ticks; stage, its box on the stage, where panels without
    one are left out, and the title of the one that begins at (0, 0) is the headline.
    """
    bare = {} if need_flag("axes", axes) else {"axes": False}
    return _given(box=box, title=title, marks=list(marks), x=x, y=y, grid=grid, legend=legend, equal=equal, stage=stage) | bare


def axis(range, label="", log=False, power=False, whole=False, ticks=None, names=None):
    """From where to where an axis goes; log: logarithmic; power: its numbers are powers of ten; whole: ticks at whole numbers only."""
    return _given(range=range, label=label, log=log, power=power, whole=whole, ticks=ticks, names=names)


def line(x, y, color, width=None, dash=None, halo=None, label=None, when=None):
    """A line through x (N,), y (N,), with gaps where a number is NaN; halo, a colour on both sides of it.

    dash "dash", "dot", "dashdot", "long" or "longdot", also of arrows and arcs.
    """
    return _given(kind="line", x=x, y=y, color=color, width=width, dash=dash, halo=halo, label=label, when=when)


def band(x, low, high, color, alpha=None, label=None, when=None):
    """The range between low (N,) and high (N,)."""
    return _given(kind="band", x=x, low=low, high=high, color=color, alpha=alpha, label=label, when=when)


def points(x, y, color, marker="circle", size=None, edge=None, label=None, when=None):
    """A marker at each place: "circle", "square", "triangle", "diamond" or "cross"."""
    return _given(kind="points", x=x, y=y, color=color, marker=marker, size=size, edge=edge, label=label, when=when)


def bars(x, y, values, step, color, label=None, when=None):
    """One bar a value (N,), side by side from x on in steps of `step`, up or down from the line y."""
    return _given(kind="bars", x=x, y=y, values=values, step=step, color=color, label=label, when=when)


def box(x, y, w, h, fill=None, color=None, alpha=None, width=None, text=None, ink=None, size=None, bold=None, when=None):
    """A rectangle from its corner (x, y), filled, with an edge in `color`, or both; and a text in `ink`, as large as there is room for."""
    look = {"fill": fill, "color": color, "alpha": alpha, "width": width, "text": text, "ink": ink, "size": size, "bold": bold}
    return _given(kind="box", x=x, y=y, w=w, h=h, **look, when=when)


def arrow(start, end, color, width=None, dash=None, when=None):
    """An arrow from one place [x, y] to another."""
    return _given(kind="arrow", start=start, end=end, color=color, width=width, dash=dash, when=when)


def arc(start, end, lift, color, width=None, dash=None, head=None, when=None):
    """A curve from one place [x, y] to another that rises `lift` above the higher of them; head=False leaves out its arrowhead."""
    return _given(kind="arc", start=start, end=end, lift=lift, color=color, width=width, dash=dash, head=head, when=when)


def arcs(start, end, y, lift, widths, color, shown=None, dash=None, head=None, when=None):
    """Many arcs on the line y: from start (N,) to end (N,), each lift (N,) high and widths (N,) px wide; a width of 0 is not drawn.

    shown (N,), 0 for each arc that is not drawn.
    """
    look = {"color": color, "dash": dash, "head": head}
    return _given(kind="arcs", start=start, end=end, y=y, lift=lift, widths=widths, shown=shown, **look, when=when)


def text(x, y, text, color=None, size=None, align=None, bold=None, when=None):
    """A text at (x, y); align "left", "center" or "right"; size 1 is that of the axes' labels."""
    return _given(kind="text", x=x, y=y, text=text, color=color, size=size, align=align, bold=bold, when=when)


def heat(z, x, y, range, levels):
    """A field z (side * side,), row by row from the bottom, in `levels` colours; x, y and range: where it stands, and what z reaches."""
    return _given(kind="heat", z=z, x=x, y=y, range=range, levels=levels)


def contour(z, level, x, y, color, width=None, when=None):
    """The line on which a field z (side * side,) has the value `level`."""
    return _given(kind="contour", z=z, level=level, x=x, y=y, color=color, width=width, when=when)


def cells(z, columns, x, y, colors, range, levels=None, gap=None, dotted=None, when=None):
    """A matrix z (rows * columns,), its first row on top, in `colors` from the least of `range` to the most; NaN stays empty; gap in px.

    dotted, a value whose cells have a dot each, which tells them apart without their colour.
    """
    look = {"colors": colors, "range": range, "levels": levels, "gap": gap, "dotted": dotted}
    return _given(kind="cells", z=z, columns=columns, x=x, y=y, **look, when=when)


def _given(**keys):
    """A part of what was given; what was left out is left to those who draw."""
    for name in FLAGS & keys.keys():
        need_flag(name, keys[name])
    return {name: value for name, value in keys.items() if value is not None and (name not in FLAGS or value)}
