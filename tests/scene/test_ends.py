"""Places that are too near to one another move apart, and no further."""

import numpy as np

from skiplab.scene.ends import spaced


def test_places_that_are_far_enough_apart_stay():
    assert spaced(np.array([5.0, 1.0, 3.0]), 2, 0, 10).tolist() == [5, 1, 3]


def test_places_move_apart_in_their_order_and_stay_inside():
    rng = np.random.default_rng(0)
    for count in range(1, 9):
        places = rng.uniform(-2, 12, (count, 50))
        moved = spaced(places, 1.2, 0, 10)
        order = np.argsort(np.clip(places, 0, 10), 0, kind="stable")
        gaps = np.diff(np.take_along_axis(moved, order, 0), axis=0)
        assert (gaps > 1.2 - 1e-9).all()
        assert moved.min() > -1e-9
        assert moved.max() < 10 + 1e-9
    assert spaced(np.zeros(4), 5, 0, 10).tolist() == [-5, 0, 5, 10]  # more than there is room for
