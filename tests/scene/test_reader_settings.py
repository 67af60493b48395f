"""A picture is the same whatever the reader has set in matplotlib or NumPy, and leaves those settings as they were."""

import threading

import matplotlib.style
import numpy as np
import pytest

import skiplab
from skiplab.scene import draw, paint

SETTINGS = {
    "savefig.facecolor": "black", "savefig.transparent": True, "savefig.bbox": "tight", "savefig.dpi": 50,
    "figure.facecolor": "black", "figure.autolayout": True, "figure.dpi": 30, "axes.facecolor": "black", "axes.edgecolor": "white",
    "axes.spines.top": False, "axes.grid": True, "axes.grid.which": "both", "axes.titlelocation": "right", "axes.xmargin": 0.3,
    "axes.unicode_minus": False, "axes.axisbelow": True, "axes.formatter.useoffset": False, "font.family": "monospace", "font.size": 20,
    "image.interpolation": "bilinear", "image.origin": "lower", "legend.frameon": False, "legend.numpoints": 3, "lines.antialiased": False,
    "path.sketch": (1, 100, 2), "text.usetex": True, "text.color": "white", "xtick.direction": "in", "xtick.minor.visible": True,
    "ytick.labelleft": False, "ytick.right": True, "errorbar.capsize": 3, "patch.edgecolor": "red", "hatch.color": "red",
}  # fmt: skip
LINES = {"add": np.geomspace(1, 4, 24).reshape(8, 3), "none": [1.0, 2.0, 3.0]}
FIGURES = {
    "a line": lambda: draw.curves(range(20), {"add": np.geomspace(1e-5, 3, 20)}, "title", "x", "y"),
    "a narrow range": lambda: draw.curves([1, 2, 3], LINES, "title", "x", "y", x_log=True),
    "strips": lambda: draw.curves(["a", "b", "c"], LINES, "title", "x", "y", y_log=False),
}
EXPLORERS = {name: lambda name=name: getattr(skiplab, name)().snapshot()[1] for name in skiplab.__all__ if name.endswith("Explorer")}


@pytest.fixture(autouse=True)
def restored():
    with matplotlib.rc_context(), np.errstate():
        yield


def changed(figures, settings):
    """The names of the figures that come out otherwise with these settings."""
    usual = {name: draw.image(make()) for name, make in figures.items()}
    matplotlib.rcParams.update(settings)
    np.seterr(all="raise")
    mine = dict(matplotlib.rcParams)
    found = [name for name, make in figures.items() if draw.image(make()) != usual[name]]
    assert dict(matplotlib.rcParams) == mine
    assert set(np.geterr().values()) == {"raise"}
    return found


def test_no_setting_changes_a_figure():
    assert changed(FIGURES, SETTINGS) == []


@pytest.mark.slow
def test_no_setting_changes_an_explorer():
    assert len(EXPLORERS) > 10
    assert changed(EXPLORERS, SETTINGS) == []


def test_no_style_changes_a_figure(subtests):
    usual = draw.image(FIGURES["a narrow range"]())
    for style in matplotlib.style.available:
        with subtests.test(style=style), matplotlib.style.context(style):
            assert draw.image(FIGURES["a narrow range"]()) == usual


def test_two_threads_that_draw_leave_the_readers_settings():
    """Were both inside at a time, the second would find the settings of the first, and put them back when the first has left."""
    matplotlib.rcParams["font.size"] = 20
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()

    def first():
        with paint.plain():
            first_in.set()
            second_in.wait(0.2)
        first_out.set()

    def second():
        first_in.wait(60)
        with paint.plain():
            second_in.set()
            first_out.wait(60)

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert matplotlib.rcParams["font.size"] == 20
