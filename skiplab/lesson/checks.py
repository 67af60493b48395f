"""An exercise answers back: not answered yet, right and why, or a hint that fits the mistake.

The exercises of notebook NN stand in `exercises/nbNN.py`, each a function (answer) -> hint, or None when it is right.
"""

import functools
import importlib
import math
import numbers
import pkgutil
from decimal import Decimal

import numpy as np

from skiplab.base.errors import bare
from skiplab.lesson import exercises as lesson_exercises

exercises = {}  # name -> (todo, right, judge)


class Mistake(Exception):
    """A mistake in a reader's function; its text is the hint."""


def exercise(name, todo, right, function=None):
    """Register the decorated function as the judge of exercise `name`: `todo` is said before an answer, `right` after a right one.

    Where the answer is to be a function, `function` says which one, such as "(x, z) -> y", and the judge gets it to use by `called`.
    """

    def register(judge):
        exercises[name] = (todo, right, judge if function is None else _of_functions(judge, function))
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
    except Mistake as mistake:
        hint = str(mistake)
    except (Exception, SystemExit) as problem:
        hint = f"Your answer stopped with {type(problem).__name__}: {problem}"
    print(f"✗ {name} · not yet. {hint}" if hint else f"✓ {name} · right. {right}")


def called(answer, *arguments):
    """What a reader's function makes of copies of the arguments; a `Mistake` where it returns nothing or changes a tensor in place."""
    copies = [argument.clone() if hasattr(argument, "clone") else argument for argument in arguments]
    given = answer(*copies)
    if given is None:
        raise Mistake("Your function gives nothing back: is a return missing?")
    if not all(near(copy, argument, 0) for copy, argument in zip(copies, arguments, strict=True) if hasattr(argument, "clone")):
        raise Mistake("It changes its input in place: whoever needs that later will be surprised.")
    return given


def first_hint(answer, hints, otherwise, tolerance=1e-6):
    """The hint beside the first value that the answer is near, from pairs (value, hint or None); else `otherwise`."""
    return next((hint for value, hint in hints if near(answer, value, tolerance)), otherwise)


def near(answer, value, tolerance=0.01):
    """Whether the answer is a number, or a list of them, within `tolerance` of `value`."""
    given, value = reals(answer), np.asarray(bare(value))
    return given is not None and given.shape == value.shape and bool(np.all(np.abs(given - value) <= tolerance))


def one_number(answer):
    """The answer as a float; a `Mistake` where it is not one real number."""
    if (given := real(answer)) is None:
        raise Mistake("Give one number.")
    return given


def real(answer):
    """The answer as a float, or None where it is not one real number."""
    given = reals(answer)
    return None if given is None or given.ndim or np.isnan(given) else float(given)


def reals(answer):
    """Real numbers in whatever form (list, tuple, array, tensor, fractions) as a float64 array, or None where there is anything else."""
    try:
        parts = np.array(bare(answer), dtype=object)
        return np.array([_float(part) for part in parts.flat]).reshape(parts.shape)
    except Exception:  # NumPy has many ways to say that this is no array
        return None


def _float(part):
    """A real number as a float; one that is too large is infinite."""
    part = part.item() if isinstance(part, np.ndarray) and part.ndim == 0 else part
    if isinstance(part, bool) or not isinstance(part, (numbers.Real, Decimal)):
        raise TypeError(f"expected a real number, got {type(part).__name__}")
    try:
        return float(part)
    except OverflowError:
        return math.inf if part > 0 else -math.inf


def _of_functions(judge, signature):
    """The judge of answers that are functions: it gets them wrapped in `called`."""
    return lambda answer: judge(functools.partial(called, answer)) if callable(answer) else f"Give a function {signature}."


def _find(name):
    """The exercise of that name; only its notebook's are loaded."""
    there = [module.name for module in pkgutil.iter_modules(lesson_exercises.__path__)]
    notebook = f"nb{name[:2]}" if isinstance(name, str) else ""
    for module in [notebook] if notebook in there else there:
        importlib.import_module(f"skiplab.lesson.exercises.{module}")
    if not isinstance(name, str) or name not in exercises:
        its = [known for known in sorted(exercises) if notebook not in there or known.startswith(name[:2])]
        raise ValueError(f"name: expected one of {', '.join(its)}, got {name!r}.")
    return exercises[name]
