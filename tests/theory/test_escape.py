"""How long descent stays beside a saddle is what the flow predicts."""

import itertools

import numpy as np
import pytest
from toys import CASES, close

from skiplab.theory import saddle
from skiplab.theory.saddle import Toy, descend, escape_steps, gradient, predicted_escape, tie


def steps_and_guess(toy, ab, lr):
    """Steps to escape, measured and predicted; twice as many as predicted are run."""
    ab = saddle.saddle_point(toy)[:2] + ab
    guess = predicted_escape(toy, ab, lr)
    return escape_steps(toy, descend(toy, tie(ab, toy.length), int(2 * guess) + 10, lr)), guess


@pytest.mark.slow
def test_predicted_escape_is_within_three_per_cent_of_the_measured(subtests):
    starts = [
        (Toy(1.0), [1e-4, 1e-4]),
        (Toy(1.5), [2e-5, -1e-5]),
        (Toy(-1.0), [1e-4, -3e-5]),
        (Toy(2.0, "block"), [1e-5, 3e-5]),
        (Toy(0.25, "block", 0.6), [1e-6, 4e-6]),
        (Toy(2.5, "weight"), [1e-5, 0.0]),
        (Toy(1.0, "weight", 0.5), [-1e-5, -2e-5]),
        (Toy(3.0, "pair", 1.0, 4), [1e-5, 1e-5]),
        (Toy(2.0, "pair", 1.0, 8), [1e-6, 0.0]),
        (Toy(1.0, length=3), [0.01, 0.01]),
        (Toy(2.0, "block", 1.0, 3), [0.01, 0.01]),
        (Toy(1.0, "weight", 0.7, 3), [0.02, 0.02]),
        (Toy(1.0, length=4), [0.06, 0.06]),
    ]
    for (toy, ab), lr in itertools.product(starts, [0.005, 0.05]):
        with subtests.test(toy=toy, ab=ab, lr=lr):
            measured, predicted = steps_and_guess(toy, ab, lr)
            assert measured > 20
            assert abs(predicted / measured - 1) < 0.03 + 1.5 / measured  # and the step that a count rounds up


@pytest.mark.parametrize("lr", [0.002, 0.02])
def test_two_weights_need_log_one_over_epsilon_steps(lr):
    counts = [steps_and_guess(Toy(1.0), [eps, eps], lr) for eps in (2.0**-k for k in range(8, 15))]
    expected = np.log(2) / np.log1p(2 * lr)  # the steps in which the distance doubles
    assert np.abs(np.diff(counts, axis=0)[:, 0] - expected).max() <= 1
    close((counts[-1][1] - counts[0][1]) / 6, expected, rtol=0.02)


def test_more_weights_need_epsilon_to_the_two_minus_length(subtests):
    for length, starts in [(3, (0.004, 0.002)), (4, (0.04, 0.02)), (6, (0.24, 0.12))]:
        with subtests.test(length=length, starts=starts):
            lr = 0.05
            (far, far_guess), (near, near_guess) = (steps_and_guess(Toy(1.0, length=length), [eps, eps], lr) for eps in starts)
            close(near / far, 2 ** (length - 2), rtol=0.03)
            close(near_guess / far_guess, 2 ** (length - 2), rtol=0.03)
            close(near, 1 / ((length - 2) * 2 * lr * starts[1] ** (length - 2)), rtol=0.03)  # ds/dt = 2 s^(L-1)


def test_small_steps_keep_the_difference_of_squares_seen_from_the_saddle(subtests):
    for form, length in CASES:
        with subtests.test(form=form, length=length):
            toy = Toy(1.6, form, 0.7, length)
            path = descend(toy, tie([0.5, 0.8], length) + saddle.saddle_point(toy), 1000, 0.0002)[:, :2] - saddle.saddle_point(toy)[:2]
            squares = path**2
            change = np.abs(squares - squares[0]).max()
            assert change > 0.01
            assert np.abs((squares - squares[0]) @ [1, -1]).max() < 0.02 * change


@pytest.mark.slow
def test_a_prediction_holds_for_starts_off_the_way_down_too(subtests):
    for form, length in CASES:
        with subtests.test(form=form, length=length):
            rng, checked = np.random.default_rng([7, saddle.FORMS.index(form), length]), 0
            for _ in range(40):
                toy = Toy(rng.choice([-1, 1]) * rng.uniform(1, 3), form, rng.uniform(0.1, 0.9), length)
                ab = saddle.saddle_point(toy)[:2] + rng.uniform(-0.6, 0.6, 2)
                guess = predicted_escape(toy, ab, 0.004)
                if guess is not None and 50 < guess < 1000:
                    measured = escape_steps(toy, descend(toy, tie(ab, length), 1400, 0.004))
                    assert measured is not None, (toy, ab, guess)
                    assert abs(guess / measured - 1) < 0.12, (toy, ab, guess, measured)
                    checked += 1
                if checked == 5:
                    break
            assert checked > 0


def test_from_a_line_of_critical_points_no_escape_is_predicted():
    toy = Toy(1.0, length=4)
    assert (gradient(toy, tie([0.4, 0.0], 4)) == 0).all()
    assert predicted_escape(toy, [0.4, 0.0], 0.02) is None


def test_escape_counts_the_fraction_of_the_way_from_the_saddle():
    toy = Toy(1.0)
    path = np.sqrt(np.array([0.0, 0.3, 0.89, 0.91, 1.0]))[:, None] * [1, 1]  # m = 0, .3, .89, .91, 1
    assert escape_steps(toy, path) == 3
    assert escape_steps(toy, path[:3]) is None
    assert escape_steps(Toy(1.0, "block"), path) is None  # nothing to escape from
    path[2:] = np.nan
    assert escape_steps(toy, path) is None


def test_where_nothing_leads_down_no_escape_is_predicted():
    assert predicted_escape(Toy(1.0), [0.2, -0.2], 0.02) is None
    assert predicted_escape(Toy(1.0), [0.0, 0.0], 0.02) is None
    assert predicted_escape(Toy(1.0, "block"), [0.1, 0.1], 0.02) is None
    assert predicted_escape(Toy(-1.0, "weight"), [0.0, 0.0], 0.02) is None
    assert predicted_escape(Toy(1.0), [1.5, 1.5], 0.02) is None
