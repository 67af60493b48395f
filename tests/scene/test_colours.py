"""Colours can be told apart by every eye, and read on paper."""

import itertools
import math

import numpy as np
import pytest

from skiplab.scene import marks


def linear(colour):
    """sRGB hex -> linear red, green, blue in 0 … 1."""
    for channel in (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)):
        yield channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def lab(colour):
    """sRGB hex -> CIE L*, a*, b* (D65, IEC 61966-2-1)."""
    r, g, b = linear(colour)
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    fx, fy, fz = (math.cbrt(v) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def contrast(one, other):
    """The contrast ratio of WCAG 2."""
    light = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(other))]
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_lab_and_contrast_of_known_colours():
    assert lab("#ffffff") == pytest.approx((100, 0, 0), abs=0.02)
    assert lab("#ff0000") == pytest.approx((53.24, 80.09, 67.20), abs=0.02)
    assert lab("#0000ff") == pytest.approx((32.30, 79.19, -107.86), abs=0.02)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_merges_and_the_path_are_told_apart(subtests):
    for pair, theme in itertools.product(itertools.combinations(("plain", "add", "concat", "gate", "path"), 2), ["light", "dark"]):
        with subtests.test(pair=pair, theme=theme):
            assert math.dist(*(lab(marks.PALETTE[theme][name]) for name in pair)) >= 15


# What a reader without one kind of cones sees: linear red, green, blue to the same (Machado, Oliveira and Fernandes 2009).
EYES = {
    "red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    "none": np.eye(3),
}  # fmt: skip


def seen(colour, eye):
    """The colour (sRGB hex) as it looks without the cones of `eye`."""
    light = np.clip(np.array(EYES[eye]) @ list(linear(colour)), 0, 1)
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in coded)


def test_what_a_mask_misses_and_adds_is_told_apart(subtests):
    pairs = itertools.combinations(("soft", "pale", "missed", "extra"), 2)
    for pair, eye, theme in itertools.product(pairs, EYES, ["light", "dark"]):
        with subtests.test(pair=pair, eye=eye, theme=theme):
            assert math.dist(*(lab(seen(marks.PALETTE[theme][name], eye)) for name in pair)) >= 20


def test_text_can_be_read_on_paper(subtests):
    for name, theme in itertools.product(["ink", "muted"], ["light", "dark"]):
        with subtests.test(name=name, theme=theme):
            assert contrast(marks.PALETTE[theme][name], marks.PALETTE[theme]["paper"]) >= 4.5


def test_lines_stand_out_from_paper(subtests):
    for name, theme in itertools.product(["plain", "add", "concat", "gate", "path"], ["light", "dark"]):
        with subtests.test(name=name, theme=theme):
            assert contrast(marks.PALETTE[theme][name], marks.PALETTE[theme]["paper"]) >= 3


def test_both_themes_name_the_same_colours():
    assert set(marks.PALETTE["light"]) == set(marks.PALETTE["dark"])
