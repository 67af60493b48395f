"""An exercise answers back: not answered yet, right and why, or a hint that fits the mistake.

The exercises of notebook NN stand in `skiplab/exercises/nbNN.py`, each a function (answer) -> hint, or None when it is right.
"""

import importlib
import numbers

import numpy as np

exercises = {}  # name -> (todo, right, judge)


def exercise(name, todo, right):
    """Register the decorated function as the judge of exercise `name`: `todo` is said before an answer, `right` after a right one."""

    def register(judge):
        exercises[name] = (todo, right, judge)
        return judge

    return register


def check(name, answer=...):
    """Say whether the answer to an exercise is right; an answer that is not there or wrong never raises."""
    todo, right, judge = _find(name)
    if answer is ...:
        print(f"○ {name} · not answered yet. {todo}")
        return
    try:
        hint = judge(answer)
    except Exception as problem:
        hint = f"Your answer stopped with {type(problem).__name__}: {problem}"
    print(f"✗ {name} · not yet. {hint}" if hint else f"✓ {name} · right. {right}")


def near(answer, value, tolerance=0.01):
    """Whether the answer is a number, or a list of them, within `tolerance` of `value`."""
    try:
        answer = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        return False
    return answer.shape == np.shape(value) and bool(np.all(np.abs(answer - np.asarray(value)) <= tolerance))


def is_number(answer):
    """Whether the answer is one real number."""
    return isinstance(answer, (numbers.Real, np.number)) and not isinstance(answer, bool)


def _find(name):
    if not isinstance(name, str) or "-" not in name:
        raise ValueError(f"name: expected an exercise such as '01-a', got {name!r}.")
    try:
        importlib.import_module(f"skiplab.exercises.nb{name.split('-')[0]}")
    except ModuleNotFoundError as problem:
        if problem.name != f"skiplab.exercises.nb{name.split('-')[0]}":
            raise
    if name not in exercises:
        raise ValueError(f"name: there is no exercise {name!r}; loaded are {', '.join(sorted(exercises)) or 'none'}.")
    return exercises[name]
