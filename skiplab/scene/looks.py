"""Each thing has one look wherever it is seen: a colour, a dash, a marker, a word, and its place among the others.

The merges bring theirs themselves, see base/merges.py; explorers and figures read all of them from here. What is drawn in ink, muted,
pale, soft, grid or paper, black or white is no thing, but what surrounds one.
"""

from dataclasses import dataclass

from skiplab.base.merges import MERGES


@dataclass(frozen=True)
class Look:
    """The name of a colour of the palette, a dash of lines and a marker of points, see parts.py."""

    color: str
    dash: str | None = None
    marker: str = "circle"

    @property
    def line(self):
        """For a line, an arc or an arrow."""
        return {"color": self.color} | ({"dash": self.dash} if self.dash else {})

    @property
    def points(self):
        """For points."""
        return {"color": self.color, "marker": self.marker}


_MERGES = {name: Look(merge.color, merge.dash, merge.marker) for name, merge in MERGES.items()}
_PLAIN, _ADD, _CONCAT, _GATE = (_MERGES[name] for name in ("none", "add", "concat", "gate"))
LOOK = {  # word -> look, in the order in which they stand beside one another
    **_MERGES,
    "no skips": _PLAIN, "pre-LN": _ADD, "post-LN": Look("path", "dash", "diamond"),
    "no skip": _PLAIN, "plain": _PLAIN, "plain from I": Look("none", "long", "diamond"), "fixup": Look("add", "long", "diamond"),
    "part of a skip": Look("add", "long"), "full skip": _ADD, "skip": _ADD, "dense": _CONCAT,
    "RNN": _PLAIN, "RNN + skip": Look("add", "long"), "RNN + add": Look("add", "longdot", "square"), "IRNN": _ADD, "GRU": _GATE,
    "LSTM": Look("gate", "dash", "cross"), "explodes": Look("path"),
    "attention": Look("attention", "dash"), "one vector": _PLAIN, "one": _PLAIN,
    "values": Look("ink", None, "square"), "queries": Look("attention", "dash"), "both": Look("ink", "long"),
    "here": Look("ink"), "this net": Look("ink", None, "diamond"), "trained here": Look("path", "dash", "cross"),
    "tested here": Look("path", "dot"), "test": Look("ink", "dot"),
    "measured": Look("ink"), "your prediction": Look("path", "long", "square"),
    "guessing": Look("muted", "long"), "bound": Look("muted", "long"), "predicted": Look("muted", "long"),
    "below and right": Look("ink"), "above and left": Look("muted", "dash", "square"),
    "descent": Look("path"), "start": Look("white", None, "diamond"), "saddle": Look("black", None, "cross"),
    "minimum": Look("black", None, "square"),
    "right": Look("pale", None, "square"), "missed": Look("missed", None, "square"),
    "added": Look("extra", None, "square"),  # of a mask; it has dots in it
    "station": Look("muted", None, "square"), "what follows": Look("ink", "dot"), "muted": Look("muted", "dot"),
    "there": Look("ink"), "lacking": Look("path"), "cut": Look("path", "dot"), "awaited": Look("muted"),
}  # fmt: skip


def look(name, other=None):
    """The look of what is called so, or begins with the name of a thing, as "add, γ = 1/L" does; else the other."""
    return LOOK.get(name) or LOOK.get(name.replace(",", " ").replace(":", " ").split(" ")[0], other)
