"""A statement is worth no more than the numbers behind it, so the two are kept together, with the verdict.

`claim` prints words that do not change from run to run. Under SKIPLAB_STRICT=1, as in the tests, a claim that fails raises;
for a reader who changed a setting it shows the other verdict.
"""

import os
import textwrap

import numpy as np

WIDTH = 90  # of a line; JupyterLab would break a longer one within a word
SEEDS = 7 / 8  # the share of seeds of which a statement about single seeds must be true
made = {}  # id -> (statement, verdict), in the order in which they were made


class ClaimFailed(AssertionError):
    """A statement of the course did not hold."""


def claim(name, statement, holds, evidence=""):
    """State something, and say whether it holds here.

    name        such as "01.3", unique in the course
    holds       bool, or one bool a seed (S,): then 7 of 8 seeds must agree
    evidence    text that never changes, for closed forms; or a dict of name -> number or array (S,) for measurements
    """
    if not isinstance(name, str) or not isinstance(statement, str):
        raise TypeError(f"name, statement: expected text, got {name!r} and {statement!r}.")
    single = np.ndim(holds) > 0
    if np.asarray(holds).dtype != bool or np.ndim(holds) > 1 or np.size(holds) == 0:
        raise TypeError(f"holds: expected a bool or one bool a seed, got {holds!r}.")
    verdict = bool(np.mean(holds) >= SEEDS)
    made[name] = (statement, verdict)
    share = f" ({'at least 7 of 8' if np.size(holds) >= 8 else 'all'} seeds)" if single and verdict else ""
    _print(f"{'✓ holds' if verdict else '✗ does not hold here'} · {name} · {statement}{share}", "", "    ")
    if evidence:
        _print(_show(evidence), "    ", "      ")
    if not verdict and os.environ.get("SKIPLAB_STRICT") == "1":
        raise ClaimFailed(f"{name}: {statement} {_show(evidence)}")


def _print(text, first, later):
    """The text in lines of `WIDTH`, the first indented by `first` and the others by `later`."""
    print(textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False))


def _show(evidence):
    if isinstance(evidence, str):
        return evidence
    return "measured: " + "; ".join(f"{name} {_spread(value)}" for name, value in evidence.items())


def _spread(value):
    if np.ndim(value) == 0:
        return f"{value:.3g}"
    low, middle, high = np.quantile(value, [0, 0.5, 1])
    return f"{middle:.3g} [{low:.3g}, {high:.3g}]"
