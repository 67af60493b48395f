"""A good error names the argument, says what came, and says what is allowed."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from skiplab.base.errors import need_array, need_choice, need_kind, need_number, need_whole, need_wholes

NAN, INF = float("nan"), float("inf")


def message(kind, call, *given, **limits):
    with pytest.raises(kind) as caught:
        call(*given, **limits)
    assert caught.type is kind
    return str(caught.value)


def test_a_real_number_comes_back_as_it_was(subtests):
    for value in [0, 1.5, -3, np.float64(2.5), np.float32(0.5), np.int64(4), 2**63 - 1, -(2**63), 1e30]:
        with subtests.test(value=value):
            assert need_number("depth", value) is value


def test_what_is_no_real_number_is_a_type_error(subtests):
    for value in [True, False, "3", None, [1], 1j, np.bool_(True), np.array([1.0, 2.0]), Fraction(1, 3), Decimal(1)]:
        with subtests.test(value=value):
            text = message(TypeError, need_number, "depth", value)
            assert text.startswith("depth: expected a finite number")
            assert type(value).__name__ in text


def test_nan_and_infinity_are_value_errors(subtests):
    for value in [NAN, INF, -INF, np.float64(NAN)]:
        with subtests.test(value=value):
            text = message(ValueError, need_number, "depth", value)
            assert text.startswith("depth: expected a finite number, got ")
            assert repr(value) in text


def test_a_whole_number_that_64_bits_do_not_hold_is_a_value_error():
    for value in (10**400, 10**30, 2**63, -(2**63) - 1):
        assert message(ValueError, need_number, "depth", value).startswith("depth: expected a finite number, and none of so many digits")
    assert message(ValueError, need_array, "w", [10**400, 1], (2,)).startswith("w: ")


def test_a_number_out_of_range_is_told_the_range(subtests):
    for limits, value, said in [
        ({"least": 0, "most": 1}, 1.5, "from 0 to 1"),
        ({"least": 0, "most": 1}, -0.5, "from 0 to 1"),
        ({"least": 2}, 1, "at least 2"),
        ({"above": 0}, 0, "greater than 0"),
        ({"above": 0}, -1, "greater than 0"),
        ({"most": 3}, 5, "3"),
        ({"above": 0, "most": 7}, 9, "7"),
    ]:
        with subtests.test(limits=limits, value=value, said=said):
            text = message(ValueError, need_number, "lr", value, **limits)
            allowed, came = text.split(", got ")
            assert allowed.startswith("lr: ")
            assert said in allowed
            assert came == f"{value!r} ({type(value).__name__})."


def test_the_ends_of_a_range_are_allowed_and_above_is_strict(subtests):
    for limits, value in [({"least": 0, "most": 1}, 0), ({"least": 0, "most": 1}, 1), ({"above": 0}, 1e-300)]:
        with subtests.test(limits=limits, value=value):
            assert need_number("lr", value, **limits) == value


def test_whole_numbers_include_both_ends(subtests):
    for value in [2, 64, np.int64(8)]:
        with subtests.test(value=value):
            assert need_whole("length", value, 2, 64) == value


def test_what_is_no_allowed_whole_number_is_told_the_range(subtests):
    for value, kind in [
        (1, ValueError), (65, ValueError), (-3, ValueError), (10**400, ValueError), (4.0, TypeError), ("4", TypeError),
        (True, TypeError), (None, TypeError), (NAN, TypeError),
    ]:
        with subtests.test(value=value, kind=kind):
            text = message(kind, need_whole, "length", value, 2, 64)
            assert text.startswith("length: expected a whole number from 2 to 64, got ")


def test_several_whole_numbers_come_back_sorted_each_once(subtests):
    for value in [[3, 1, 3], (1, 3), np.array([3, 1]), range(1, 4, 2), {1, 3}]:
        with subtests.test(value=value):
            assert need_wholes("depths", value, 1, 9) == [1, 3]


def test_one_whole_number_is_a_list_of_one(subtests):
    for value in [3, np.int64(3), np.array(3), [3]]:
        with subtests.test(value=value):
            assert need_wholes("depths", value, 1, 9) == [3]


def test_what_are_no_whole_numbers_is_named(subtests):
    for value, kind in [
        ([], ValueError), (np.array([]), ValueError), ([0, 3], ValueError), (None, TypeError), ("a", TypeError), ([2.0], TypeError),
        ([[1, 2]], TypeError), ({"a": 1}, TypeError),
    ]:
        with subtests.test(value=value, kind=kind):
            assert "depths: expected a" in message(kind, need_wholes, "depths", value, 1, 9)


def test_a_choice_comes_back_as_it_was():
    assert need_choice("form", "block", ("plain", "block")) == "block"


def test_an_unknown_choice_is_told_all_choices(subtests):
    for value, kind in [("blok", ValueError), ("", ValueError), (3, TypeError), (None, TypeError), (["plain"], TypeError)]:
        with subtests.test(value=value, kind=kind):
            text = message(kind, need_choice, "form", value, ("plain", "block"))
            assert text.startswith("form: expected one of 'plain', 'block', got ")
            assert repr(value) in text


def test_what_is_of_another_class_is_told_the_room_and_the_name_of_the_class(subtests):
    for value in [3, None, np.ones(2), Fraction]:
        with subtests.test(value=value):
            text = message(TypeError, need_kind, "share", value, Fraction)
            assert text.startswith("share: expected a fractions.Fraction, got ")
            assert type(value).__name__ in text
            assert need_kind("share", Fraction(1, 3), Fraction) == Fraction(1, 3)


def test_a_vector_becomes_float64(subtests):
    for value in [[1, 2], (1, 2), np.array([1, 2], dtype=np.float32), range(1, 3)]:
        with subtests.test(value=value):
            vector = need_array("w", value, (2,))
            assert vector.dtype == np.float64
            assert vector.tolist() == [1.0, 2.0]


def test_what_is_no_vector_is_told_its_length(subtests):
    for value, kind, came in [
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
    ]:
        with subtests.test(value=value, kind=kind, came=came):
            allowed, got = message(kind, need_array, "w", value, (2,)).split(", got ", 1)
            assert allowed == "w: expected 2 finite numbers"
            assert came in got


def test_a_long_value_is_shortened():
    text = message(TypeError, need_number, "depth", "x" * 5000)
    assert len(text) < 140
    assert text.endswith("... (str).")
