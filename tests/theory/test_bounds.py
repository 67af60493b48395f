"""The bounds are powers of the depth, and they are attained."""

import math

import numpy as np
import pytest

from skiplab.theory import bounds


def test_bounds_are_attained_by_jacobians_that_all_point_one_way():
    low, high = bounds.skip_bounds(0.3, 7)
    assert 10**low == pytest.approx(0.7**7)
    assert 10**high == pytest.approx(1.3**7)
    assert 10 ** bounds.highway(0.3, 7) == pytest.approx(0.3**7)


def test_lambda_zero_has_the_plain_upper_bound():
    assert bounds.skip_bounds(0.3, 7, lam=0)[1] == pytest.approx(bounds.highway(0.3, 7))


def test_a_jacobian_as_large_as_the_skip_can_cancel_it():
    assert bounds.skip_bounds(1.0, 3)[0] == -math.inf
    assert bounds.skip_bounds(0.5, 3, lam=0.5)[0] == -math.inf


def test_one_over_depth_keeps_both_bounds():
    low, high = bounds.skip_bounds(1e-3, 1000)
    assert 10**low == pytest.approx(math.exp(-1), rel=1e-3)
    assert 10**high == pytest.approx(math.e, rel=1e-3)


def test_nothing_underflows_at_depth_1000():
    assert bounds.highway(0.1, 1000) == pytest.approx(-1000)


def test_random_gain_is_the_expected_square_of_random_rotations():
    rng = np.random.default_rng(0)
    gains = []
    for _ in range(400):
        g = np.array([1.0, 0, 0, 0])
        for _ in range(10):
            q, r = np.linalg.qr(rng.standard_normal((4, 4)))
            g = g + 0.5 * (q * np.sign(np.diag(r))).T @ g
        gains.append(g @ g)
    assert np.mean(gains) == pytest.approx(10 ** (2 * bounds.random_gain(0.5, 10)), rel=0.15)


def test_bad_input_is_refused(subtests):
    for function, given in [
        (bounds.highway, (-1, 3)), (bounds.skip_bounds, (0.1, -3)), (bounds.skip_bounds, (0.1, 3, float("nan"))),
        (bounds.highway, ("a", 3)), (bounds.random_gain, (0.1, True)),
    ]:
        with subtests.test(function=function, given=given), pytest.raises((TypeError, ValueError), match=r"rho|depth|lam"):
            function(*given)
