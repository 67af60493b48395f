"""You draw it: a prediction may be a whole curve, and what was measured is drawn over it."""

from dataclasses import dataclass, field

import numpy as np

from skiplab.base.errors import as_floats, need_kind, need_number
from skiplab.scene import draw
from skiplab.scene.looks import LOOK
from skiplab.scene.marks import PALETTE
from skiplab.scene.parts import axis, band, line, panel, points, text

_MINE, _FOUND = LOOK["your prediction"], LOOK["measured"]
_MARKS = [
    line("@old_x", "@old_y", "muted", width=1.5),
    band("@x", "@low", "@high", _FOUND.color, when="@found"), line("@x", "@middle", **_FOUND.line, width=4, when="@found"),
    line("@x", "@drawn", **_MINE.line, width=3, when="@mine"), points("@x", "@drawn", **_MINE.points, size=14, when="@mine"),
    points("@x", "@drawn", "muted", _MINE.marker, size=14, when="@blank"),
]  # fmt: skip


@dataclass(frozen=True)
class Curve:
    """A dial of one number from `least` to `most` at each of `places`, N numbers that grow; `along`, what they are."""

    along: str
    places: tuple
    least: float
    most: float
    unit: str
    name: str = "draft"
    label: str = "Your prediction"
    start: tuple = ()
    only: dict = field(default_factory=dict)

    @property
    def words(self):
        """What may be drawn."""
        where = ", ".join(f"{at:g}" for at in self.places) if len(self.places) <= 12 else f"{self.places[0]:g} to {self.places[-1]:g}"
        return f"draw a curve over {self.along} ({where}), from {self.least:g} to {self.most:g} {self.unit}".strip()

    def spec(self):
        """What the browser is told: also the panel to draw in."""
        low, high, room = self.places[0], self.places[-1], 0.04 * (self.places[-1] - self.places[0])
        ticks = list(self.places) if len(self.places) <= 12 else None
        along, up = axis([low - room, high + room], self.along, ticks=ticks), axis([self.least, self.most], self.unit)
        hint = text((low + high) / 2, self.least + 0.75 * (self.most - self.least), "draw here", "muted", size=1.2, when="@blank")
        own = {"kind": "curve", "places": self.places, "least": self.least, "most": self.most}
        return own | {"panel": panel([0, 0, 1, 1], "", [*_MARKS, hint], along, up, grid=True), "palette": PALETTE}

    def measured(self, given):
        """What was measured, (N,) or (S, N) of S seeds, as (S, N)."""
        allowed = f"{len(self.places)} finite numbers, one for each of the {self.along}, or the same for each seed"
        numbers = np.atleast_2d(as_floats("measured", given, allowed))
        if numbers.ndim != 2 or numbers.shape[1] != len(self.places) or not len(numbers) or not np.isfinite(numbers).all():
            raise ValueError(f"measured: expected {allowed}, got {given!r}.")
        return numbers

    def show(self, numbers, answer, question):
        """The measured curve (S, N) and, where there is one, the answer, as a figure."""
        lines = {"measured": numbers} | ({} if answer is None else {"your prediction": answer})
        title = "Measured" if answer is None else "Measured, and as you drew it"
        figure = draw.curves(self.places, lines, title, self.along, self.unit, y_log=False)
        draw.show(figure, f"{question} {title}.")


def curve(over, low, high, unit):
    """The dial of a prediction over {"what": (N,)} numbers that grow."""
    need_kind("over", over, dict)
    if len(over) != 1:
        raise ValueError(f"over: expected one name with its numbers, such as {{'layers': [8, 20, 56]}}, got {over!r}.")
    ((along, places),) = over.items()
    need_kind("over", along, str)
    numbers = as_floats("over", places, "numbers that grow")
    if numbers.ndim != 1 or len(numbers) < 2 or not np.isfinite(numbers).all() or (np.diff(numbers) <= 0).any():
        raise ValueError(f"over: expected at least two finite numbers that grow, got {places!r}.")
    low, high = need_number("low", low), need_number("high", high, above=need_number("low", low))
    return Curve(along, tuple(numbers.tolist()), low, high, unit)
