"""A good error names the argument, says what came, and says what is allowed."""

from fractions import Fraction

import numpy as np
import pytest

from skiplab.base.errors import need_choice, need_kind, need_number, need_vector, need_whole, need_wholes

NAN, INF = float("nan"), float("inf")


def message(kind, call):
    with pytest.raises(kind) as caught:
        call()
    assert caught.type is kind
    return str(caught.value)


@pytest.mark.parametrize("value", [0, 1.5, -3, np.float64(2.5), np.float32(0.5), np.int64(4), Fraction(1, 3)])
def test_a_real_number_comes_back_as_it_was(value):
    assert need_number("depth", value) is value


@pytest.mark.parametrize("value", [True, False, "3", None, [1], 1j, np.bool_(True), np.array([1.0, 2.0])])
def test_what_is_no_real_number_is_a_type_error(value):
    text = message(TypeError, lambda: need_number("depth", value))
    assert text.startswith("depth: expected a finite number")
    assert type(value).__name__ in text


@pytest.mark.parametrize("value", [NAN, INF, -INF, np.float64(NAN)])
def test_nan_and_infinity_are_value_errors(value):
    text = message(ValueError, lambda: need_number("depth", value))
    assert text.startswith("depth: expected a finite number, got ")
    assert repr(value) in text


def test_a_whole_number_too_large_for_a_float_is_a_value_error():
    assert message(ValueError, lambda: need_number("depth", 10**400)).startswith("depth: ")
    assert message(ValueError, lambda: need_vector("w", [10**400, 1], 2)).startswith("w: ")


@pytest.mark.parametrize(
    ("limits", "value", "said"),
    [
        ({"least": 0, "most": 1}, 1.5, "from 0 to 1"),
        ({"least": 0, "most": 1}, -0.5, "from 0 to 1"),
        ({"least": 2}, 1, "at least 2"),
        ({"above": 0}, 0, "greater than 0"),
        ({"above": 0}, -1, "greater than 0"),
        ({"most": 3}, 5, "3"),
        ({"above": 0, "most": 7}, 9, "7"),
    ],
)
def test_a_number_out_of_range_is_told_the_range(limits, value, said):
    text = message(ValueError, lambda: need_number("lr", value, **limits))
    allowed, came = text.split(", got ")
    assert allowed.startswith("lr: ")
    assert said in allowed
    assert came == f"{value!r} ({type(value).__name__})."


@pytest.mark.parametrize(("limits", "value"), [({"least": 0, "most": 1}, 0), ({"least": 0, "most": 1}, 1), ({"above": 0}, 1e-300)])
def test_the_ends_of_a_range_are_allowed_and_above_is_strict(limits, value):
    assert need_number("lr", value, **limits) == value


@pytest.mark.parametrize("value", [2, 64, np.int64(8)])
def test_whole_numbers_include_both_ends(value):
    assert need_whole("length", value, 2, 64) == value


@pytest.mark.parametrize(
    ("value", "kind"), [(1, ValueError), (65, ValueError), (-3, ValueError), (10**400, ValueError), (4.0, TypeError), ("4", TypeError),
                        (True, TypeError), (None, TypeError), (NAN, TypeError)],
)  # fmt: skip
def test_what_is_no_allowed_whole_number_is_told_the_range(value, kind):
    text = message(kind, lambda: need_whole("length", value, 2, 64))
    assert text.startswith("length: expected a whole number from 2 to 64, got ")


@pytest.mark.parametrize("value", [[3, 1, 3], (1, 3), np.array([3, 1]), range(1, 4, 2), {1, 3}])
def test_several_whole_numbers_come_back_sorted_each_once(value):
    assert need_wholes("depths", value, 1, 9) == [1, 3]


@pytest.mark.parametrize("value", [3, np.int64(3), np.array(3), [3]])
def test_one_whole_number_is_a_list_of_one(value):
    assert need_wholes("depths", value, 1, 9) == [3]


@pytest.mark.parametrize(("value", "kind"), [
    ([], ValueError), (np.array([]), ValueError), ([0, 3], ValueError), (None, TypeError), ("a", TypeError), ([2.0], TypeError),
    ([[1, 2]], TypeError), ({"a": 1}, TypeError),
])  # fmt: skip
def test_what_are_no_whole_numbers_is_named(value, kind):
    assert "depths: expected a" in message(kind, lambda: need_wholes("depths", value, 1, 9))


def test_a_choice_comes_back_as_it_was():
    assert need_choice("form", "block", ("plain", "block")) == "block"


@pytest.mark.parametrize(
    ("value", "kind"), [("blok", ValueError), ("", ValueError), (3, TypeError), (None, TypeError), (["plain"], TypeError)]
)
def test_an_unknown_choice_is_told_all_choices(value, kind):
    text = message(kind, lambda: need_choice("form", value, ("plain", "block")))
    assert text.startswith("form: expected one of 'plain', 'block', got ")
    assert repr(value) in text


@pytest.mark.parametrize("value", [3, None, np.ones(2), Fraction])
def test_what_is_of_another_class_is_told_the_room_and_the_name_of_the_class(value):
    text = message(TypeError, lambda: need_kind("share", value, Fraction))
    assert text.startswith("share: expected a fractions.Fraction, got ")
    assert type(value).__name__ in text
    assert need_kind("share", Fraction(1, 3), Fraction) == Fraction(1, 3)


@pytest.mark.parametrize("value", [[1, 2], (1, 2), np.array([1, 2], dtype=np.float32), range(1, 3)])
def test_a_vector_becomes_float64(value):
    vector = need_vector("w", value, 2)
    assert vector.dtype == np.float64
    assert vector.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("value", "kind", "came"),
    [
        ([1, 2, 3], ValueError, "shape (3,)"),
        (1.0, ValueError, "shape ()"),
        ([[1, 2]], ValueError, "shape (1, 2)"),
        ([1, NAN], ValueError, "nan"),
        ([INF, 1], ValueError, "inf"),
        ([[1], [1, 2]], TypeError, "list"),
        ("up", TypeError, "'up'"),
        (["1", "up"], TypeError, "'up'"),
        (["1", "2"], TypeError, "'2'"),
        ([1j, 2], TypeError, "1j"),
        ({"a": 1}, TypeError, "dict"),
    ],
)
def test_what_is_no_vector_is_told_its_length(value, kind, came):
    allowed, got = message(kind, lambda: need_vector("w", value, 2)).split(", got ", 1)
    assert allowed == "w: expected 2 finite numbers"
    assert came in got


def test_a_long_value_is_shortened():
    text = message(TypeError, lambda: need_number("depth", "x" * 5000))
    assert len(text) < 140
    assert text.endswith("... (str).")
