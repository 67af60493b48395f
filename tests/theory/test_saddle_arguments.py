"""What the functions of the toy saddle may be asked, and what they say else."""

import itertools

import numpy as np
import pytest

from skiplab.theory import saddle
from skiplab.theory.saddle import Toy, descend, eigenvalues, escape_steps, gradient, hessian, kind, loss, multiplier, predicted_escape, tie

NAN, INF = float("nan"), float("inf")


def test_a_toy_that_cannot_be_says_why(subtests):
    for settings, kind_of_error, name, allowed in [
        ({"alpha": "1"}, TypeError, "alpha", "a finite number"),
        ({"alpha": True}, TypeError, "alpha", "a finite number"),
        ({"alpha": None}, TypeError, "alpha", "a finite number"),
        ({"alpha": [1.0]}, TypeError, "alpha", "a finite number"),
        ({"alpha": 1j}, TypeError, "alpha", "a finite number"),
        ({"alpha": NAN}, ValueError, "alpha", "a finite number"),
        ({"alpha": INF}, ValueError, "alpha", "a finite number"),
        ({"lam": "strong"}, TypeError, "lam", "a finite number"),
        ({"lam": False}, TypeError, "lam", "a finite number"),
        ({"lam": -INF}, ValueError, "lam", "a finite number"),
        ({"length": 1}, ValueError, "length", "from 2 to 64"),
        ({"length": -2}, ValueError, "length", "from 2 to 64"),
        ({"length": 65}, ValueError, "length", "from 2 to 64"),
        ({"length": 10**30}, ValueError, "length", "from 2 to 64"),
        ({"length": 2.0}, TypeError, "length", "from 2 to 64"),
        ({"length": True}, TypeError, "length", "from 2 to 64"),
        ({"form": "pair", "length": 5}, ValueError, "length", "even"),
        ({"form": "ring"}, ValueError, "form", "'plain', 'block', 'pair', 'weight'"),
        ({"form": 1}, TypeError, "form", "'plain', 'block', 'pair', 'weight'"),
        ({"form": None}, TypeError, "form", "'plain', 'block', 'pair', 'weight'"),
    ]:
        with subtests.test(settings=settings):
            complains(lambda settings=settings: Toy(**settings), kind_of_error, name, allowed, settings[name])


def test_a_descent_that_cannot_be_says_why(subtests):
    for settings, kind_of_error, name, allowed in [
        ({"start": [1, 2, 3]}, ValueError, "start", "2 finite numbers"),
        ({"start": 1.0}, ValueError, "start", "2 finite numbers"),
        ({"start": [1, NAN]}, ValueError, "start", "2 finite numbers"),
        ({"start": [INF, 1]}, ValueError, "start", "2 finite numbers"),
        ({"start": "here"}, TypeError, "start", "2 finite numbers"),
        ({"start": [[1, 2], [1, INF]]}, ValueError, "start", "2 finite numbers"),
        ({"start": [[1, 2], [1]]}, TypeError, "start", "2 finite numbers"),
        ({"steps": -1}, ValueError, "steps", "from 0 to 1000000"),
        ({"steps": 10**9}, ValueError, "steps", "from 0 to 1000000"),
        ({"steps": 2.5}, TypeError, "steps", "from 0 to 1000000"),
        ({"steps": True}, TypeError, "steps", "from 0 to 1000000"),
        ({"lr": 0}, ValueError, "lr", "greater than 0"),
        ({"lr": -0.1}, ValueError, "lr", "greater than 0"),
        ({"lr": NAN}, ValueError, "lr", "greater than 0"),
        ({"lr": "fast"}, TypeError, "lr", "greater than 0"),
        ({"lr": True}, TypeError, "lr", "greater than 0"),
        ({"optimizer": "sgd"}, ValueError, "optimizer", "'gd', 'momentum', 'adam', 'noisy'"),
        ({"optimizer": 3}, TypeError, "optimizer", "'gd', 'momentum', 'adam', 'noisy'"),
        ({"sigma": -1}, ValueError, "sigma", "at least 0"),
        ({"sigma": INF}, ValueError, "sigma", "at least 0"),
        ({"sigma": None}, TypeError, "sigma", "at least 0"),
        ({"noise": np.zeros((5, 3))}, ValueError, "noise", "(4, 2)"),
        ({"noise": np.zeros(4)}, ValueError, "noise", "(4, 2)"),
        ({"noise": "loud"}, TypeError, "noise", "(4, 2)"),
        ({"noise": np.full((4, 2), NAN), "optimizer": "noisy", "sigma": 1}, ValueError, "noise", "finite"),
    ]:
        with subtests.test(settings=settings):
            given = {"start": [0.1, 0.1], "steps": 4, **settings}
            complains(lambda given=given: descend(Toy(), **given), kind_of_error, name, allowed)


def test_a_point_of_the_wrong_width_names_w_and_the_width(subtests):
    for w, call in itertools.product([[1.0, 2.0, 3.0], 1.0, [[1.0], [2.0]]], [multiplier, loss, gradient, hessian, eigenvalues, kind]):
        with subtests.test(w=w, call=call):
            complains(lambda call=call, w=w: call(Toy(), w), ValueError, "w", "2", got=str(np.shape(w)))


def test_a_point_that_is_no_array_of_numbers_names_w(subtests):
    for call in [multiplier, loss, gradient, hessian, eigenvalues, kind]:
        with subtests.test(call=call):
            complains(lambda call=call: call(Toy(), "ab"), TypeError, "w", "2")


def test_a_point_with_nan_is_nowhere(subtests):
    for call in [hessian, eigenvalues, kind]:
        with subtests.test(call=call):
            complains(lambda call=call: call(Toy(), [NAN, 1]), ValueError, "w", "2 finite numbers", got="nan")


def test_other_wrong_arguments_are_named(subtests):
    for call, kind_of_error, name in [
        (lambda: predicted_escape(Toy(), [1, 2, 3], 0.1), ValueError, "ab"),
        (lambda: predicted_escape(Toy(), [NAN, 0], 0.1), ValueError, "ab"),
        (lambda: predicted_escape(Toy(), "ab", 0.1), TypeError, "ab"),
        (lambda: predicted_escape(Toy(), [0.1, 0.1], 0), ValueError, "lr"),
        (lambda: predicted_escape(Toy(), [0.1, 0.1], True), TypeError, "lr"),
        (lambda: tie([1, 2, 3], 4), ValueError, "ab"),
        (lambda: tie([1], 4), ValueError, "ab"),
        (lambda: tie(1.0, 4), ValueError, "ab"),
        (lambda: saddle.noise_table(-1, 2), ValueError, "steps"),
        (lambda: saddle.noise_table(2.5, 2), TypeError, "steps"),
        (lambda: escape_steps(Toy(), [0, 0]), ValueError, "path"),
        (lambda: tie([1, 2], 10**9), ValueError, "length"),
        (lambda: descend(Toy(), np.zeros((1000, 2)), 10**6), ValueError, "steps"),
    ]:
        with subtests.test(name=name, kind_of_error=kind_of_error):
            complains(call, kind_of_error, name, "expected")


def complains(call, kind_of_error, name, allowed, *came, got="got"):
    with pytest.raises(kind_of_error) as caught:
        call()
    text = str(caught.value)
    assert caught.type is kind_of_error
    assert text.startswith(f"{name}: ")
    assert allowed in text
    assert got in text
    for value in came:
        assert repr(value)[:50] in text
