"""An exercise answers every answer: a right one, each usual mistake, nonsense, and none."""

import numpy as np
import pytest
import torch

from skiplab import Add, Gate, Skip
from skiplab.checks import check
from skiplab.probe import Setting

BRANCH = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
RIGHT = {
    "00-a": [[3, 5, 2.25], (3, 5, 2.25), np.array([3, 5, 2.25])],
    "00-b": [Skip(BRANCH, Add(gamma=0)), Skip(BRANCH, Gate(0.0))],
    "00-c": [lambda x, new, z: (1 - z) * x + z * new],
    "01-a": [[-3, 3], (-3.0, 3.0)],
    "01-b": [0.6, np.float64(0.6)],
    "01-c": [(1, -1), [-0.5, 0.5]],
    "01-d": [lambda a, b, c: (2 * (a * b - c) * b, 2 * (a * b - c) * a)],
    "01-e": [(0.05, 0), [0.0, -0.1]],
    "02-a": [[0.107, 6.19], (0.11, 6.2)],
    "02-b": [0.045],
    "02-c": [Setting("add", init="he", scale="1/L"), Setting("add", init="he", scale="0")],
    "02-d": [lambda J, g, lam=1.0: torch.linalg.multi_dot([*(lam * torch.eye(4) + j for j in J.flip(0)), torch.eye(4).double()]).T @ g
             if len(J) > 1 else (lam * torch.eye(4) + J[0]).T @ g],
}  # fmt: skip
WRONG = [
    ("00-a", [3, 5, 2.75], "before F"),
    ("00-a", [2, 5, 2.25], "no skip"),
    ("00-a", 7, "formulas"),
    ("00-b", Skip(BRANCH, Add()), "not x yet"),
    ("00-b", 3, "int"),
    ("00-b", Skip(lambda x: 0 * x, "add"), "silence it in the merge"),
    ("00-c", lambda x, new, z: z * x + (1 - z) * new, "still returns F"),
    ("00-c", lambda x, new, z: x, "z = 1"),
    ("01-a", [-1, 1], "plain"),
    ("01-a", [3, -3], "smaller one first"),
    ("01-b", 1.0, "-0.4"),
    ("01-b", "0.6", "one number"),
    ("01-c", (0, 0), "origin"),
    ("01-c", (1, 1), "escapes in"),
    ("01-c", (1, -1.000001), "escapes in"),
    ("01-c", (9, 9), "diverges"),
    ("01-d", lambda a, b, c: (2 * (a * b - c) * a, 2 * (a * b - c) * b), "swapped"),
    ("01-d", lambda a, b, c: ((a * b - c) * b, (a * b - c) * a), "square"),
    ("01-d", lambda a: a, "TypeError"),
    ("01-e", (0, 0), "diagonal"),
    ("01-e", (0.5, 0), "within 0.1"),
    ("02-a", [6.19, 0.107], "lower one first"),
    ("02-a", [-0.97, 0.79], "logarithms"),
    ("02-b", 0.1, "less than a tenth"),
    ("02-b", 0.01, "larger"),
    ("02-b", 0.046, "less than a tenth"),
    ("02-c", Setting("add", init="he"), "smaller"),
    ("02-c", Setting("none", init="he"), "Keep merge"),
    ("02-d", lambda J, g, lam=1.0: g, "one block"),
]


@pytest.mark.parametrize(("name", "answer"), [(name, answer) for name, answers in RIGHT.items() for answer in answers])
def test_a_right_answer_is_right(name, answer, capsys):
    check(name, answer)
    assert capsys.readouterr().out.startswith(f"✓ {name} · right. ")


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG)
def test_a_mistake_gets_its_hint(name, answer, hint, capsys):
    check(name, answer)
    said = capsys.readouterr().out
    assert said.startswith(f"✗ {name} · not yet. ")
    assert hint in said


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("answer", [None, "?", float("nan"), [], {}, object, [1, 2, 3, 4], True], ids=repr)
def test_nonsense_never_raises_and_is_never_right(name, answer, capsys):
    check(name, answer)
    assert capsys.readouterr().out.startswith(f"✗ {name} · not yet. ")


@pytest.mark.parametrize("name", RIGHT)
def test_no_answer_yet(name, capsys):
    check(name)
    check(name, ...)
    first, second, _ = capsys.readouterr().out.split("\n")
    assert first == second
    assert first.startswith(f"○ {name} · not answered yet. ")


@pytest.mark.parametrize("name", ["99-a", "00-z", "zero", 3, ""])
def test_an_unknown_exercise_is_an_error_that_names_it(name):
    with pytest.raises(ValueError, match="name: "):
        check(name)
