"""What stands at an axis, in a title or in a legend can be read: it lies on the picture, and is what was given."""

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import skiplab
from skiplab.scene import draw

RANGES = {
    "under a decade": (2.1, 4.9), "small": (0.021, 0.049), "tiny": (2e-9, 3e-9), "about ten": (9.5, 11.0), "nearly one": (1.0001, 1.0003),
    "huge": (2e12, 3e12), "six digits": (123_456, 345_678), "a decade": (1, 10), "many": (1e-12, 1e9), "from a tiny to one": (1e-7, 1),
}  # fmt: skip


def texts(figure):
    """Every text that is drawn, and where, in px: (text, left, bottom, right, top)."""
    figure.draw(renderer := FigureCanvasAgg(figure).get_renderer())
    for axes in figure.axes:
        legend = axes.get_legend()
        found = [axes.title, axes._left_title, *(legend.get_texts() if legend else ()), *axes.texts]
        for axis in (axes.xaxis, axes.yaxis) if axes.axison else ():
            lowest, highest = sorted(axis.get_view_interval())
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            found += [axis.label, axis.offsetText, *(tick.label1 for tick in ticks if lowest <= tick.get_loc() <= highest)]
        shown = [text for text in found if text.get_text() and text.get_visible()]
        yield from ((text.get_text(), *text.get_window_extent(renderer).extents) for text in shown)


def off(figure):
    """The texts that do not lie on the picture, but for a px."""
    width, height = figure.bbox.size
    return [text for text, left, bottom, right, top in texts(figure) if left < -1 or bottom < -1 or right > width + 1 or top > height + 1]


def test_the_labels_of_every_range_lie_on_the_picture_and_tell_numbers_apart(subtests):
    for (name, (low, high)), x_log, y_log in itertools.product(RANGES.items(), [False, True], [False, True]):
        with subtests.test(name=name, x_log=x_log, y_log=y_log):
            x = np.linspace(low, high, 20)
            figure = draw.curves(x, {"add": x, "none": x[::-1]}, "title", "steps", "loss", x_log, y_log)
            (axes,) = figure.axes
            assert off(figure) == []
            assert [axis.get_offset_text().get_text() for axis in (axes.xaxis, axes.yaxis)] == ["", ""]
            for axis in (axes.xaxis, axes.yaxis):
                lowest, highest = sorted(axis.get_view_interval())
                said = [tick.label1.get_text() for tick in axis.get_major_ticks() if lowest <= tick.get_loc() <= highest]
                assert len(said) > 1
                assert len(set(said)) == len(said)
                assert not any(tick.label1.get_text() for tick in axis.get_minor_ticks())


@pytest.mark.slow
def test_the_texts_of_every_explorer_lie_on_the_picture(subtests):
    for name in (name for name in skiplab.__all__ if name.endswith("Explorer")):
        with subtests.test(name=name):
            assert off(getattr(skiplab, name)().snapshot()[1]) == []


def test_texts_are_drawn_as_they_are_given():
    """A $ begins no formula, and a name that begins with _ is drawn like any other."""
    words, names = ["from $5 to $6", "x_1 $", "a^b$c$"], ["_x", "$y$", "__", "_child0"]
    figure = draw.curves([1, 2], {name: [1, 2] for name in names}, *words)
    (axes,) = figure.axes
    drawn = [text for text, *_ in texts(figure)]
    assert {*words, *names} <= set(drawn)
    assert [text.get_text() for text in axes.texts] == names
    every = [axes._left_title, axes.xaxis.label, axes.yaxis.label, *axes.texts]
    assert not any(text.get_parse_math() for text in every)
    (axes,) = draw.curves(["$a$", "_b"], {"add": [1, 2]}, "title", "x", "y").axes
    assert [(tick.get_text(), tick.get_parse_math()) for tick in axes.get_xticklabels()] == [("$a$", False), ("_b", False)]
