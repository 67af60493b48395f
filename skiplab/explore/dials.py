"""A dial is one thing that can be varied: its name, its label, and what it may be.

`check` gives the value as the dial holds it, or raises an error that names the dial. `nearest` takes what the browser sends, which
may come from any linked widget, to the nearest value that is allowed, or to the start where it is no such thing at all. `spec` is what
the browser is told, `control` an ipywidget that shows the dial.
`only` says when a dial matters, {other dial: values}; otherwise it is greyed.
"""

import itertools
import math
import numbers
import re
from dataclasses import dataclass, field
from decimal import Decimal

import ipywidgets
import traitlets

from skiplab.base.errors import need_choice, need_flag, need_number, need_whole


class Trait(traitlets.TraitType):
    """The synced trait of a dial: it holds what the dial allows."""

    def __init__(self, dial):
        super().__init__(dial.start, help=dial.label)
        self.dial = dial
        self.tag(sync=True)

    def validate(self, explorer, value):
        """The value as the dial holds it."""
        return self.dial.check(value)


@dataclass(frozen=True)
class Slider:
    """A number from `least` to `most`; whole if `step` is an int.

    Where `at` names a panel and two arrays of the frame, (0, "state_x", "state_y"), of a place for each number, a click near one sets it.
    """

    name: str
    label: str
    start: float
    least: float
    most: float
    step: float
    only: dict = field(default_factory=dict)
    at: tuple = ()

    @property
    def whole(self):
        return isinstance(self.step, int)

    def check(self, value):
        if self.whole:
            return int(need_whole(self.name, value, self.least, self.most))
        return float(f"{need_number(self.name, value, self.least, self.most):.12g}")  # a browser's slider sends 0.15000000000000002

    def nearest(self, value):
        """The value inside the range, and whole where it has to be."""
        if not _is_number(value):
            return self.check(self.start)
        inside = min(max(value, self.least), self.most)
        return self.check(math.floor(inside + 0.5) if self.whole else inside)

    def spec(self):
        return {"kind": "slider", "least": self.least, "most": self.most, "step": self.step, "whole": self.whole, "at": self.at}

    def control(self, value):
        kind = ipywidgets.IntSlider if self.whole else ipywidgets.FloatSlider
        return kind(value, min=self.least, max=self.most, step=self.step, description=self.label)


@dataclass(frozen=True)
class Ladder:
    """One of `rungs`, numbers that grow by about the same factor."""

    name: str
    label: str
    start: float
    rungs: tuple
    only: dict = field(default_factory=dict)

    @property
    def options(self):
        """The rungs, each with its text."""
        return {rung: f"{rung:g}" for rung in self.rungs}

    def check(self, value):
        if need_number(self.name, value) not in self.rungs:
            raise ValueError(f"{self.name}: expected one of {', '.join(self.options.values())}, got {value!r}.")
        return next(rung for rung in self.rungs if rung == value)

    def nearest(self, value):
        """The rung next to the value, the lower of two."""
        return min(self.rungs, key=lambda rung: abs(rung - value)) if _is_number(value) else self.start

    def spec(self):
        whole = all(isinstance(rung, int) for rung in self.rungs)
        return {"kind": "ladder", "options": list(self.rungs), "labels": list(self.options.values()), "whole": whole}

    def control(self, value):
        rungs = [(text, rung) for rung, text in self.options.items()]
        return ipywidgets.SelectionSlider(options=rungs, value=value, description=self.label)


@dataclass(frozen=True)
class Choice:
    """One of `options`, a dict of value to the text on the button.

    Where `at` names a panel and two arrays of the frame, (0, "skip_x", "skip_y"), a click near one of these places in the picture
    chooses the next option; with `each`, these are the places of the options, in their order and round again, and it chooses that one.
    """

    name: str
    label: str
    options: dict
    only: dict = field(default_factory=dict)
    start: str = ""  # or else the first option
    at: tuple = ()
    each: bool = False

    def __post_init__(self):
        need_flag("each", self.each)
        object.__setattr__(self, "start", self.start or next(iter(self.options)))

    def check(self, value):
        return need_choice(self.name, value, tuple(self.options))

    def nearest(self, value):
        return value if isinstance(value, str) and value in self.options else self.start

    def spec(self):
        return {"kind": "choice", "options": list(self.options), "labels": list(self.options.values()), "at": self.at, "each": self.each}

    def control(self, value):
        options = [(text, option) for option, text in self.options.items()]
        return ipywidgets.ToggleButtons(options=options, value=value, description=self.label)


@dataclass(frozen=True)
class Pairs:
    """A set of pairs (i, j) of `nodes` nodes, i < j, such as the skips from layer i to layer j: a tuple of tuples in order.

    In the browser pairs are chosen by number; where `at` names a panel and two arrays of the frame, (0, "node_x", "node_y"), also by a
    click on one node and then on another, and with a third array, of the heights of the arcs of all pairs in order, by a click on an arc.
    In a table its sets are numbered, the first pair counts most, and the frame has `{name}_in` and `{name}_out`, 1 or 0 for each pair.
    """

    name: str
    label: str
    nodes: int
    start: tuple = ()
    at: tuple = ()
    only: dict = field(default_factory=dict)

    @property
    def pairs(self):
        """All pairs in order."""
        return tuple(itertools.combinations(range(self.nodes), 2))

    @property
    def sets(self):
        """The numbers of all sets."""
        return range(2 ** len(self.pairs))

    def place(self, value):
        """The number of a set."""
        return sum((pair in value) << bit for bit, pair in enumerate(reversed(self.pairs)))

    def check(self, value):
        """The pairs in order, each once."""
        pairs = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
        for pair in pairs:
            if not self._allows(pair):
                kind = ValueError if isinstance(pair, (list, tuple)) else TypeError
                raise kind(f"{self.name}: expected pairs (i, j) of whole numbers, 0 <= i < j < {self.nodes}, got {pair!r}.")
        return tuple(sorted({(int(i), int(j)) for i, j in pairs}))

    def nearest(self, value):
        """The pairs that are allowed among what was sent."""
        return self.check([pair for pair in value if self._allows(pair)] if isinstance(value, (list, tuple)) else self.start)

    def spec(self):
        return {"kind": "pairs", "nodes": self.nodes, "at": self.at}

    def control(self, value):
        """No ipywidget shows pairs."""
        raise TypeError(f"{self.name}: a set of pairs has no slider; observe the dial, or link it to another explorer's.")

    def _allows(self, pair):
        whole = isinstance(pair, (list, tuple)) and len(pair) == 2 and all(isinstance(i, numbers.Integral) for i in pair)
        return whole and 0 <= pair[0] < pair[1] < self.nodes


def describe(dial):
    """What the browser is told of a dial."""
    return {"name": dial.name, "label": dial.label, "start": dial.start, "only": dial.only, **dial.spec()}


def matters(dial, values):
    """Whether the dial matters where the dials stand as in `values`."""
    return all(values[name] in allowed for name, allowed in dial.only.items())


def setting(dials, values):
    """Where all dials stand that matter, in words."""
    return " · ".join(f"{dial.label}: {_written(dial.spec(), values[dial.name])}" for dial in dials if matters(dial, values))


def _written(spec, value):
    """A value as `written` in dials.js writes it."""
    if spec["kind"] == "pairs":
        return ", ".join(f"{i}–{j}" for i, j in value) or "none"
    if "labels" in spec:
        return re.sub("^-", "−", spec["labels"][spec["options"].index(value)])
    digits = max(-Decimal(f"{number:.12g}").as_tuple().exponent for number in (spec["step"], value, 1))
    return re.sub("^-", "−", f"{value:.{digits}f}")


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
