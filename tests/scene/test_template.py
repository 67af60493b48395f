"""A sentence says the numbers that are drawn: rounded half away from zero, with a true minus sign."""

import itertools
import math

import pytest

from skiplab.scene.template import fill, number

NAN, INF = float("nan"), float("inf")
SUPERSCRIPT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")


def test_decimals(subtests):
    for value, style, text in [
        (0.125, ".2f", "0.13"),
        (-0.125, ".2f", "−0.13"),
        (0.375, ".2f", "0.38"),
        (0.5, ".0f", "1"),
        (1.5, ".0f", "2"),
        (2.5, ".0f", "3"),
        (-2.5, ".0f", "−3"),
        (2.5, "d", "3"),
        (1.005, ".2f", "1.00"),  # the float is a little below the tie
        (0.1 + 0.2, ".2f", "0.30"),
        (9.995, ".2f", "9.99"),
        (9.996, ".2f", "10.00"),
        (3, ".1f", "3.0"),
        (7, "d", "7"),
        (12345678, "d", "12345678"),
        (0.0, ".2f", "0.00"),
        (-0.0, ".2f", "0.00"),
        (-0.0, "d", "0"),
        (-0.001, ".2f", "0.00"),
        (1e-30, ".2f", "0.00"),
        (-1e-30, ".0f", "0"),
    ]:
        with subtests.test(value=value, style=style, text=text):
            assert number(value, style) == text


def test_significant_digits(subtests):
    for value, style, text in [
        (0, ".2g", "0"),
        (-0.0, ".2g", "0"),
        (0.125, ".2g", "0.13"),
        (-0.125, ".2g", "−0.13"),
        (1.25, ".2g", "1.3"),
        (2.5, ".1g", "3"),
        (1.0, ".3g", "1"),
        (1.5, ".3g", "1.5"),
        (9.96, ".2g", "10"),
        (99.5, ".2g", "100"),
        (123456, ".3g", "123000"),
        (999999, ".6g", "999999"),
        (999999.5, ".2g", "1×10⁶"),
        (1234567, ".3g", "1.23×10⁶"),
        (0.0001, ".2g", "0.0001"),
        (0.00012, ".2g", "0.00012"),
        (0.00009996, ".3g", "0.0001"),
        (0.00001, ".2g", "1×10⁻⁵"),
        (-0.000012, ".2g", "−1.2×10⁻⁵"),
        (1e-30, ".2g", "1×10⁻³⁰"),
        (5e-324, ".2g", "4.9×10⁻³²⁴"),
        (1.5e300, ".2g", "1.5×10³⁰⁰"),
    ]:
        with subtests.test(value=value, style=style, text=text):
            assert number(value, style) == text


def test_a_factor_is_said_as_one_says_it(subtests):
    for power, style, text in [
        (0, ".1t", "× 1"), (-0.37, ".1t", "× 0.43"), (0.08, ".1t", "× 1.2"), (-1, ".1t", "1/10"), (1.6, ".1t", "× 40"),
        (-2.6, ".2t", "1/400"), (-3.1, ".2t", "1/1,300"), (-5.97, ".1t", "1/900,000"), (-5.99, ".1t", "1/1,000,000"),
        (-7.92, ".1t", "1/80,000,000"), (-8.4, ".1t", "1/10⁸"), (10.85, ".1t", "× 10¹¹"), (-39.5, ".1t", "1/10⁴⁰"),
    ]:  # fmt: skip
        with subtests.test(power=power, style=style, text=text):
            assert number(power, style) == text


def test_what_is_not_finite_is_said_in_words(subtests):
    for style in [".2f", ".0f", ".3g", "d"]:
        with subtests.test(style=style):
            assert number(NAN, style) == "undefined"
            assert number(INF, style) == "∞"
            assert number(-INF, style) == "−∞"


def test_no_finite_number_is_too_large_to_say(subtests):
    for sign, power, style in itertools.product([1, -1], [9, 14, 21, 26, 30, 100, 300], [".2f", ".0f", ".3g", "d"]):
        with subtests.test(sign=sign, power=power, style=style):
            said = number(sign * 1.25 * 10.0**power, style).replace("×10", "e").translate(SUPERSCRIPT)
            assert math.isclose(float(said), sign * 1.25 * 10.0**power, rel_tol=0.01)


def test_minus_is_the_minus_sign_and_never_a_hyphen(subtests):
    for style, value in itertools.product([".2g", ".9f", ".12f"], [-1, -0.5, -3e-9, -2e9]):
        with subtests.test(style=style, value=value):
            assert number(value, style).startswith("−")
            assert "-" not in number(value, style)


def test_templates(subtests):
    for template, text in [
        ("no field", "no field"),
        ("", ""),
        ("{x:.2f} and {y:.1g}", "−0.50 and 3"),
        ("{x:.1f}{x:.1f}", "−0.5−0.5"),
        ("{name}: {n:d}", "net: 2"),
        ("{n:none|one|two}", "two"),
        ("{off:none|one|two}", "none"),
        ("{off:|s}", ""),
        (["{n:d} ", "weights", ["", " of ", "{x:.1f}"]], "2 weights of −0.5"),
        ([], ""),
        ({"by": "on", "of": ["shut", "open"]}, "open"),
        ({"by": "off", "of": ["shut {n:d}", "open"]}, "shut 2"),
        ({"by": "on", "of": ["", ["a ", {"by": "n", "of": ["0", "1", "{name} {n:d}"]}]]}, "a net 2"),
    ]:
        with subtests.test(template=template, text=text):
            frame = {"x": -0.5, "y": 2.5, "n": 2, "on": 1, "off": 0, "name": "net"}
            assert fill(template, frame) == text


def test_a_choice_reads_flags_and_whole_floats():
    assert [fill("{on:shut|open}", {"on": on}) for on in (True, False, 1.0, 0)] == ["open", "shut", "open", "shut"]


def test_a_name_that_the_frame_lacks_is_named_with_all_that_there_are(subtests):
    for template in ["{depth:.2f}", ["a", ["{depth}"]], {"by": "depth", "of": ["a", "b"]}, {"by": "n", "of": ["{depth:d}"]}]:
        with subtests.test(template=template):
            with pytest.raises(KeyError) as caught:
                fill(template, {"width": 3, "n": 0})
            assert "'depth'" in str(caught.value)
            assert "'width'" in str(caught.value)
