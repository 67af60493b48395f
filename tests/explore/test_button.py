"""A button's work adds to the picture of the dials it was pressed at, can be stopped, and shows its failure in the explorer."""

import threading

import numpy as np
import pytest

from skiplab.explore.button import Button
from skiplab.explore.dials import Slider
from skiplab.explore.explorer import Explorer
from skiplab.explore.table import Table, along
from skiplab.explore.table_explorer import TableExplorer


class Toy(TableExplorer):
    """Counts to 100, or to where it is stopped; `go` lets it make one step."""

    dials = (
        Slider("depth", "depth", 3, 2, 4, 1),
        Slider("zoom", "zoom", 1, 1, 3, 1),
        Slider("deep", "deep", 1, 1, 3, 1, only={"depth": (4,)}),
    )
    sentence = ["depth {depth:d}, size {size:.1f}, live {live:d}"]
    scene = {"height": 100, "panels": []}
    button = Button("Count now", free=("zoom",), extras={"live": 0, "live_y": []})
    go = threading.Semaphore(0)

    @classmethod
    def table(cls):
        return Table(cls.dials, along({"size": np.arange(3.0)}, depth=(2, 3, 4)))

    def act(self, values, tell, stopped):
        for step in range(1, 100):
            self.go.acquire(timeout=10)
            if values["depth"] == 4:
                raise ValueError("depth: 4 cannot be counted.")
            tell(f"step {step}", live=1, live_y=[step, np.nan])
            if stopped():
                return


@pytest.fixture
def toy():
    made = Toy()
    yield made
    if made._doing:
        made.press()
    Toy.go.release(200)
    made.settle()
    while Toy.go.acquire(blocking=False):
        pass


def test_the_button_is_there_and_nothing_is_added_before_it_is_pressed(toy):
    assert (toy._spec["button"], toy._doing, toy._live) == ({"text": "Count now", "extras": {"live": 0, "live_y": []}}, "", {})
    assert toy.snapshot()[0] == "depth 3, size 1.0, live 0"


def test_numbers_are_added_for_the_dials_of_the_press_and_a_second_press_stops(toy):
    press(toy)
    toy.set(depth=2)
    assert toy._doing
    Toy.go.release()
    wait(lambda: toy._doing == "step 1")
    assert (toy._live["at"], toy._live["values"]) == (1, {"depth": 3})
    assert str(toy._live["numbers"]) == "{'live': 1, 'live_y': [1, nan]}"
    press(toy)
    Toy.go.release()
    toy.settle()
    assert (toy._doing, toy._done, toy._live["at"]) == ("", "step 2", 2)


def test_it_can_be_pressed_again_after_it_was_stopped(toy):
    for _ in range(2):
        toy.press().press()
        Toy.go.release()
        toy.settle()
        assert (toy._doing, toy._done) == ("", "step 1")


def test_a_failure_is_shown_and_the_button_is_free_again(toy):
    toy.set(depth=4).press()
    Toy.go.release()
    toy.settle()
    assert toy._error == {"text": "depth: 4 cannot be counted.", "values": {"depth": 4, "deep": 1}}
    assert (toy._doing, toy._done) == ("", "")
    toy.set(depth=2).press().press()
    Toy.go.release()
    toy.settle()
    assert toy._error == {}


def test_only_what_the_extras_name_may_be_added(toy):
    toy.act = lambda values, tell, stopped: tell("x", other=1)
    toy.press().settle()
    assert "other" in toy._error["text"]


def test_any_explorer_may_have_a_button():
    class Counter(Explorer):
        dials, sentence, scene = (Slider("n", "n", 1, 0, 9, 1),), "{n:d} {live:d}", {"height": 100, "panels": []}
        button = Button("Count", extras={"live": 0})

        @classmethod
        def frame(cls, n):
            return {"n": n}

        def act(self, values, tell, stopped):
            tell("counted", live=values["n"])

    counter = Counter(n=4).press().settle()
    assert counter._live == {"at": 1, "values": {"n": 4}, "numbers": {"live": 4}}
    assert counter.snapshot()[0] == "4 0"


def press(explorer):
    """As the browser does."""
    explorer.set_state({"_pressed": explorer._pressed + 1})


def wait(condition, seconds=5):
    waiting = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        waiting.wait(0.01)
    raise AssertionError("it never came about")
