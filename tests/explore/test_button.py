"""A button's work adds to the picture of the dials it was pressed at, can be stopped, and shows its failure in the explorer."""

import threading

import numpy as np
import pytest

from skiplab.explore.button import ActingExplorer
from skiplab.explore.dials import Slider
from skiplab.explore.table import Table, along


class Toy(ActingExplorer):
    """Counts to 100, or to where it is stopped; `go` lets it make one step."""

    dials = (
        Slider("depth", "depth", 3, 2, 4, 1),
        Slider("zoom", "zoom", 1, 1, 3, 1),
        Slider("deep", "deep", 1, 1, 3, 1, only={"depth": (4,)}),
    )
    sentence = ["depth {depth:d}, size {size:.1f}, live {live:d}"]
    scene = {"height": 100, "panels": []}
    action, free = "Count now", ("zoom",)
    overlay = {"live": 0, "live_y": []}
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
    made._stopped.set()
    Toy.go.release(200)
    made.settle()
    while Toy.go.acquire(blocking=False):
        pass


def test_the_button_is_there_and_nothing_is_added_before_it_is_pressed(toy):
    assert (toy.canvas.action, toy.canvas.doing, toy.canvas.live) == ("Count now", "", {})
    assert toy.snapshot()[0] == "depth 3, size 1.0, live 0"
    assert toy.canvas.rows["words"] == {"live": 0, "live_y": []}


def test_numbers_are_added_for_the_dials_of_the_press_and_a_second_press_stops(toy):
    toy.canvas.pressed += 1
    toy.set(depth=2)
    assert toy.canvas.doing
    Toy.go.release()
    wait(lambda: toy.canvas.doing == "step 1")
    assert toy.canvas.live == {"at": 1, "values": {"depth": 3}, "numbers": {"live": 1, "live_y": [1, None]}}
    toy.canvas.pressed += 1
    Toy.go.release()
    toy.settle()
    assert (toy.canvas.doing, toy.canvas.done, toy.canvas.live["at"]) == ("", "step 2", 2)


def test_it_can_be_pressed_again_after_it_was_stopped(toy):
    for _ in range(2):
        toy.press().press()
        Toy.go.release()
        toy.settle()
        assert (toy.canvas.doing, toy.canvas.done) == ("", "step 1")


def test_a_failure_is_shown_and_the_button_is_free_again(toy):
    toy.set(depth=4).press()
    Toy.go.release()
    toy.settle()
    assert (toy.canvas.error, toy.canvas.error_at) == ("depth: 4 cannot be counted.", {"depth": 4, "deep": 1})
    assert (toy.canvas.doing, toy.canvas.done) == ("", "")
    toy.set(depth=2).press().press()
    Toy.go.release()
    toy.settle()
    assert toy.canvas.error == ""


def test_only_what_the_overlay_names_may_be_added(toy):
    toy.act = lambda values, tell, stopped: tell("x", other=1)
    toy.press().settle()
    assert "other" in toy.canvas.error


def wait(condition, seconds=5):
    waiting = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        waiting.wait(0.01)
    raise AssertionError("it never came about")
