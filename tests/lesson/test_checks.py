"""An exercise answers every answer: right ones, each usual mistake, nonsense, and none."""

import contextlib
import functools
import importlib
import io
import itertools
import pkgutil
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from skiplab import Add, Gate, data
from skiplab.lesson import checks
from skiplab.lesson import exercises as lessons
from skiplab.lesson.checks import Mistake, called, check, compare, near, reals
from skiplab.lesson.exercises import nb03
from skiplab.nets import recurrent

WEAK = "what weakens them?"
NAN, INF = float("nan"), float("inf")
TABLES = [importlib.import_module(file.stem) for file in sorted(Path(__file__).parent.glob("answers_*.py"))]
RIGHT = {name: answers for table in TABLES for name, answers in table.RIGHT.items()}
WRONG = {name: answers for table in TABLES for name, answers in table.WRONG.items()}
for _lesson in pkgutil.iter_modules(lessons.__path__):
    importlib.import_module(f"{lessons.__name__}.{_lesson.name}")
NONSENSE = [None, "?", NAN, [], {}, object, [1, 2, 3, 4], True]


@pytest.fixture(params=sorted({name[:2] for name in checks.exercises}), ids="nb{}".format)
def exercises(request):
    """The names of one lesson's exercises."""
    return [name for name in checks.exercises if name.startswith(request.param)]


def test_a_bug_is_not_given_away_to_whoever_runs_its_cell_as_it_stands(said, subtests):
    bugs = {name for name, (todo, *_) in checks.exercises.items() if todo.startswith("Find the bug")}
    assert {name[:2] for name in bugs} == {name[:2] for name in checks.exercises}
    for name in bugs:
        with subtests.test(name):
            checks.met.discard(name)
            assert said(name, RIGHT[name][0]).startswith(f"✓ {name} · right. ")
            assert said(name, WRONG[name][0][0]) == said(name, ...)
            assert WRONG[name][0][1] in said(name, WRONG[name][0][0])


@pytest.fixture
def said(capsys):
    """What `check` prints to an answer."""

    def ask(name, answer):
        check(name, answer)
        return capsys.readouterr().out

    return ask


def test_every_exercise_of_the_course_is_judged_by_many_answers():
    few = {name: (len(RIGHT.get(name, ())), len(WRONG.get(name, ()))) for name in checks.exercises}
    assert {name: count for name, count in few.items() if count[0] < 3 or count[1] < 10} == {}
    assert checks.exercises.keys() == RIGHT.keys() == WRONG.keys()


def test_a_right_answer_is_right(exercises, said, subtests):
    for name in exercises:
        for answer in RIGHT[name]:
            with subtests.test(name=name, answer=answer):
                assert said(name, answer).startswith(f"✓ {name} · right. ")


@functools.cache
def hint_to(name, number):
    """What `check` says of the wrong answer of that number: said once for all that look at it."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        check(name, WRONG[name][number][0])
    return out.getvalue()


def test_a_mistake_gets_its_hint_and_never_the_answer(exercises, subtests):
    for name in exercises:
        value = reals(RIGHT[name][0])
        for number, (answer, hint) in enumerate(WRONG[name]):
            with subtests.test(name=name, answer=answer, hint=hint):
                told = hint_to(name, number)
                assert told.startswith(f"✗ {name} · not yet. ")
                assert hint in told
                assert value is None or value.ndim or not re.search(rf"(?<![\d.-]){re.escape(f'{value:g}')}(?!\.?\d)", told)


@pytest.mark.slow
def test_no_hint_holds_a_digit_that_another_processor_or_other_seeds_would_change(exercises, said, monkeypatch, subtests):
    for name in exercises:
        for number, (answer, _) in enumerate(WRONG[name]):
            with subtests.test(name=name, answer=answer):
                here = hint_to(name, number)
                with monkeypatch.context() as patch:
                    patch.setenv("SKIPLAB_FIRST_SEED", "1000")
                    assert re.findall(r"\d[\d.]*", said(name, answer)) == re.findall(r"\d[\d.]*", here)


def test_nonsense_never_raises_and_is_never_right(exercises, said, subtests):
    for name, answer in itertools.product(exercises, NONSENSE):
        with subtests.test(name=name, answer=answer):
            assert said(name, answer).startswith(f"✗ {name} · not yet. ")


def test_the_hint_to_a_merge_fits_what_it_makes_of_the_signal(subtests):
    for merge, hint in [
        ("add", "Smaller branches?"), (Add(gamma=0.5), "more than five times"), (Add(gamma=-1.0), "more than five times"),
        (Gate(0.01), "no time to grow"), (Add(gamma=1e-6), "no time to grow"), (Gate.linear(32, bias=-6.0), "no time to grow"),
        ("gate", WEAK), (Gate(0.05, carry=0.9), WEAK), (Add(lam=0.9, gamma=0.1), WEAK), (Add(lam=0.5), WEAK),
        ("none", "There is no skip in it."), (Add(lam=0.0), "There is no skip in it."), (Add(lam=-1.0, gamma=0.1), "changes a signal less"),
    ]:
        with subtests.test(merge=merge):
            assert hint in nb03._why(merge, data.digits().x)


FORMS = {
    "floats": lambda v: v,
    "array": np.array,
    "float32": np.float32,
    "tensor": torch.tensor,
    "double": lambda v: torch.tensor(v, dtype=torch.float64, requires_grad=True),
    "float32 tensor": lambda v: torch.tensor(v, dtype=torch.float32, requires_grad=True),
    "fractions": lambda v: [Fraction(str(part)) for part in v] if isinstance(v, tuple) else Fraction(str(v)),
    "decimals": lambda v: [Decimal(str(part)) for part in v] if isinstance(v, tuple) else Decimal(str(v)),
}
LISTS = [list, lambda v: [torch.tensor(float(part)) for part in v], lambda v: tuple(map(np.array, v))]
NUMBERS = {"01-b": 0.7746, "02-b": 0.045, "03-a": 33_280, "04-a": 492, "04-c": 87, "06-a": -3.34, "08-a": 4}
PAIRS = {"00-a": (3, 5, 2.25), "01-e": (1.5, 1.5), "02-a": (0.107, 6.19), "05-a": (0, 0, 1), "07-a": (10, 19)}
FUNCTIONS = {name for name, (todo, *_) in checks.exercises.items() if f'check("{name}", ' in todo}


@pytest.mark.slow
def test_a_right_number_is_right_in_whatever_form(exercises, said, subtests):
    for name, value in ((name, value) for name, value in (NUMBERS | PAIRS).items() if name in exercises):
        for form in [*FORMS.values(), *(LISTS if name in PAIRS else ())]:
            with subtests.test(name=name, answer=form(value)):
                assert said(name, form(value)).startswith(f"✓ {name} · right. ")


def test_text_and_complex_numbers_are_no_numbers(exercises, said, subtests):
    for name, value in ((name, np.array(value)) for name, value in (NUMBERS | PAIRS).items() if name in exercises):
        for wrong in (value.astype(str), value + 0j, value.astype(str).tolist(), value[None]):
            with subtests.test(name=name, answer=wrong):
                assert said(name, wrong).startswith(f"✗ {name} · not yet. ")


STRANGE = [
    "abc", "", b"abc", 3j, {1: 2}, {1, 2}, iter([1, 2]), [[1], [2, 3]], [...], NotImplemented, np.array("a"), ["none", "none", "x"],
    10**400, -(10**400), INF, -INF, [NAN, NAN], [INF, 1], (1e308, 1e308), [10**400, 1], np.arange(100.0), [np.ones(3)] * 3,
    torch.ones(2, requires_grad=True), torch.tensor(NAN), torch.empty(2, device="meta"), Fraction(1, 3), Decimal("sNaN"), np.True_,
    torch.tensor(True), Add, torch.nn.Linear, torch.nn.Linear(3, 3),
]  # fmt: skip


def test_a_strange_answer_gets_the_hint_of_the_exercise(exercises, said, subtests):
    for name, answer in itertools.product(sorted(set(exercises) - FUNCTIONS), STRANGE):
        with subtests.test(name=name, answer=answer):
            told = said(name, answer)
            assert told.startswith(f"✗ {name} · not yet. ")
            assert "stopped with" not in told


def test_a_function_without_return_is_told_so(exercises, said, subtests):
    for name in FUNCTIONS.intersection(exercises):
        with subtests.test(name=name):
            told = said(name, lambda *given, right=RIGHT[name][0]: [right(*given)].clear())
            assert told == f"✗ {name} · not yet. Your function gives nothing back: is a return missing?\n"


def test_where_a_function_is_asked_for_anything_else_is_told_which(exercises, said, subtests):
    for name in FUNCTIONS.intersection(exercises):
        with subtests.test(name=name):
            function = re.fullmatch(rf"✗ {name} · not yet\. Give a function (\w+)\(.*\) -> .*\.\n", said(name, 3))
            assert function
            assert said(name, ...).endswith(f' Then check("{name}", {function[1]}).\n')


def test_what_an_answer_changes_in_place_is_a_copy():
    kept = torch.ones(2)
    with pytest.raises(Mistake, match="in place"):
        called(lambda x: x.add_(1), kept)
    assert torch.equal(kept, torch.ones(2))
    assert called(lambda x, y: (x, y), kept, 3)[1] == 3
    with pytest.raises(Mistake, match="in place"):
        called(list.pop, [1, 2])


def double_or(x, n):
    yield 2 * x, None
    yield n * x, "That is n x."


def test_a_function_is_compared_in_every_case(subtests):
    cases = [(torch.ones(3), 2), (torch.ones(2, 2), 5)]  # in the first both are alike
    for answer, hint in [(lambda x, n: 2 * x, None), (lambda x, n: n * x, "That is n x."), (lambda x, n: x, "Else."),
                         (lambda x, n: 2 * x if n == 2 else x, "Else."), (lambda x, n: (2 * x).tolist(), None)]:  # fmt: skip
        with subtests.test(hint=hint):
            assert compare(answer, cases, double_or, "Else.") == hint
    for answer, words in [(lambda x, n: x[0], r"shape \(3,\), and returns \(\)"), (lambda x, n: "2 x", "something else"),
                          (lambda x, n: NAN * x, "NaN or infinity"), (lambda x, n: INF * x, "NaN or infinity")]:  # fmt: skip
        with subtests.test(words=words), pytest.raises(Mistake, match=words):
            compare(answer, cases, double_or, "Else.")


def test_the_verdict_on_a_function_that_draws_does_not_depend_on_what_was_drawn_before(capsys):
    for seed in range(3):
        torch.manual_seed(seed)
        check("06-e", lambda: recurrent.RNN(4, 32, gain=1.5))
    assert len(set(capsys.readouterr().out.splitlines())) == 1


def test_near_knows_only_real_numbers():
    answers = ["5", True, np.True_, 5 + 0j, [5], None, "", torch.tensor(True), np.array("5"), {5}, b"5"]
    assert [answer for answer in answers if near(answer, 5) or (reals(answer) is not None and not np.ndim(answer))] == []


def test_near_knows_a_bool_among_numbers():
    assert near([19, 1], [19, 1])
    assert not near([19, True], [19, 1])
    assert not near([19.0, np.True_], [19, 1])


def test_no_answer_yet(exercises, capsys, subtests):
    for name in exercises:
        with subtests.test(name=name):
            check(name)
            check(name, ...)
            first, second, _ = capsys.readouterr().out.split("\n")
            assert first == second
            assert first.startswith(f"○ {name} · not answered yet. ")


def test_an_unknown_exercise_is_an_error_that_says_which_there_are(subtests):
    for name in ["99-a", "00-z", "zero", 3, "", ".-a", "..x-a", "00.x-a", "nb00-a", "-", "00-A", "ß-a", None, ["00-a"]]:
        with subtests.test(name=name):
            with pytest.raises(ValueError, match="name: ") as caught:
                check(name)
            its = str(name)[:2] if re.match(r"0[0-7]", str(name)) else ""
            assert all((there in str(caught.value)) == there.startswith(its) for there in RIGHT)
            assert f"got {name!r}" in str(caught.value)
