"""What every explorer shows: a sentence and a picture that have a number and a word for every setting."""

import html
import json
import re
import sys

import ipywidgets
import pytest
from allowed import EXPLORERS, ends, goes, quick, settings

from skiplab.explore.packed import pack
from skiplab.scene.paint import paint
from skiplab.scene.template import fill

pytestmark = pytest.mark.usefixtures("no_tables_sent")


def named(part):
    """Every name of the frame that a scene or a template asks for."""
    if isinstance(part, dict):
        if set(part) == {"by", "of"}:
            yield part["by"]
        for value in part.values():
            yield from named(value)
    elif isinstance(part, (list, tuple)):
        for value in part:
            yield from named(value)
    elif isinstance(part, str):
        yield from [part[1:]] if part.startswith("@") else re.findall(r"\{(\w+)(?::[^{}]*)?\}", part)


def texts(part):
    """Every template in a scene."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in ("title", "label", "text"):
                yield value
            else:
                yield from texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from texts(value)


def test_the_frame_has_every_name_that_scene_and_sentence_ask_for(subtests):
    for cls in EXPLORERS:
        with subtests.test(cls.__name__):
            asked = {*named(cls.scene), *named(cls.sentence)}
            assert asked
            for values in [cls().values, *quick(cls, settings(cls, 10, seed=2))]:
                assert asked <= set(cls.frame(**values))


def test_every_choice_of_words_has_the_words_for_every_setting(subtests):
    for cls in EXPLORERS:
        with subtests.test(cls.__name__):
            for values in [cls().values, *quick(cls, settings(cls, 10, seed=5))]:
                frame = cls.frame(**values)
                for template in (cls.sentence, *texts(cls.scene)):
                    for flag in flags(template):
                        assert 0 <= frame[flag] == int(frame[flag])
                    assert fill(template, frame) is not None


def flags(part):
    """The names by which words are chosen: they count from 0, in Python and in JavaScript alike."""
    if isinstance(part, dict):
        yield part["by"]
        part = part["of"]
    if isinstance(part, str):
        yield from re.findall(r"\{(\w+):[^{}]*\|[^{}]*\}", part)
    else:
        for inner in part:
            yield from flags(inner)


def outermost(dial, rng):
    return rng.choice(ends(dial))


@pytest.mark.slow
def test_no_extreme_setting_says_nan_or_counts_one_as_many(subtests):
    for cls in EXPLORERS:
        with subtests.test(cls.__name__):
            alone = [{dial.name: value} for dial in cls.dials for value in ends(dial)]
            extreme = quick(cls, [values for values in alone if goes(cls, values)] + settings(cls, 40, outermost, seed=6))
            for values in extreme:
                frame = cls.frame(**{**cls().values, **values})
                for said in map(lambda template, frame=frame: fill(template, frame), (cls.sentence, *texts(cls.scene))):
                    assert not re.search(r"undefined|\b(nan|NaN|inf|None)\b|[{}]", said), (values, said)
                    assert not re.search(r"(?<![\d.])(?<!\+ )1 (blocks|connections|layers|networks|steps)\b", said), (values, said)


@pytest.mark.slow
def test_every_extreme_setting_can_be_drawn_and_sent(subtests):
    for cls in EXPLORERS:
        with subtests.test(cls.__name__):
            for values in quick(cls, settings(cls, 6, outermost, seed=7)):
                frame = cls.frame(**values)
                assert {name for name, _ in pack(frame)["sizes"]} | pack(frame)["texts"].keys() == frame.keys()
                paint(cls.scene, frame).savefig("/dev/null" if sys.platform != "win32" else "NUL", format="png", dpi=40)


@pytest.mark.slow
def test_what_is_shown_is_the_sentence_and_a_picture_with_that_alt_text(subtests):
    for cls in EXPLORERS:
        with subtests.test(cls.__name__):
            for values in [{}, *quick(cls, settings(cls, 2, seed=8))]:
                explorer = cls(**values)
                with pytest.MonkeyPatch.context() as patch:
                    patch.delenv("SKIPLAB_STRICT", raising=False)  # as for a learner
                    bundle, _ = explorer._repr_mimebundle_()
                said = getattr(cls, "poster", None) or fill(cls.sentence, cls.frame(**explorer.values))
                assert bundle["text/plain"] == said == explorer.snapshot()[0]
                assert html.unescape(re.search(r'<img [^>]*alt="([^"]*)"', bundle["text/html"])[1]) == said
                assert "application/vnd.jupyter.widget-view+json" in bundle


def test_an_explorer_is_one_widget_that_tells_the_browser_of_its_dials(subtests):
    for cls in EXPLORERS:
        with subtests.test(cls.__name__):
            known = ipywidgets.widgets.widget
            instances = known._instances if hasattr(known, "_instances") else known.Widget.widgets  # in version 8, in version 7
            before = set(instances)
            explorer = cls()
            assert {explorer.model_id, explorer.layout.model_id} == set(instances) - before
            assert type(explorer) is cls
            assert [(dial["name"], dial["start"]) for dial in explorer._spec["dials"]] == [(dial.name, dial.start) for dial in cls.dials]
            assert set(explorer.values) <= set(explorer.get_state())
            json.dumps(explorer._spec, allow_nan=False)
