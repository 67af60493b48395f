"""An exercise answers back: not answered yet, right and why, or a hint that fits the mistake.

The exercises of notebook NN stand in `exercises/nbNN.py`, each a function (answer) -> hint, or None when it is right.
"""

import contextlib
import copy
import functools
import importlib
import math
import numbers
import pkgutil
import random
import sys
import warnings
from decimal import Decimal

import numpy as np

from skiplab.base.errors import bare
from skiplab.base.say import say
from skiplab.lesson import exercises as lesson_exercises

exercises = {}  # name -> (todo, right, judge)
met = set()  # the bugs that were seen once: a cell that is run as it stands gives no hint away


class Mistake(Exception):
    """A mistake in a reader's function; its text is the hint."""


def exercise(name, todo, right, function=None):
    """Register the decorated function as the judge of exercise `name`: `todo` is said before an answer, `right` after a right one.

    Where the answer is to be a function, `function` says which one, such as "mended(x, z) -> y", and the judge gets it to use by `called`.
    """

    def register(judge):
        def of_functions(answer):
            return judge(functools.partial(called, answer)) if callable(answer) else f"Give a function {function}."

        exercises[name] = todo, right, judge
        if function is not None:
            exercises[name] = f'{todo} Then check("{name}", {function.partition("(")[0]}).', right, of_functions
        return judge

    return register


def check(name, answer=...):
    """Say whether the answer to an exercise is right; an answer that is not there or wrong never raises.

    A bug that is to be found gets its first hint when it is checked for the second time.
    """
    todo, right, judge = _find(name)
    if answer is ...:
        say(f"○ {name} · not answered yet. {todo}")
        return
    try:
        with _put_back():
            hint = judge(answer)
    except KeyboardInterrupt:
        raise
    except Mistake as mistake:
        hint = str(mistake)
    except BaseException as problem:  # also what is meant to end a program
        hint = f"Your answer stopped with {type(problem).__name__}"
        with contextlib.suppress(Exception, GeneratorExit, SystemExit):  # of its own text
            hint += f": {problem}"
    if hint and todo.startswith("Find the bug") and name not in met:
        met.add(name)
        say(f"○ {name} · not answered yet. {todo}")
        return
    say(f"✗ {name} · not yet. {hint}" if hint else f"✓ {name} · right. {right}")


def called(answer, *arguments):
    """What a reader's function makes of copies; a `Mistake` where it returns nothing, or changes a tensor or a list in place."""
    copies = copy.deepcopy(arguments)
    given = answer(*copies)
    if given is None:
        raise Mistake("Your function gives nothing back: is a return missing?")
    for used, argument in zip(copies, arguments, strict=True):
        if used != argument if isinstance(argument, list) else hasattr(argument, "clone") and not near(used, argument, 0):
            raise Mistake("It changes its input in place: whoever needs that later will be surprised.")
    return given


def compare(answer, cases, outcomes, otherwise, tolerance=1e-4):
    """The hint of the first outcome that the function gives in every case, else `otherwise`; a `Mistake` for wrong shapes and NaN.

    cases are tuples of arguments; outcomes(*case) gives pairs (value, hint), the right value first, with None.
    """
    made, known = [reals(answer(*case)) for case in cases], [list(outcomes(*case)) for case in cases]
    for given, ((value, _), *_) in zip(made, known, strict=True):
        if np.shape(given) != (shape := np.shape(bare(value))):
            raise Mistake(f"It should return numbers of shape {shape}, and returns {'something else' if given is None else given.shape}.")
        if not np.isfinite(given).all():
            raise Mistake("It returns NaN or infinity.")
    for same in zip(*known, strict=True):
        if all(near(given, value, tolerance) for given, (value, _) in zip(made, same, strict=True)):
            return same[0][1]
    return otherwise


def first_hint(answer, hints, otherwise, tolerance=1e-6):
    """The hint beside the first value that the answer is near, from pairs (value, hint or None); else `otherwise`."""
    return next((hint for value, hint in hints if near(answer, value, tolerance)), otherwise)


def near(answer, value, tolerance=0.01):
    """Whether the answer is a number, or a list of them, within `tolerance` of `value`."""
    given, value = reals(answer), np.asarray(bare(value))
    return given is not None and given.shape == value.shape and bool(np.all(np.abs(given - value) <= tolerance))


def one_number(answer):
    """The answer as a float; a `Mistake` where it is not one real number."""
    given = reals(answer)
    if given is None or given.ndim or np.isnan(given):
        raise Mistake("Give one number.")
    return float(given)


def reals(answer):
    """Real numbers in whatever form (list, tuple, array, tensor, fractions) as a float64 array, or None where there is anything else."""
    try:
        parts = np.array(bare(answer), dtype=object)
        return np.array([_float(part) for part in parts.flat]).reshape(parts.shape)
    except Exception:  # NumPy has many ways to say that this is no array
        return None


def kind(answer):
    """What was given instead, in words."""
    return f"the class {answer.__name__}" if isinstance(answer, type) else f"of type {type(answer).__name__}"


def _float(part):
    """A real number as a float; one that is too large is infinite."""
    part = part.item() if isinstance(part, np.ndarray) and part.ndim == 0 else part
    if isinstance(part, bool) or not isinstance(part, (numbers.Real, Decimal)):
        raise TypeError(f"expected a real number, got {type(part).__name__}")
    try:
        return float(part)
    except OverflowError:
        return math.inf if part > 0 else -math.inf


@contextlib.contextmanager
def _put_back():
    """What an answer sets for the whole kernel is afterwards as before; inside, torch makes float32, gradients, and the same draws."""
    with contextlib.ExitStack() as after:
        after.enter_context(np.errstate(all="ignore"))
        after.enter_context(warnings.catch_warnings())
        after.callback(random.setstate, random.getstate())
        after.callback(np.random.set_state, np.random.get_state())
        if torch := sys.modules.get("torch"):
            from skiplab.base.rng import seeded

            after.enter_context(seeded(0))
            after.enter_context(torch.enable_grad())
            after.callback(torch.set_num_threads, torch.get_num_threads())
            after.callback(torch.set_default_dtype, torch.get_default_dtype())
            torch.set_default_dtype(torch.float32)
        yield


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
