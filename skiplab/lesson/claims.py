"""A statement is worth no more than the numbers behind it, so the two are kept together, with the verdict.

`claim` prints words that do not change from run to run. Under SKIPLAB_STRICT=1, as in the tests, a claim that fails raises;
for a reader who changed a setting it shows the other verdict.
"""

from collections import namedtuple
from collections.abc import Mapping

import numpy as np

from skiplab.base.device import strict
from skiplab.base.errors import bare, need_array
from skiplab.base.say import say
from skiplab.lesson.strip import SEEDS, Axis, agreeing, spread, tell

Claim = namedtuple("Claim", "statement verdict holds measured against")  # bool, () or (S,), name -> () or (S,), (thresholds,)
made = {}  # id -> Claim, in the order in which they were made


class ClaimFailed(AssertionError):
    """A statement of the course did not hold."""


def claim(name, statement, holds, evidence="", against=()):
    """State something, and say whether it holds here, above a strip of dots of what it rests on.

    name        such as "01.3", of this statement alone: strictly ValueError where it stands for another one already
    holds       bool, or one bool a seed (S,): then 7 of 8 seeds must agree
    evidence    text that never changes, for closed forms; or a dict of name -> number or array (S,) for measurements
    against     the threshold, or several, that the statement compares them with: bars among their dots
    """
    if not isinstance(name, str) or not isinstance(statement, str):
        raise TypeError(f"name, statement: expected text, got {name!r} and {statement!r}.")
    holds, measured = _verdicts(holds), _measured(evidence)
    against = need_array("against", against, np.shape(against), "a finite number or several").ravel()
    verdict = bool(np.mean(holds) >= SEEDS)
    other = made.get(name, (statement,))[0]
    if other != statement and strict():
        raise ValueError(f"name: expected one of this statement's own, got {name!r}, which stands for {other!r}.")
    made[name] = Claim(statement, verdict, holds, measured, against)
    tell(f"{'✓ holds' if verdict else '✗ does not hold here'} · {name} · {statement}", "", "    ")
    show_measured(measured, against, agreeing(holds) if holds.ndim else "")
    tell("" if measured else evidence or "")
    if other != statement:
        tell(f"{name} stood for another statement before: {other}")
    if not verdict and strict():
        raise ClaimFailed(f"{name}: {statement} {evidence}")


def show_measured(measured, marks=(), first="", reach=()):
    """Print `first` and a row of dots for each name, () or (S,), as lines that no test compares; `reach` is on their axis too."""
    axis = Axis([*measured.values(), reach], marks)
    rows = axis.rows(measured) if len(marks) or any(array.ndim for array in measured.values()) else []
    words = [f"{name} {spread(array)}" for name, array in measured.items()]
    heads = [first or "◆ median", "logarithmic axis" * axis.log] if rows else [first, *words]
    if text := "; ".join(filter(None, heads)):
        tell(f"measured: {text}")
    for row in rows:
        say(f"      {row}")


def _verdicts(holds):
    """A bool as an array (), or one bool a seed as an array (S,)."""
    verdicts = _array(holds)
    if verdicts.dtype != bool or verdicts.ndim > 1 or verdicts.size == 0:
        raise TypeError(f"holds: expected a bool or one bool a seed, got {holds!r}.")
    return verdicts


def _array(value):
    """What may be a number or several as an array, else an empty one; None, such as a step that was never reached, is NaN."""
    try:
        array = np.asarray(bare(value))
        return array.astype(float) if array.dtype == object else array
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return np.zeros(0)


def _measured(evidence):
    """The arrays of what was measured: name -> () or (S,)."""
    if isinstance(evidence, str) or evidence is None:
        return {}
    if not isinstance(evidence, Mapping):
        raise TypeError(f"evidence: expected text, or a dict of name -> number or array, got {evidence!r} ({type(evidence).__name__}).")
    arrays = {str(name): _array(value) for name, value in evidence.items()}
    for (name, array), value in zip(arrays.items(), evidence.values(), strict=True):
        if array.dtype.kind not in "buif" or array.size == 0:
            raise TypeError(f"evidence: expected a number or an array of numbers for {name!r}, got {value!r} ({type(value).__name__}).")
    return arrays
