"""Tables of tips are there before they are asked for, and nobody waits for one that is not wanted."""

import threading
import time
from types import SimpleNamespace

import pytest
import torch

from skiplab.explore import ahead
from skiplab.explore.dials import Ladder
from skiplab.explore.table import Table
from skiplab.explore.table_explorer import TableExplorer


class Slow(TableExplorer):
    """Its table is made by ever so many calls of torch, until it may end."""

    dials, slow = (Ladder("size", "size", 1.0, (1.0, 2.0, 5.0)),), ("size",)
    tips, scene, sentence = (("two", {"size": 2.0}), ("five", {"size": 5.0}), ("two again", {"size": 2.0})), {}, ""
    begun, ended, may_end = [], [], threading.Event()

    @classmethod
    def table(cls, size):
        cls.begun.append(size)
        while not cls.may_end.is_set():
            torch.zeros(1).add(1)
            time.sleep(0.001)
        cls.ended.append(size)
        return Table(cls.dials, {"twice": 2 * size})


def until(what):
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def slow(monkeypatch):
    """An explorer whose first table is there, in a notebook where nothing else goes on."""
    calls = {"pre_run_cell": [], "post_run_cell": []}
    events = SimpleNamespace(callbacks=calls, register=lambda name, call: calls[name].append(call))
    monkeypatch.setattr(ahead, "get_ipython", lambda: SimpleNamespace(events=events))
    monkeypatch.setattr(ahead, "QUIET", 0.05)
    for name in ("SKIPLAB_STRICT", "SKIPLAB_AHEAD"):
        monkeypatch.delenv(name, raising=False)
    ahead._spent[0] = 0
    Slow.may_end.set()
    made = type("Mine", (Slow,), {})()  # of its own class, of which no table is kept
    ahead.want(made, [])
    ahead._ends()  # the cell that made it
    Slow.begun.clear()
    Slow.ended.clear()
    Slow.may_end.clear()
    yield made
    Slow.may_end.set()
    made.close()
    ahead._worker.settle(20)


def wanted(explorer):
    ahead.want(explorer, [explorer._key((size,)) for size in (2.0, 5.0)])


def test_all_is_computed_once_and_then_nobody_waits(slow):
    Slow.may_end.set()
    wanted(slow)
    wanted(slow)
    until(lambda: Slow.ended == [2.0, 5.0])
    slow.set(size=5.0).settle()
    assert slow._table["slow"] == {"size": 5.0}
    assert Slow.ended == [2.0, 5.0]


@pytest.mark.parametrize("who", ["a cell", "a move"])
def test_it_gives_way_and_comes_again(slow, who):
    wanted(slow)
    until(lambda: Slow.begun == [2.0])
    if who == "a cell":
        ahead._cell_begins()
    else:
        slow.set(size=5.0)  # whose table another thread begins
        until(lambda: 5.0 in Slow.begun)
    ahead_of = len(Slow.begun)
    time.sleep(0.2)
    assert len(Slow.begun) == ahead_of
    assert Slow.ended == []
    Slow.may_end.set()
    ahead._ends()
    until(lambda: sorted(Slow.ended) == [2.0, 5.0])


def test_it_ends_with_its_explorer(slow):
    wanted(slow)
    until(lambda: Slow.begun == [2.0])
    slow.close()
    ahead._worker.settle(20)
    assert (Slow.begun, Slow.ended) == ([2.0], [])


@pytest.mark.parametrize(("name", "value"), [("SKIPLAB_STRICT", "1"), ("SKIPLAB_AHEAD", "0")])
def test_nothing_is_computed_where_it_is_not_wished_for(slow, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    wanted(slow)
    assert not ahead._jobs


def test_no_more_is_spent_than_allowed_and_not_without_memory(slow, monkeypatch):
    monkeypatch.setattr(ahead, "ROOM", 2**60)
    wanted(slow)
    time.sleep(0.3)
    assert Slow.begun == []
    ahead._spent[0] = ahead.MOST
    ahead._worker.settle(20)
    assert not ahead._jobs
