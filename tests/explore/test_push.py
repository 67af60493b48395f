"""An explorer whose kernel computes sends the newest frame, works with other widgets, and may hold pairs and take a subject."""

import threading

import ipywidgets
import numpy as np
import pytest
from allowed import INF, NAN

from skiplab import GradientExplorer, SaddleExplorer, SkipExplorer
from skiplab.explore.dials import Choice, Ladder, Pairs, Slider
from skiplab.explore.explorer import Explorer
from skiplab.explore.packed import pack

pytestmark = pytest.mark.usefixtures("no_tables_sent")


class Doubler(Explorer):
    """Doubles a number in the kernel, and fails at 7."""

    dials = (Slider("n", "n", 1, 0, 9, 1), Slider("part", "part", 0.5, 0, 1, 0.25))
    sentence = "Twice {n:d} is {twice:d}."
    scene = {"height": 100, "panels": []}

    @classmethod
    def frame(cls, n, part):
        if n == 7:
            raise ArithmeticError("seven cannot be doubled")
        return {"n": n, "part": part, "twice": 2 * n, "gap": NAN}


def test_a_push_explorer_sends_the_frame_after_each_move():
    explorer = Doubler().settle()
    sent = explorer._frame
    assert (sent["at"], sent["values"], str(sent["numbers"])) == (1, explorer.values, "{'n': 1, 'part': 0.5, 'twice': 2, 'gap': nan}")
    explorer.n = 4
    assert explorer.settle()._frame["numbers"]["twice"] == 8
    explorer.set_state({"n": 5})  # as the browser does
    assert explorer.settle()._frame["numbers"]["twice"] == 10
    assert explorer._error == {}


def test_a_push_explorer_shows_its_failure_where_it_arose_and_goes_on():
    explorer = Doubler(n=1).settle()
    explorer.set(n=7).settle()
    assert explorer._error == {"text": "seven cannot be doubled", "values": {"n": 7, "part": 0.5}}
    assert explorer._frame["numbers"]["twice"] == 2
    explorer.set(n=8).settle()
    assert explorer._error == {}
    assert explorer._frame["numbers"]["twice"] == 16


class Slow(Explorer):
    """Waits at each frame until it is let go; gives a frame up, if it is asked to, when a newer one is wanted."""

    dials, sentence, scene = (Slider("n", "n", 0, 0, 9, 1),), "{n:d}", {"height": 100, "panels": []}

    @classmethod
    def frame(cls, n, stopped=None):
        cls.began.append(n)
        cls.go.acquire(timeout=10)
        return None if stopped and stopped() and cls.gives_up else {"n": n}


@pytest.mark.parametrize("gives_up", [False, True])
def test_one_frame_is_computed_at_a_time_the_newest_next_and_none_comes_late(gives_up):
    Slow.began, Slow.go, Slow.gives_up, seen = [], threading.Semaphore(0), gives_up, []
    explorer = Slow()
    explorer.observe(lambda change: seen.append((change["new"]["at"], change["new"]["numbers"]["n"])), "_frame")
    while not Slow.began:
        threading.Event().wait(0.01)
    for n in (3, 5, 8):
        explorer.n = n
    assert Slow.began == [0]
    Slow.go.release(10)
    explorer.settle()
    assert Slow.began == [0, 8]
    assert seen == ([(1, 8)] if gives_up else [(1, 0), (2, 8)])


def test_while_values_come_and_come_every_other_frame_is_finished():
    Slow.began, Slow.go, Slow.gives_up, seen = [], threading.Semaphore(0), True, []
    explorer = Slow()
    explorer.observe(lambda change: seen.append(change["new"]["numbers"]["n"]), "_frame")
    for n in (1, 2, 3, 4):
        while len(Slow.began) < n:
            threading.Event().wait(0.01)
        explorer.n = n
        Slow.go.release()
    Slow.go.release(10)
    explorer.settle()
    assert Slow.began == [0, 1, 2, 3, 4]
    assert seen == [1, 3, 4]


def test_packed_numbers_are_the_numbers():
    numbers = {"one": 3, "nan": NAN, "row": np.array([[1.5, NAN], [INF, -2]]), "none": [], "yes": np.bool_(True)}
    sent = pack({**numbers, "word": "12", "words": ["1"]})
    assert sent["sizes"] == [["one", -1], ["nan", -1], ["row", 4], ["none", 0], ["yes", -1]]
    assert np.array_equal(np.frombuffer(sent["block"]), [3, NAN, 1.5, NAN, INF, -2, 1], equal_nan=True)
    assert sent["texts"] == {"word": "12", "words": ["1"]}


# ---- as an ipywidget


def test_observe_link_and_slider_work_with_a_dial():
    one, two, seen = SkipExplorer(), SkipExplorer(), []
    one.observe(seen.append, "z")
    link = ipywidgets.link((one, "z"), (two, "z"))
    one.z = 0.5
    assert (two.z, [change["new"] for change in seen]) == (0.5, [0.5])
    link.unlink()
    slider, buttons = two.slider("z"), two.slider("merge")
    slider.value, buttons.value = 0.25, "gate"
    assert (two.z, two.merge, one.z) == (0.25, "gate", 0.5)
    two.set(z=1.0, merge="concat")
    assert (slider.value, buttons.value) == (1.0, "concat")
    assert isinstance(GradientExplorer().slider("depth"), ipywidgets.SelectionSlider)
    with pytest.raises(ValueError, match=r"^name: SkipExplorer has no dial 'depth'; it has merge, lam"):
        two.slider("depth")


def test_an_unknown_attribute_raises_and_is_told_the_dials():
    with pytest.raises(AttributeError, match=r"^zz: SkipExplorer has no such dial; it has merge, lam, gamma, z, x0"):
        SkipExplorer().zz = 1
    with pytest.raises(ValueError, match=r"^layout: no dial can have this name"):
        type("Bad", (Explorer,), {"dials": (Slider("layout", "layout", 1, 0, 2, 1),)})


def test_dials_that_do_not_go_together_raise_from_python_and_not_from_the_browser():
    explorer = SaddleExplorer(length=3)
    with pytest.raises(ValueError, match=r"^length: form 'pair' needs an even number"):
        explorer.form = "pair"
    assert explorer.form == "block"
    explorer.set_state({"form": "pair"})
    assert explorer.form == "pair"
    assert explorer.snapshot() == ("length: form 'pair' needs an even number of weights, got 3.", None)


SENT = [
    (Slider("s", "s", 2, 1, 9, 1), [(3.4, 3), (3.5, 4), (99, 9), (-4, 1), ("3", 2), (None, 2), (NAN, 2), (True, 2)]),
    (Slider("s", "s", 0.5, 0, 1, 0.25), [(0.3, 0.3), (2, 1.0), (0.15000000000000002, 0.15), ([], 0.5)]),
    (Ladder("s", "s", 20, (10, 20, 22)), [(21, 20), (21.1, 22), (99, 22), (-5, 10), ("x", 20)]),
    (Choice("s", "s", {"a": "A", "b": "B"}), [("b", "b"), ("c", "a"), (1, "a"), (["b"], "a")]),
    (Pairs("s", "s", 6, ((0, 1),)), [([[2, 5], [0, 3], [2, 5]], ((0, 3), (2, 5))), (7, ((0, 1),))]),
    (Pairs("s", "s", 6), [([[3, 1], [1, 9], [1], "x", [0, 2]], ((0, 2),))]),
]  # fmt: skip


def test_what_the_browser_sends_goes_to_the_nearest_value_that_is_allowed():
    for dial, sent in SENT:
        toy = {"dials": (dial,), "frame": classmethod(lambda cls, s: {"s": 1}), "scene": {}, "sentence": ""}
        explorer = type("Toy", (Explorer,), toy)()
        for value, taken in sent:
            explorer.set_state({"s": value})
            assert (explorer.s, dial.nearest(value)) == (taken, taken), (dial, value)
        explorer.settle()


class Wired(Explorer):
    """A toy with a set of pairs, about a subject."""

    dials = (Pairs("links", "Links", 6, at=(0, "x", "y")),)
    sentence, scene, takes = "{many:d} links of {what}", {"height": 100, "panels": []}, "a Net"

    @classmethod
    def frame(cls, net, links):
        return {"many": len(links), "what": net}


def test_a_dial_may_be_a_set_of_pairs():
    wired = Wired("rings", links=[(2, 5), (0, 3), (2, 5)])
    assert wired.links == ((0, 3), (2, 5))
    assert wired.settle().snapshot()[0] == "2 links of rings"
    assert eval(wired.code, {"Wired": Wired, "net": "rings"}).links == wired.links
    for bad, kind in ((((3, 1),), ValueError), (((0, 6),), ValueError), (((1, 1),), ValueError), ((0, 1), TypeError), (3, TypeError),
                      (((0.0, 1),), ValueError), ("ab", TypeError)):  # fmt: skip
        with pytest.raises(kind, match=r"^links: expected pairs \(i, j\) of whole numbers, 0 <= i < j < 6, got "):
            wired.links = bad
    with pytest.raises(TypeError, match=r"^links: "):
        wired.slider("links")


def test_an_explorer_may_take_a_subject():
    assert Wired("rings").settle()._frame["numbers"]["what"] == "rings"
    assert Wired("rings").code == "Wired(net)"
    with pytest.raises(TypeError, match=r"^Wired is given a Net first, got NoneType"):
        Wired(links=())
    with pytest.raises(TypeError, match=r"^SkipExplorer is given dials by name, and nothing before them, got str"):
        SkipExplorer("add")
