"""A result surprises only whoever predicted it: `predict` asks before a picture, and `reveal` shows what was measured beside the answer.

Nothing waits for an answer. It lives as long as the kernel does, and a cell that is run again keeps it.
"""

from html import escape

import anywidget
import numpy as np
import traitlets
from IPython import get_ipython

from skiplab.base import notebook
from skiplab.base.device import strict
from skiplab.base.errors import as_floats, need_choice, need_kind, need_number
from skiplab.explore.canvas import put_together, style
from skiplab.explore.dials import Choice, Slider, describe
from skiplab.lesson.claims import show_measured
from skiplab.lesson.curve import Curve, curve
from skiplab.lesson.strip import spread, tell

asked = {}  # id -> Prediction


class Prediction(anywidget.AnyWidget):
    """A question with a dial for its answer, and later what was measured."""

    _esm, _css = put_together("lesson/predict.js"), style()
    _spec = traitlets.Dict().tag(sync=True)
    draft = traitlets.Any(None).tag(sync=True)  # where the dial stands, and what was given: a choice, a number, or None
    answer = traitlets.Any(None).tag(sync=True)
    ghosts = traitlets.List().tag(sync=True)  # the curves that were given before
    _found = traitlets.Dict().tag(sync=True)  # of a curve: low, middle and high of what was measured
    _measured = traitlets.Unicode().tag(sync=True)  # is shown once there is an answer

    def __init__(self, name, question, dial, unit):
        super().__init__()
        self.name, self.question, self.dial, self.unit, self.chosen = name, question, dial, unit, isinstance(dial, Choice)
        self.drawn = isinstance(dial, Curve)
        spec = {"name": name, "question": question, "unit": unit, "kept": notebook.hiding(self.layout.model_id)}
        self._spec = spec | {"dials": [describe(dial) | {"start": None}]}

    def show(self):
        """Ask: in a notebook by a control, elsewhere and in a stored one by words alone."""
        allowed = _allowed(self.dial, self.unit)
        if strict() or not hasattr(get_ipython(), "kernel"):
            tell(f"◇ {self.name} · {self.question}", "", "    ")
            return tell(allowed)
        words = f"{self.question} ({allowed.strip()})"
        kept = f"<p>{escape(words)} <b>Run this cell to predict.</b></p>"
        notebook.show({**self._repr_mimebundle_()[0], "text/plain": words, "text/html": kept}, {}, self.layout.model_id)


def predict(name, question, low=None, high=None, *, choices=None, over=None, unit=""):
    """Ask what the reader expects: one of `choices`, texts, or a number of `unit` from `low` to `high`, whole if both are.

    With `over`, a dict of one name to N numbers that grow, such as {"layers": [8, 20, 56]}, a curve of such numbers is drawn over them.

    The name, such as "02-p1", is of this question alone: strictly ValueError where it stands for another one already.
    """
    need_kind("name", name, str), need_kind("question", question, str), need_kind("unit", unit, str)
    dial, before = _dial(low, high, choices, over, unit), asked.get(name)
    if before and before.question != question and strict():
        raise ValueError(f"name: expected one of this question's own, got {name!r}, which stands for {before.question!r}.")
    if not before or (before.question, before.dial, before.unit) != (question, dial, unit):
        asked[name] = Prediction(name, question, dial, unit)
    asked[name].show()


def reveal(name, measured):
    """Show what was measured beside the prediction of that name: one of the choices; a number, or an array (S,) of seeds; or of a
    curve N numbers, or an array (S, N)."""
    if name not in asked:
        known = ", ".join(map(repr, asked)) or "of which there is none yet"
        raise ValueError(f"name: expected that of a prediction, {known}, got {name!r}.")
    its = asked[name]
    if its.drawn:
        return _reveal_curve(its, its.dial.measured(measured))
    numbers = need_choice("measured", measured, tuple(its.dial.options)) if its.chosen else as_floats("measured", measured, "a number")
    if not (its.chosen or numbers.size):
        raise ValueError(f"measured: expected a number, or one a seed, got {measured!r}.")
    answer = its.answer if its.chosen or its.answer is None else f"{its.answer:g}"
    given = "No prediction was given this time." if answer is None else f"You predicted: {answer} {its.unit}".strip() + "."
    tell(f"◇ {name} · {its.question}", "", "    ")
    if its.chosen:
        its._measured = f"Answer: {measured}."
        return tell(f"{its._measured} {'As you predicted.' if measured == answer else given}")
    its._measured = f"Measured: {spread(numbers)} {its.unit}".strip() + "."
    tell(given)
    marks = [] if answer is None else [its.answer]
    show_measured({its.unit or "value": numbers}, marks, "│ your prediction, ◆ median" * len(marks), (its.dial.least, its.dial.most))


def _allowed(dial, unit):
    """What may be answered, in words."""
    if isinstance(dial, Curve):
        return dial.words
    return " · ".join(dial.options) if isinstance(dial, Choice) else f"a number from {dial.least:g} to {dial.most:g} {unit}"


def _reveal_curve(its, numbers):
    tell(f"◇ {its.name} · {its.question}", "", "    ")
    tell("No prediction was given this time." if its.answer is None else "The dashed line is your prediction.")
    its._found = {"low": numbers.min(0).tolist(), "middle": np.median(numbers, 0).tolist(), "high": numbers.max(0).tolist()}
    its._measured = "The solid line is what was measured."
    its.dial.show(numbers, its.answer, its.question)


def _dial(low, high, choices, over, unit):
    """A choice of texts, a curve, or a slider, which has a hundred steps where its numbers are not whole."""
    if over is not None and choices is None:
        return curve(over, low, high, unit)
    if choices is None:
        low, high = need_number("low", low), need_number("high", high, above=need_number("low", low))
        whole = isinstance(low, int) and isinstance(high, int)
        return Slider("draft", "Your prediction", low, low, high, 1 if whole else (high - low) / 100)
    if (low, high, over) != (None, None, None):
        raise TypeError("choices: expected either choices or low and high, got both.")
    texts = list(choices) if isinstance(choices, (list, tuple)) else []
    if len(texts) < 2 or len(set(map(str, texts))) < len(texts) or not all(isinstance(text, str) and text for text in texts):
        raise TypeError(f"choices: expected two different texts or more, got {choices!r}.")
    return Choice("draft", "Your prediction", {text: text for text in texts})
