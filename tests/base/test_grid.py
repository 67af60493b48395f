"""A Grid finds its numbers by the names and values of its axes, and says what it does not have."""

import datetime

import numpy as np
import pytest

from skiplab.base import grid
from skiplab.base.grid import Grid

NUMBERS = np.arange(24.0).reshape(2, 3, 4)
ERRORS = Grid(NUMBERS, "share wrong", merge=("none", "add"), depth=(8, 20, 56), seeds=range(4))


def test_one_value_takes_an_axis_away_and_several_keep_it_in_their_order():
    assert np.array_equal(ERRORS.at(merge="add", depth=20), NUMBERS[1, 1])
    assert ERRORS.at(seeds=3, merge="none", depth=np.int64(56)) == NUMBERS[0, 2, 3]
    turned = ERRORS.at(merge=("add", "none"), depth=[56, 8])
    assert np.array_equal(turned, NUMBERS[::-1, [2, 0]])
    assert dict(turned.axes) == {"merge": ("add", "none"), "depth": (56, 8), "seeds": (0, 1, 2, 3)}
    assert turned.what == "share wrong"


def test_median_low_and_high_take_an_axis_away():
    for name, function in {"median": np.median, "low": np.min, "high": np.max}.items():
        for number, axis in enumerate(ERRORS.axes):
            found = getattr(ERRORS, name)(axis)
            assert np.array_equal(found, function(NUMBERS, number)), (name, axis)
            assert list(found.axes) == [other for other in ERRORS.axes if other != axis]


def test_a_lesson_reads_like_its_sentence_and_ends_in_a_number():
    middle = ERRORS.at(merge="add", depth=56).median("seeds")
    assert middle == np.median(NUMBERS[1, 2])
    assert f"{middle:.1f}" == "21.5"


def test_arithmetic_goes_place_by_place_and_keeps_the_axes():
    plain, add = ERRORS.at(merge="none"), ERRORS.at(merge="add")
    for found, expected in (
        (100 * ERRORS, 100 * NUMBERS), (add - plain, NUMBERS[1] - NUMBERS[0]), (np.maximum(add, plain), NUMBERS[1]),
        ((plain < 5) & (add > 13), (NUMBERS[0] < 5) & (NUMBERS[1] > 13)),
    ):  # fmt: skip
        assert isinstance(found, Grid)
        assert np.array_equal(found, expected)
    assert dict((add - plain).axes) == dict(plain.axes)
    assert np.array_equal(np.min(add, 0), NUMBERS[1, 0])
    with pytest.raises(ValueError, match=r"same axes, got depth \(3\) × seeds \(4\) and merge \(2\)"):
        add - ERRORS
    with pytest.raises(ValueError, match="ambiguous"):
        bool(add < 20)


def test_an_axis_can_have_another_name_and_other_values():
    found = ERRORS.rename("seeds", "net", range(1, 5)).rename("depth", "depths")
    assert dict(found.axes) == {"merge": ("none", "add"), "depths": (8, 20, 56), "net": (1, 2, 3, 4)}
    assert np.array_equal(found.at(net=1), NUMBERS[..., 0])


@pytest.mark.parametrize(("wrong", "said"), [
    (lambda: ERRORS.at(way="add"), "way: expected one of the axes merge, depth, seeds."),
    (lambda: ERRORS.median("steps"), "steps: expected one of the axes merge, depth, seeds."),
    (lambda: ERRORS.rename("steps", "looks"), "steps: expected one of the axes merge, depth, seeds."),
    (lambda: ERRORS.at(depth=21), "depth: expected one of 8, 20, 56, got 21."),
    (lambda: ERRORS.at(merge=("add", "gate")), "merge: expected one of 'none', 'add', got 'gate'."),
    (lambda: Grid(np.zeros(20), steps=range(20)).at(steps=20), "steps: expected one of 0, 1, 2, …, 19, got 20."),
    (lambda: Grid(NUMBERS, depth=(8, 20)), r"array: expected an axis for each of depth \(2\), got shape \(2, 3, 4\)."),
])  # fmt: skip
def test_what_is_not_there_is_said(wrong, said):
    with pytest.raises(ValueError, match=said):
        wrong()


def test_nothing_in_it_can_be_changed_and_what_it_was_made_of_can():
    numbers = np.zeros(3)
    made = Grid(numbers, seeds=range(3))
    with pytest.raises(ValueError, match="read-only"):
        made.array[0] = 1
    with pytest.raises(TypeError):
        made.axes["seeds"] = (1, 2, 3)
    numbers[0] = 0  # the caller's own array stays writeable


def test_it_says_what_it_is():
    assert repr(ERRORS) == "Grid of merge (2) × depth (3) × seeds (4): share wrong"


def test_what_is_saved_is_loaded(tmp_path):
    masks = Grid(NUMBERS[0] > 5, depth=ERRORS.axes["depth"], pixel=range(4))
    half = Grid(np.float16([0.1, 0.2]), theta=(0.5, 1.0))
    grid.save(tmp_path / "toy.npz", {"errors": ERRORS, "masks": masks, "half": half}, {"steps": 5})
    found, about = grid.load(tmp_path / "toy.npz")
    assert datetime.date.fromisoformat(about.pop("date")) <= datetime.date.today()
    assert about == {"steps": 5}
    for name, expected in {"errors": ERRORS, "masks": masks, "half": half}.items():
        assert np.array_equal(found[name], expected), name
        assert (dict(found[name].axes), found[name].what) == (dict(expected.axes), expected.what)
    assert (found["half"].array.dtype, found["masks"].array.dtype) == (float, bool)
