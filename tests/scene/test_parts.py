"""Scenes are put together from parts, and a key that no part has fails where it is written."""

import inspect

import pytest

import skiplab
from skiplab.scene import marks, parts

EXPLORERS = [getattr(skiplab, name) for name in skiplab.__all__ if name.endswith("Explorer")]
COMMON = {"kind", "when", "label"}


def keys(part):
    """The names that a part may be given."""
    return set(inspect.signature(part).parameters)


def test_a_wrong_key_fails_at_once():
    with pytest.raises(TypeError, match="widht"):
        parts.line("@x", "@y", "add", widht=4)
    with pytest.raises(TypeError, match="legned"):
        parts.panel([0, 0, 1, 1], "title", [], parts.axis([0, 1]), parts.axis([0, 1]), legned="above")
    with pytest.raises(TypeError, match="color"):
        parts.line("@x", "@y")


def test_what_is_left_out_is_not_there():
    assert parts.line("@x", "@y", "add", width=4) == {"kind": "line", "x": "@x", "y": "@y", "color": "add", "width": 4}
    assert parts.points([0], [1], "add", when=0)["when"] == 0


def test_every_mark_that_can_be_drawn_has_a_part():
    assert all(callable(getattr(parts, kind)) for kind in marks.MARKS)


@pytest.mark.parametrize("cls", EXPLORERS, ids=lambda cls: cls.__name__)
def test_a_scene_holds_nothing_that_no_part_has(cls):
    assert cls.scene.keys() == {"height", "panels"}
    for panel in cls.scene["panels"]:
        assert panel.keys() <= keys(parts.panel)
        assert panel["x"].keys() | panel["y"].keys() <= keys(parts.axis)
        strange = [(mark["kind"], key) for mark in panel["marks"] for key in mark.keys() - keys(getattr(parts, mark["kind"])) - COMMON]
        assert strange == []
