"""Whatever a reader's answer does, the verdict is said, and the kernel is as it was before."""

import asyncio
import importlib
import pkgutil
import random
import threading
import warnings

import numpy as np
import pytest
import torch

from skiplab.lesson import checks
from skiplab.lesson import exercises as lessons
from skiplab.lesson.checks import check

for _lesson in pkgutil.iter_modules(lessons.__path__):
    importlib.import_module(f"{lessons.__name__}.{_lesson.name}")


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no words")


class NoText(Exception):
    def __str__(self):
        return 3


class Leaving(Exception):
    def __str__(self):
        raise SystemExit(4)


class Numbers:
    """What looks like a tensor, and runs `act` when it is read as numbers."""

    def __init__(self, act):
        self.act = self.detach = act

    def tolist(self):
        return self.act()


def answers(act):
    """(exercise, an answer that runs `act` while it is judged) of the whole course, as far as it runs anything of a reader's."""
    for name in sorted(checks.exercises):
        yield name, lambda *given: act()
        yield name, Numbers(act)


def raising(problem):
    def act():
        raise problem

    return act


PROBLEMS = [GeneratorExit(), SystemExit(3), asyncio.CancelledError(), Mute(), NoText(), Leaving(), RecursionError("deep")]
OBJECTS = {"00-b", "05-e", "06-b"}  # the exercises that ask for an object, of which other answers are not run


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: type(problem).__name__)
def test_an_answer_that_stops_in_whatever_way_gets_its_hint(problem, capsys, subtests):
    for name, answer in answers(raising(problem)):
        with subtests.test(name=name):
            check(name, answer)
            told = capsys.readouterr().out
            assert told.startswith(f"✗ {name} · not yet. ")
            assert "stopped" not in told or f"Your answer stopped with {type(problem).__name__}" in told
    check("00-c", lambda x, new, z: raising(problem)())
    assert f"Your answer stopped with {type(problem).__name__}" in capsys.readouterr().out


def test_an_interrupt_is_the_readers(subtests):
    ran = set()
    for name, answer in answers(raising(KeyboardInterrupt())):
        with subtests.test(name=name):
            try:
                check(name, answer)
            except KeyboardInterrupt:
                ran.add(name)
    assert set(checks.exercises) - ran == OBJECTS


def state():
    """What of the kernel an answer may change for all that is computed later."""
    return {
        "dtype": torch.get_default_dtype(), "gradients": torch.is_grad_enabled(), "threads": torch.get_num_threads(),
        "torch": torch.get_rng_state().tolist(), "numpy": [str(part) for part in np.random.get_state()], "python": random.getstate(),
        "errors": np.geterr(), "filters": list(warnings.filters), "thread count": threading.active_count(),
    }  # fmt: skip


def vandal():
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    torch.set_num_threads(3)
    torch.manual_seed(torch.randint(10**6, ()).item())
    np.random.seed(random.randrange(10**6))
    np.seterr(all="raise")
    warnings.simplefilter("always")
    return 7


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("gradients", [True, False])
def test_what_an_answer_changes_for_the_whole_kernel_is_put_back(dtype, gradients, subtests):
    with warnings.catch_warnings(), np.errstate(over="warn"):
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)
        try:
            for act in (vandal, lambda: vandal() and 1 / 0):
                for name, answer in answers(act):
                    with subtests.test(name=name):
                        before = state()
                        check(name, answer)
                        assert state() == before
        finally:
            torch.set_default_dtype(torch.float32)
            torch.set_grad_enabled(True)
