"""The picture of a window of rates: each setting's line over the rates, and its best one seen at once."""

import numpy as np
import pytest

from skiplab.base.grid import Grid
from skiplab.scene import draw

LRS = (0.001, 0.01, 0.1)


def scores(**medians):
    spread = np.array([-0.01, 0, 0.01])
    return Grid(np.array([*medians.values()])[..., None] + spread, setting=medians, lr=LRS, seeds=range(3))


def largest(figure):
    """Where the largest dots are: {(x, y)}."""
    dots = [line for line in figure.axes[0].lines if line.get_marker() not in ("None", "", None)]
    most = max(line.get_markersize() for line in dots)
    return {(round(line.get_xdata()[0], 6), round(line.get_ydata()[0], 6)) for line in dots if line.get_markersize() == most}


def test_the_best_rate_of_each_setting_is_marked():
    figure = draw.window(scores(none=[0.5, 0.4, 0.9], add=[0.3, 0.2, 0.1]), "Title", "error")
    assert largest(figure) == {(0.01, 0.4), (0.1, 0.1)}
    assert figure.axes[0].get_xscale() == "log"
    assert figure.axes[0].get_xlabel() == "learning rate  (median and range of 3 seeds)"


def test_a_setting_that_always_diverges_has_no_best():
    figure = draw.window(scores(none=[np.inf] * 3, add=[0.3, 0.2, np.inf]), "Title", "error")
    assert largest(figure) == {(0.01, 0.2)}


def test_other_grids_are_refused():
    one = scores(add=[1, 2, 3])
    refused = (one.at(setting="add"), "an axis of arms"), (one.rename("lr", "steps"), "a Grid of lr, seeds and at most one axis")
    for given, said in refused:
        with pytest.raises(ValueError, match=f"scores: expected {said}"):
            draw.window(given, "Title", "error")
    with pytest.raises(TypeError, match=r"scores: expected a grid.Grid"):
        draw.window({"add": [1, 2, 3]}, "Title", "error")
