"""A table looked up is the number that was put in, on both sides of the wire."""

import itertools
import threading
import zlib

import numpy as np
import pytest

from skiplab.base.grid import Grid
from skiplab.explore.dials import Choice, Ladder, Pairs, Slider
from skiplab.explore.table import Table, along
from skiplab.explore.table_explorer import TableExplorer

SHAPE = (2, 3, 4)
NUMBERS = np.arange(24).reshape(SHAPE) / 7
ROW = Grid(NUMBERS, kind=("a", "b"), depth=(2, 3, 4), drawn=range(4))


class Toy(TableExplorer):
    """A table of two fast dials and one slow one; `table` can be made to wait and to fail."""

    dials = (
        Choice("kind", "kind", {"a": "A", "b": "B"}),
        Slider("depth", "depth", 3, 2, 4, 1),
        Ladder("size", "size", 1.0, (1.0, 2.0, 5.0)),
    )
    slow = ("size",)
    sentence = ["{kind_no:A|B}, depth {depth:d}, size {size:.1f}: {best:.3f}"]
    scene = {"height": 100, "panels": []}
    gate = threading.Event()
    asked, broken = [], (5.0,)

    @classmethod
    def table(cls, size):
        cls.asked.append(size)
        if size in cls.broken:
            raise ValueError("size: 5 is too much.")
        cls.gate.wait(10)
        row = size * ROW
        best = {f"{kind}_best": row.at(kind=kind, drawn=3) for kind in ("a", "b")}
        return Table(cls.dials, {"row": row, **best}, {"note": ("kind", ["n", "m"])}, by="kind")


@pytest.fixture
def toy():
    Toy.gate.set()
    Toy.asked.clear()
    return Toy()


def test_a_set_of_pairs_has_a_number_and_says_which_pairs_are_in_it():
    dial = Pairs("links", "Links", 3)
    assert (dial.pairs, [*dial.sets]) == (((0, 1), (0, 2), (1, 2)), [*range(8)])
    sets = [(), ((1, 2),), ((0, 2),), ((0, 2), (1, 2)), ((0, 1),), ((0, 1), (1, 2)), ((0, 1), (0, 2)), dial.pairs]
    assert [dial.place(chosen) for chosen in sets] == [*range(8)]
    table = Table((dial,), {"row": Grid(10 * np.arange(8), links=range(8))})
    frame = table.frame({"links": ((0, 2),)}, {"links": 2})
    assert (frame["row"], frame["links_in"].tolist(), frame["links_out"].tolist()) == (20, [0, 1, 0], [1, 0, 1])


def test_a_frame_is_the_row_at_the_dials_positions():
    frame = Table(Toy.dials, {"row": ROW, "all": NUMBERS[0, 0], "one": 3}).frame({"kind": "b"}, {"kind": 1, "depth": 2})
    assert frame["row"] == pytest.approx(NUMBERS[1, 2], abs=1e-3)
    assert frame["all"] == pytest.approx(NUMBERS[0, 0], abs=1e-3)
    assert (frame["kind"], frame["kind_no"], frame["depth_no"], frame["one"]) == ("b", 1, 2, 3)


def test_the_order_of_axes_and_of_their_values_does_not_matter_and_what_is_drawn_comes_row_by_row():
    turned = Grid(np.moveaxis(NUMBERS[::-1, [2, 0, 1]], 2, 0), drawn=range(4), kind=("b", "a"), depth=(4, 2, 3))
    table = Table(Toy.dials, {"row": ROW, "turned": turned, "by_depth": ROW.rename("depth", "depths")})
    for kind, depth in itertools.product(range(2), range(3)):
        frame = table.frame({}, {"kind": kind, "depth": depth})
        assert np.array_equal(frame["turned"], frame["row"]), (kind, depth)
        assert frame["by_depth"] == pytest.approx(NUMBERS[kind].ravel(), abs=1e-3)


def test_an_axis_has_the_values_of_its_dial():
    for axes in ({"kind": ("a", "c")}, {"kind": ("a",)}, {"depth": (2, 3, 4, 5)}, {"size": (1.0, 2.0)}):
        (name, values), = axes.items()
        with pytest.raises(ValueError, match=f"best: expected {name} to be what its dial may be, .*, got .*{values[-1]}"):
            Table(Toy.dials, {"best": Grid(np.zeros(len(values)), **axes)})


def test_first_axes_are_named_and_the_others_are_drawn():
    grids = along({"row": NUMBERS, "best": NUMBERS[..., 0]}, kind=("a", "b"), depth=(2, 3, 4))
    assert dict(grids["best"].axes) == {"kind": ("a", "b"), "depth": (2, 3, 4)}
    assert np.array_equal(grids["row"].at(kind="b", depth=3), NUMBERS[1, 1])


def test_the_packed_block_is_the_numbers_and_the_layout_finds_them():
    table = Table(Toy.dials, {"row": ROW, "nan": [np.nan, -np.inf]})
    layout, block = table.packed()
    numbers = np.frombuffer(zlib.decompress(block), "<f4")
    for name, expected in (("row", NUMBERS), ("nan", [np.nan, -np.inf])):
        place = layout["arrays"][name]
        found = numbers[place["start"] :][: np.size(expected)].reshape(place["shape"])
        assert np.allclose(found, expected, atol=1e-3, equal_nan=True), name
    assert [layout["arrays"][name]["dials"] for name in ("row", "nan")] == [["kind", "depth"], []]


def test_fast_dials_look_up_and_what_is_chosen_follows_them(toy):
    assert toy.snapshot()[0] == f"A, depth 3, size 1.0: {NUMBERS[0, 1, 3]:.3f}"
    toy.set(kind="b", depth=4, size=2.0)
    assert toy.snapshot()[0] == f"B, depth 4, size 2.0: {2 * NUMBERS[1, 2, 3]:.3f}"
    assert toy.frame(**toy.values)["note"] == "m"


def test_fast_dials_send_no_table_and_a_slow_one_sends_its_own_once(toy):
    block = toy._block
    toy.set(kind="b", depth=2)
    assert toy._block is block
    toy.set(size=2.0)
    toy.settle()
    assert toy._table["slow"] == {"size": 2.0}
    assert toy._block != block
    assert toy._busy == ""
    toy.set(size=1.0)
    toy.settle()
    assert toy._block == block


def test_while_a_table_is_computed_the_explorer_says_so_and_the_last_wish_wins(toy):
    class Slow(Toy):
        gate, asked = threading.Event(), []

    Slow.gate.set()
    slow = Slow()
    Slow.gate.clear()
    slow.set(size=2.0)
    for _ in range(100):
        if slow._busy:
            break
        threading.Event().wait(0.02)
    assert slow._busy == "Computing …"
    slow.set(size=5.0)
    slow.set(size=1.0)
    Slow.gate.set()
    slow.settle()
    assert slow._busy == ""
    assert slow._table["slow"] == {"size": 1.0}
    assert Slow.asked.count(1.0) == 1


def test_a_table_that_fails_is_said_in_the_explorer_and_forgotten_when_one_succeeds(toy):
    toy.set(size=5.0)
    toy.settle()
    assert toy._error == {"text": "size: 5 is too much.", "values": {"size": 5.0}}
    assert toy._busy == ""
    assert toy.snapshot() == ("size: 5 is too much.", None)
    toy.set(size=2.0)
    toy.settle()
    assert toy._error == {}
    assert toy._table["slow"] == {"size": 2.0}


@pytest.mark.parametrize("pause", [True, False])
def test_a_table_that_failed_is_tried_again_when_it_is_asked_for_again(toy, pause):
    class Mended(Toy):
        asked, broken = [], (5.0,)

    mended = Mended(size=5.0)
    assert mended.settle()._error["text"] == "size: 5 is too much."
    tried = len(Mended.asked)
    mended.settle()
    assert len(Mended.asked) == tried
    Mended.broken = ()
    mended.set(size=1.0)
    if pause:
        assert mended.settle()._error == {}
    mended.set(size=5.0).settle()
    assert (mended._error, mended._table["slow"], mended._busy) == ({}, {"size": 5.0}, "")


def test_the_table_of_a_subject_is_that_of_no_other():
    class About(TableExplorer):
        dials, sentence, takes = (Slider("n", "n", 0, 0, 2, 1),), "{it:.0f}", "some numbers"
        scene = {"height": 100, "panels": []}

        @classmethod
        def table(cls, numbers):
            return Table(cls.dials, along({"it": numbers}, n=range(3)))

    one, two = About(np.arange(3)), About(np.arange(3) + 5)
    assert [about.set(n=2).snapshot()[0] for about in (one, two)] == ["2", "7"]
    assert one._block != two._block
