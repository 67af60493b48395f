"""Curves are drawn where all is finite, each in its own look, and named where they end."""

import itertools

import numpy as np
import pytest
import torch

from skiplab.scene import draw, marks

NAN, INF = float("nan"), float("inf")


def test_every_curve_lies_inside_its_axes(subtests):
    drawn = {"plain": [3.0, 2.0, 1.0], "add": [[1.0, 2.0, 3.0], [2.0, 2.5, 9.0]]}, {"add λ = 1": [0.5, 0.5, 0.5]}
    for lines, y_log in itertools.product(drawn, [True, False]):
        with subtests.test(lines=lines, y_log=y_log):
            (axes,) = draw.curves([1, 2, 4], lines, "title", "depth", "loss", x_log=True, y_log=y_log).axes
            low, high = axes.get_ylim()
            for y in lines.values():
                assert low <= np.min(y) <= np.max(y) <= high
            assert axes.get_xlim()[0] < 1 < 4 < axes.get_xlim()[1]
            assert named(axes) == list(lines)


def named(axes):
    """The names at the ends of the lines; one that is long is broken."""
    return [text.get_text().replace("\n", " ") for text in axes.texts]


def test_curves_below_zero_lie_inside_their_axes(subtests):
    for y in [[-3.0, -2.0, -1.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 1.0]]:
        with subtests.test(y=y):
            (axes,) = draw.curves([1, 2, 3], {"add": y}, "title", "depth", "change", y_log=False).axes
            low, high = axes.get_ylim()
            assert low <= min(y) <= max(y) <= high
            assert low < high


def test_curves_keep_the_colours_of_merges_for_merges():
    (axes,) = draw.curves([1, 2, 3], {"shapes": [1, 2, 3], "add, γ = 1": [3, 2, 1], "coins": [1, 1, 1]}, "title", "x", "y").axes
    shown = {line.get_label(): line.get_color() for line in axes.lines}
    merges = {marks.colour(name) for name in ("plain", "add", "concat", "gate")}
    assert shown["add, γ = 1"] == marks.colour("add")
    assert not {shown["shapes"], shown["coins"]} & merges


def test_curves_over_whole_numbers_have_whole_ticks():
    (axes,) = draw.curves([0, 1, 2, 3], {"add": [1, 2, 3, 4]}, "title", "x", "y").axes
    assert all(tick == round(tick) for tick in axes.get_xticks())


def test_curves_over_names_have_a_tick_for_each():
    (axes,) = draw.curves(["finest", "middle", "none"], {"add": [[1, 2, 3], [2, 2, 2]]}, "title", "x", "y", y_log=False).axes
    assert [(tick.get_text(), place) for place, tick in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)] == [
        ("finest", 0), ("middle", 1), ("none", 2)]  # fmt: skip
    assert axes.get_xlim()[0] < 0 < 2 < axes.get_xlim()[1]


def test_over_names_each_seed_is_a_dot_in_its_strip_and_each_median_a_bar():
    lines = {"add": np.arange(24.0).reshape(8, 3), "none": np.arange(9.0).reshape(3, 3), "gate": [1.0, 2.0, NAN]}
    (axes,) = draw.curves(["finest", "middle", "none"], lines, "title", "x", "y", y_log=False).axes
    assert axes.get_xlabel() == "x  (3 or 8 seeds, bar: their median)"
    drawn = iter(axes.lines)
    for strip, y in enumerate(map(np.atleast_2d, lines.values())):
        for at in range(3):
            dots, bar, middle = next(drawn), next(drawn), at + (strip + 0.5) / 3 - 0.5
            assert dots.get_linestyle() == "None"
            assert np.array_equal(dots.get_ydata(), y[:, at], equal_nan=True)
            assert np.array_equal(bar.get_ydata(), [np.median(y[:, at])] * 2, equal_nan=True)
            assert bar.get_xdata() == pytest.approx([middle - 0.12, middle + 0.12])
            assert (np.abs(dots.get_xdata() - middle) < 0.12).all()
            assert dots.get_color() == bar.get_color() == marks.colour(["add", "plain", "gate"][strip])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["add", "none", "gate (not finite everywhere)"]


def test_one_line_over_names_needs_no_legend_and_each_name_has_its_colour():
    (axes,) = draw.curves(["dense", "add", "plain, 1 + 1"], {"errors": np.ones((8, 3))}, "title", "x", "y").axes
    assert axes.get_legend() is None
    assert [line.get_color() for line in axes.lines[::2]] == [marks.colour(name) for name in ("concat", "add", "plain")]


def test_lines_of_one_colour_differ_in_their_dashes():
    names = ["plain 20", "add 20", "plain 56", "add 56", "gate"]
    (axes,) = draw.curves(range(20), {name: np.ones(20) for name in names}, "title", "x", "y").axes
    look = {line.get_label(): (line.get_color(), line._unscaled_dash_pattern) for line in axes.lines}
    assert len({str(one) for one in look.values()}) == 5
    solid = (0, None)
    assert look["add 20"][1] == look["plain 56"][1] == solid  # the first of a colour has its own dash
    assert solid not in (look["plain 20"][1], look["add 56"][1], look["gate"][1])


def test_curves_say_how_many_seeds_there_are(subtests):
    for seeds, said in [((1, 1), ""), ((1, 4), "  (median and range of 4 seeds)"), ((8, 4), "  (median and range of 4 or 8 seeds)")]:
        with subtests.test(seeds=seeds, said=said):
            lines = {name: np.ones((count, 3)) for name, count in zip(("shapes", "page"), seeds, strict=True)}
            assert draw.curves([1, 2, 3], lines, "title", "steps", "y").axes[0].get_xlabel() == f"steps{said}"


def seen_of(figure):
    """The names at the ends of the lines, and for each line where it is drawn."""
    (axes,) = figure.axes
    lines = {line.get_label(): list(np.isfinite(line.get_ydata())) for line in axes.lines if line.get_linestyle() != "None"}
    return named(axes), lines


def test_each_line_is_named_where_it_ends_and_no_name_lies_on_another():
    lines = {"add": [1.0, 2.0], "none": [2.0, 2.0], "gate, of which there is more to say": [3.0, 2.0], "lost": [NAN, NAN]}
    for many in (lines, {f"line {i}": [1.0, 1.0] for i in range(12)}):
        figure = draw.curves([1, 2], many, "title", "x", "y", y_log=False)
        draw.image(figure)
        (axes,), renderer = figure.axes, figure.canvas.get_renderer()
        boxes = [text.get_window_extent(renderer) for text in axes.texts]
        assert [name.removesuffix(" (not finite everywhere)") for name in named(axes)] == list(many)
        assert max(box.x1 for box in boxes) <= figure.bbox.width
        assert all(a.y0 >= b.y1 - 1 or b.y0 >= a.y1 - 1 for a, b in itertools.combinations(boxes, 2))  # px
    low = draw.curves([1, 2], {"add": [1.0, 2.0], "low": [2.0, 0.5]}, "title", "x", "y", y_log=False).axes[0]
    assert [text.get_position()[1] for text in low.texts] == pytest.approx([0.95, 0.05], abs=0.02)
    back = draw.curves([2, 1], {"add": [2.0, 1.0], "low": [0.5, 2.0]}, "title", "x", "y", y_log=False).axes[0]
    assert [text.get_position()[1] for text in back.texts] == pytest.approx([0.95, 0.05], abs=0.02)
    assert [text.get_color() for text in low.texts] == [marks.colour("add"), marks.colour("path")]


def test_a_training_that_diverges_is_drawn_as_far_as_it_goes(subtests):
    for bad, y_log in itertools.product([NAN, INF, -INF], [True, False]):
        with subtests.test(bad=bad, y_log=y_log):
            lines = {"add": [1.0, 2.0, bad], "none": [[4.0, 4.0, 4.0], [3.0, bad, bad], [5.0, 9.0, 6.0]], "gate": [1.0, 1.0, 1.0]}
            figure = draw.curves([1, 2, 3], lines, "title", "step", "loss", y_log=y_log)
            names = ["add (not finite everywhere)", "none (1 of 3 seeds not finite everywhere)", "gate"]
            assert seen_of(figure) == (names, dict(zip(names, ([True, True, False], [True, False, False], [True] * 3), strict=True)))
            assert figure.axes[0].get_ylim()[1] < 10  # of what is drawn, so without 9
            draw.image(figure)


def test_where_it_is_drawn_the_median_is_that_of_all_seeds():
    figure = draw.curves([1, 2], {"add": [[1.0, NAN], [2.0, 1.0], [9.0, 1.0]]}, "title", "x", "y")
    assert figure.axes[0].lines[0].get_ydata()[0] == 2


def test_a_line_that_is_nowhere_finite_keeps_its_name():
    names, _ = seen_of(draw.curves([1, 2], {"add": [NAN, INF], "gate": [1, 1]}, "title", "x", "y"))
    assert names == ["add (not finite everywhere)", "gate"]


def test_zeros_do_not_set_the_height_of_a_logarithmic_axis():
    low, high = draw.curves([1, 2, 3], {"add": [0.0, 2.0, 4.0]}, "title", "x", "y").axes[0].get_ylim()
    assert 1 < low < 2 < 4 < high


def test_tensors_are_drawn_as_arrays_are():
    y = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    pictures = [draw.image(draw.curves(*where)) for where in (
        (torch.tensor([1, 2]), {"add": y}, "t", "x", "y"), ([1, 2], {"add": [[1, 2], [3, 4]]}, "t", "x", "y"))]  # fmt: skip
    assert pictures[0] == pictures[1]


def test_braces_in_the_texts_are_drawn():
    texts = ["{x:d} of {0}", "@x {", "} y {{}}"]
    figure = draw.curves([1, 2], {"{n}": [1, 2], "@n": [1, 2]}, *texts)
    (axes,) = figure.axes
    assert [axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()] == texts
    assert seen_of(figure)[0] == ["{n}", "@n"]
    draw.image(figure)


@pytest.mark.parametrize("x_log", [True, False])
def test_one_place_has_room_on_both_sides(x_log):
    left, right = draw.curves([2], {"add": [1]}, "t", "x", "y", x_log=x_log).axes[0].get_xlim()
    assert left < 2 < right


def test_curves_say_what_they_cannot_draw(subtests):
    for changed, kind, named in [
        ({"x": []}, ValueError, "x: "),
        ({"x": 3}, ValueError, "x: "),
        ({"x": [1, NAN]}, ValueError, "x: "),
        ({"x": ["a", 1]}, TypeError, "x: "),
        ({"x": [0, 1], "x_log": True}, ValueError, "x: .* greater than 0"),
        ({"lines": {}}, TypeError, "lines: "),
        ({"lines": [1, 2]}, TypeError, "lines: "),
        ({"lines": {1: [1, 2]}}, TypeError, "lines: expected names"),
        ({"lines": {"a": [1, 2, 3]}}, ValueError, r"lines\['a'\]: expected 2 numbers"),
        ({"lines": {"a": np.ones((1, 2, 2))}}, ValueError, r"lines\['a'\]: "),
        ({"lines": {"a": np.ones((0, 2))}}, ValueError, r"lines\['a'\]: "),
        ({"lines": {"a": ["1", "2"]}}, TypeError, r"lines\['a'\]: "),
        ({"lines": {"a": [1, None]}}, TypeError, r"lines\['a'\]: "),
        ({"lines": {"a": [NAN, INF]}}, ValueError, "lines: expected a finite number"),
        ({"lines": {"a": [0, -1]}}, ValueError, "lines: .* greater than 0, as y_log asks"),
        ({"title": 3}, TypeError, "title: "),
        ({"x_label": None}, TypeError, "x_label: "),
        ({"y_label": b"y"}, TypeError, "y_label: "),
    ]:
        with subtests.test(changed=changed, kind=kind, named=named), pytest.raises(kind, match=f"^{named}"):
            draw.curves(**{"x": [1, 2], "lines": {"add": [1, 2]}, "title": "t", "x_label": "x", "y_label": "y", **changed})
