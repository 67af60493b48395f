"""A dial is one thing that can be varied: its name, its label, and what it may be.

`only` says when a dial matters, {other dial: values}; otherwise it is greyed.
"""

from dataclasses import dataclass, field

import ipywidgets

from skiplab.base.errors import need_choice, need_number, need_whole


@dataclass(frozen=True)
class Slider:
    """A number from `least` to `most`; whole if `step` is an int."""

    name: str
    label: str
    start: float
    least: float
    most: float
    step: float
    only: dict = field(default_factory=dict)

    @property
    def whole(self):
        """Whether only whole numbers are allowed."""
        return isinstance(self.step, int)

    def check(self, value):
        """The value as the slider holds it, or an error that names the dial."""
        if self.whole:
            return int(need_whole(self.name, value, self.least, self.most))
        return float(need_number(self.name, value, self.least, self.most))

    def control(self):
        """The ipywidget that shows the dial."""
        look = {"description": self.label, "tooltip": self.label, "style": {"description_width": "6.5em"}, "layout": {"width": "auto"}}
        ends = {"min": self.least, "max": self.most, "step": self.step}
        return ipywidgets.IntSlider(self.start, **ends, **look) if self.whole else ipywidgets.FloatSlider(self.start, **ends, **look)


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
        """The value, or an error that names the dial and the rungs."""
        if need_number(self.name, value) not in self.rungs:
            raise ValueError(f"{self.name}: expected one of {', '.join(self.options.values())}, got {value!r}.")
        return next(rung for rung in self.rungs if rung == value)

    def control(self):
        """The ipywidget that shows the dial."""
        rungs = [(text, rung) for rung, text in self.options.items()]
        look = {"style": {"description_width": "6.5em"}, "layout": {"width": "auto"}}
        return ipywidgets.SelectionSlider(options=rungs, value=self.start, description=self.label, tooltip=self.label, **look)


@dataclass(frozen=True)
class Choice:
    """One of `options`, a dict of value to the text on the button."""

    name: str
    label: str
    options: dict
    only: dict = field(default_factory=dict)

    @property
    def start(self):
        """The first option."""
        return next(iter(self.options))

    def check(self, value):
        """The value, or an error that names the dial."""
        return need_choice(self.name, value, tuple(self.options))

    def control(self):
        """The ipywidget that shows the dial."""
        buttons = [(text, value) for value, text in self.options.items()]
        look = {"style": {"description_width": "6.5em", "button_width": "auto"}, "layout": {"width": "auto"}}
        control = ipywidgets.ToggleButtons(options=buttons, description=self.label, tooltip=self.label, **look)
        if sum(24 + 7 * len(text) for text, _ in buttons) > 250:  # px, about: more than a column of the dials has
            control.add_class("skiplab-wide")
        return control
