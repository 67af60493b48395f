"""Every dial of every explorer takes what it allows, names what it does not, and is restored by one line of code."""

import re

import pytest
from allowed import DIALS, EXPLORERS, ends, goes, settings, wrong

from skiplab.explore.dials import Ladder, Slider
from skiplab.explore.explorer import Explorer

pytestmark = pytest.mark.usefixtures("no_tables_sent")


def test_there_are_explorers():
    assert {"SaddleExplorer", "SkipExplorer", "DoctorExplorer"} <= {cls.__name__ for cls in EXPLORERS}


def test_an_explorer_starts_where_its_dials_say(subtests):
    for cls in EXPLORERS:
        with subtests.test(cls.__name__):
            assert cls().values == {dial.name: dial.start for dial in cls.dials}
            assert cls().code == f"{cls.__name__}()"


@pytest.mark.slow
def test_set_moves_dials_and_gives_the_explorer_back(subtests):
    for cls in EXPLORERS:
        with subtests.test(cls.__name__):
            explorer = cls()
            for values in settings(cls, 20):
                assert explorer.set(**values) is explorer
                assert explorer.values == values
                assert {name: getattr(explorer, name) for name in values} == values
            assert explorer.set().values == values
            assert cls(**values).values == values


@pytest.mark.slow
def test_a_dial_is_an_attribute(subtests):
    for cls, dial in DIALS:
        with subtests.test(explorer=cls.__name__, dial=dial.name):
            explorer = cls()
            for value in ends(dial):
                if goes(cls, {dial.name: value}):
                    setattr(explorer, dial.name, value)
                    assert getattr(explorer, dial.name) == explorer.values[dial.name] == value
            others = {name: value for name, value in explorer.values.items() if name != dial.name}
            assert others == {other.name: other.start for other in cls.dials if other is not dial}


def test_no_dial_hides_an_attribute_that_was_there_before(subtests):
    for cls, dial in DIALS:
        with subtests.test(explorer=cls.__name__, dial=dial.name):
            assert not hasattr(Explorer, dial.name)
            assert dial.name.isidentifier()


def test_the_dial_starts_at_an_allowed_value_and_has_a_label(subtests):
    for cls, dial in DIALS:
        with subtests.test(explorer=cls.__name__, dial=dial.name):
            assert dial.check(dial.start) == dial.start
            assert dial.label
            assert dial.nearest(dial.start) == dial.start == dial.nearest("nonsense")
            assert set(getattr(dial, "only", {})) <= {other.name for other in cls.dials}
            for name, values in getattr(dial, "only", {}).items():
                other = next(other for other in cls.dials if other.name == name)
                assert all(other.check(value) == value for value in values)


def refuses(cls, dial):
    """Whatever the dial may not be raises an error that names the dial."""
    explorer = cls()
    moved = settings(cls, 1, seed=3)[0]
    moved.pop(dial.name)
    before = explorer.values
    for value, kind in wrong(dial):
        for call in (lambda v=value: explorer.set(**moved, **{dial.name: v}), lambda v=value: setattr(explorer, dial.name, v),
                     lambda v=value: cls(**{dial.name: v})):  # fmt: skip
            with pytest.raises(kind) as caught:
                call()
            assert caught.type is kind, value
            assert str(caught.value).startswith(f"{dial.name}: expected "), value
            assert ", got " in str(caught.value)
        assert explorer.values == before


def test_what_a_dial_may_not_be_names_the_dial_and_moves_nothing(subtests):
    for cls, dial in DIALS:
        with subtests.test(explorer=cls.__name__, dial=dial.name):
            refuses(cls, dial)


def tells(cls):
    """A dial that there is not raises an error that names those that there are."""
    explorer = cls()
    before, moved = explorer.values, settings(cls, 1, seed=4)[0]
    for call in (lambda: explorer.set(**moved, dept=3), lambda: cls(dept=3)):
        with pytest.raises(ValueError, match=r"^dept: ") as caught:
            call()
        assert all(dial.name in str(caught.value) for dial in cls.dials)
    assert explorer.values == before


def test_an_unknown_dial_is_told_which_there_are_and_moves_nothing(subtests):
    for cls in EXPLORERS:
        with subtests.test(cls.__name__):
            tells(cls)


@pytest.mark.slow
def test_the_code_is_a_line_that_restores_it(subtests):
    for cls in EXPLORERS:
        with subtests.test(cls.__name__):
            for values in [{}, *settings(cls, 25, seed=1)]:
                explorer = cls(**values)
                again = eval(explorer.code, {cls.__name__: cls})
                assert type(again) is cls
                assert again.values == explorer.values
                assert again.code == explorer.code
                assert all(not re.search(rf"\b{name}=", explorer.code) for name, value in values.items() if value == cls().values[name])


@pytest.mark.slow
def test_what_a_tip_sets_is_allowed_and_drawn(subtests):
    for cls in EXPLORERS:
        with subtests.test(cls.__name__):
            for text, values in cls.tips:
                assert text.endswith((".", "?"))
                explorer = cls(**values)
                assert {name: explorer.values[name] for name in values} == values
                if not {*values} & {*getattr(cls, "slow", ())}:
                    assert explorer.snapshot()[1] is not None


def test_the_pad_and_the_play_button_move_dials_that_there_are(subtests):
    for cls in EXPLORERS:
        with subtests.test(cls.__name__):
            sliders = {dial.name for dial in cls.dials if isinstance(dial, Slider)}
            if cls.pad:
                assert {cls.pad["x"], cls.pad["y"]} <= sliders
                assert set(cls.pad["panels"]) <= {*range(len(cls.scene["panels"]))}
                assert cls.pad["label"]
            assert cls.play in {"", *sliders, *(dial.name for dial in cls.dials if isinstance(dial, Ladder))}
            assert cls.play not in getattr(cls, "slow", ())
