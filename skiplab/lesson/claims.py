"""A statement is worth no more than the numbers behind it, so the two are kept together, with the verdict.

`claim` prints words that do not change from run to run. Under SKIPLAB_STRICT=1, as in the tests, a claim that fails raises;
for a reader who changed a setting it shows the other verdict.
"""

import textwrap
from collections.abc import Mapping

import numpy as np

from skiplab.base.device import strict
from skiplab.base.errors import bare
from skiplab.base.say import say

WIDTH = 90  # of a line; JupyterLab would break a longer one within a word
SEEDS = 7 / 8  # the share of seeds of which a statement about single seeds must be true
made = {}  # id -> (statement, verdict), in the order in which they were made


class ClaimFailed(AssertionError):
    """A statement of the course did not hold."""


def claim(name, statement, holds, evidence=""):
    """State something, and say whether it holds here.

    name        such as "01.3", of this statement alone: strictly ValueError where it stands for another one already
    holds       bool, or one bool a seed (S,): then 7 of 8 seeds must agree
    evidence    text that never changes, for closed forms; or a dict of name -> number or array (S,) for measurements
    """
    if not isinstance(name, str) or not isinstance(statement, str):
        raise TypeError(f"name, statement: expected text, got {name!r} and {statement!r}.")
    holds, said = _verdicts(holds), _show(evidence)
    verdict = bool(np.mean(holds) >= SEEDS)
    other = made.get(name, (statement,))[0]
    if other != statement and strict():
        raise ValueError(f"name: expected one of this statement's own, got {name!r}, which stands for {other!r}.")
    made[name] = (statement, verdict)
    share = f" ({'at least 7 of 8' if holds.size >= 8 else 'all'} seeds)" if holds.ndim and verdict else ""
    _print(f"{'✓ holds' if verdict else '✗ does not hold here'} · {name} · {statement}{share}", "", "    ")
    if said:
        _print(said, "    ", "      ")
    if other != statement:
        _print(f"{name} stood for another statement before: {other}", "    ", "      ")
    if not verdict and strict():
        raise ClaimFailed(f"{name}: {statement} {said}")


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


def _print(text, first, later):
    """The text in lines of `WIDTH`, the first indented by `first` and the others by `later`."""
    say(textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False))


def _show(evidence):
    if isinstance(evidence, str) or evidence is None:
        return evidence or ""
    if not isinstance(evidence, Mapping):
        raise TypeError(f"evidence: expected text, or a dict of name -> number or array, got {evidence!r} ({type(evidence).__name__}).")
    measured = [f"{name} {_spread(name, value)}" for name, value in evidence.items()]
    return f"measured: {'; '.join(measured)}" if measured else ""


def _spread(name, value):
    array = _array(value)
    if array.dtype.kind not in "buif" or array.size == 0:
        raise TypeError(f"evidence: expected a number or an array of numbers for {name!r}, got {value!r} ({type(value).__name__}).")
    if array.ndim == 0:
        return f"{array:.3g}"
    with np.errstate(invalid="ignore"):  # -inf and inf have no middle
        return f"{np.median(1 * array):.3g} [{array.min():.3g}, {array.max():.3g}]"
