"""What holds for every explorer: its dials, its one line of code, its sentence, its threads and its JavaScript."""

import html
import json
import random
import re
import shutil
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import ipywidgets
import numpy as np
import pytest

import skiplab
from skiplab import DoctorExplorer, GradientExplorer, SaddleExplorer, SkipExplorer
from skiplab.base import device
from skiplab.explore import canvas
from skiplab.explore.dials import Choice, Ladder, Pairs, Slider
from skiplab.explore.explorer import Explorer
from skiplab.explore.packed import pack
from skiplab.explore.table_explorer import TableExplorer
from skiplab.explorers import doctor
from skiplab.scene.paint import paint
from skiplab.scene.template import fill

EXPLORERS = [getattr(skiplab, name) for name in skiplab.__all__ if name.endswith("Explorer")]
NAN, INF = float("nan"), float("inf")


def over(cases):
    """Run a test for each case, and tell of all that failed."""

    def all_of_them(test):
        def run():
            failures = []
            for case in cases:
                try:
                    test(*case)
                except Exception as problem:
                    failures.append(f"{', '.join(getattr(x, 'name', getattr(x, '__name__', '')) for x in case)}: {problem!r}")
            assert not failures, "\n".join(failures)

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return all_of_them


each = over([(cls,) for cls in EXPLORERS])
each_dial = over([(cls, dial) for cls in EXPLORERS for dial in cls.dials])


def ends(dial):
    """The outermost values of a dial, or all that it may be."""
    if isinstance(dial, Slider):
        return [dial.least, dial.most]
    return [dial.rungs[0], dial.rungs[-1]] if isinstance(dial, Ladder) else list(dial.options)


def some(dial, rng):
    """A value that the dial may have."""
    if not isinstance(dial, Slider):
        return rng.choice(list(dial.options))
    steps = rng.randint(0, round((dial.most - dial.least) / dial.step))
    return dial.least + steps * dial.step if dial.whole else round(dial.least + steps * dial.step, 9)


@pytest.fixture(autouse=True, scope="module")
def no_tables_sent():
    """Tables take seconds; they are made here where a frame is asked for, and not after each move of a slow dial."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TableExplorer, "_ship", lambda self, wanted: setattr(self, "_sent", wanted))
        yield


def quick(cls, many):
    """The settings with their slow dials at the start, and in every other one the first slow dial at its end: two tables in all."""
    slow = {dial.name: dial for dial in cls.dials if dial.name in getattr(cls, "slow", ())}
    tables = [{name: dial.start for name, dial in slow.items()}] * 2
    for name in list(slow)[:1]:
        tables[1] = {**tables[0], name: ends(slow[name])[-1]}
    return [{**values, **tables[i % 2]} for i, values in enumerate(many)]


def goes(cls, values):
    """Whether values that are each allowed go together."""
    try:
        cls.check(**{**{dial.name: dial.start for dial in cls.dials}, **values})
    except ValueError:
        return False
    return True


def settings(cls, how_many, pick=some, seed=0):
    """Seeded settings of all dials that go together."""
    rng, made = random.Random(seed), []
    while len(made) < how_many:
        values = {dial.name: pick(dial, rng) for dial in cls.dials}
        if goes(cls, values):
            made.append(values)
    return made


def wrong(dial):
    """(value, kind of error) for what the dial may not be."""
    yield from ((value, TypeError) for value in (None, [1.0], True, b"x"))
    if isinstance(dial, Choice):
        yield from [("no such option", ValueError), ("", ValueError), (3, TypeError), (NAN, TypeError)]
        return
    yield "1", TypeError
    whole = isinstance(dial, Slider) and dial.whole
    yield from ((value, TypeError if whole else ValueError) for value in (NAN, INF, -INF))
    if whole:
        yield dial.start + 0.5, TypeError
    yield from ((end + side, ValueError) for end, side in zip((min(ends(dial)), max(ends(dial))), (-1, 1), strict=True))


# ---- dials


def test_there_are_explorers():
    assert {"SaddleExplorer", "SkipExplorer", "DoctorExplorer"} <= {cls.__name__ for cls in EXPLORERS}


@each
def test_an_explorer_starts_where_its_dials_say(cls):
    assert cls().values == {dial.name: dial.start for dial in cls.dials}
    assert cls().code == f"{cls.__name__}()"


@pytest.mark.slow
@each
def test_set_moves_dials_and_gives_the_explorer_back(cls):
    explorer = cls()
    for values in settings(cls, 20):
        assert explorer.set(**values) is explorer
        assert explorer.values == values
        assert {name: getattr(explorer, name) for name in values} == values
    assert explorer.set().values == values
    assert cls(**values).values == values


@pytest.mark.slow
@each_dial
def test_a_dial_is_an_attribute(cls, dial):
    explorer = cls()
    for value in ends(dial):
        if goes(cls, {dial.name: value}):
            setattr(explorer, dial.name, value)
            assert getattr(explorer, dial.name) == explorer.values[dial.name] == value
    others = {name: value for name, value in explorer.values.items() if name != dial.name}
    assert others == {other.name: other.start for other in cls.dials if other is not dial}


@each_dial
def test_no_dial_hides_an_attribute_that_was_there_before(cls, dial):
    assert not hasattr(Explorer, dial.name)
    assert dial.name.isidentifier()


@each_dial
def test_the_dial_starts_at_an_allowed_value_and_has_a_label(cls, dial):
    assert dial.check(dial.start) == dial.start
    assert dial.label
    assert dial.nearest(dial.start) == dial.start == dial.nearest("nonsense")
    assert set(getattr(dial, "only", {})) <= {other.name for other in cls.dials}
    for name, values in getattr(dial, "only", {}).items():
        other = next(other for other in cls.dials if other.name == name)
        assert all(other.check(value) == value for value in values)


@each_dial
def test_what_a_dial_may_not_be_names_the_dial_and_moves_nothing(cls, dial):
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


@each
def test_an_unknown_dial_is_told_which_there_are_and_moves_nothing(cls):
    explorer = cls()
    before, moved = explorer.values, settings(cls, 1, seed=4)[0]
    for call in (lambda: explorer.set(**moved, dept=3), lambda: cls(dept=3)):
        with pytest.raises(ValueError, match=r"^dept: ") as caught:
            call()
        assert all(dial.name in str(caught.value) for dial in cls.dials)
    assert explorer.values == before


@pytest.mark.slow
@each
def test_the_code_is_a_line_that_restores_it(cls):
    for values in [{}, *settings(cls, 25, seed=1)]:
        explorer = cls(**values)
        again = eval(explorer.code, {cls.__name__: cls})
        assert type(again) is cls
        assert again.values == explorer.values
        assert again.code == explorer.code
        assert all(not re.search(rf"\b{name}=", explorer.code) for name, value in values.items() if value == cls().values[name])


@pytest.mark.slow
@each
def test_what_a_tip_sets_is_allowed_and_drawn(cls):
    for text, values in cls.tips:
        assert text.endswith((".", "?"))
        explorer = cls(**values)
        assert {name: explorer.values[name] for name in values} == values
        if not {*values} & {*getattr(cls, "slow", ())}:
            assert explorer.snapshot()[1] is not None


@each
def test_the_pad_and_the_play_button_move_dials_that_there_are(cls):
    sliders = {dial.name for dial in cls.dials if isinstance(dial, Slider)}
    if cls.pad:
        assert {cls.pad["x"], cls.pad["y"]} <= sliders
        assert cls.pad["panel"] in range(len(cls.scene["panels"]))
        assert cls.pad["label"]
    assert cls.play in {"", *sliders}


# ---- sentence and picture


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


@each
def test_the_frame_has_every_name_that_scene_and_sentence_ask_for(cls):
    asked = {*named(cls.scene), *named(cls.sentence)}
    assert asked
    for values in [cls().values, *quick(cls, settings(cls, 10, seed=2))]:
        assert asked <= set(cls.frame(**values))


@each
def test_every_choice_of_words_has_the_words_for_every_setting(cls):
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
@each
def test_no_extreme_setting_says_nan_or_counts_one_as_many(cls):
    alone = [{dial.name: value} for dial in cls.dials for value in ends(dial)]
    extreme = quick(cls, [values for values in alone if goes(cls, values)] + settings(cls, 40, outermost, seed=6))
    for values in extreme:
        frame = cls.frame(**{**cls().values, **values})
        for said in map(lambda template, frame=frame: fill(template, frame), (cls.sentence, *texts(cls.scene))):
            assert not re.search(r"undefined|\b(nan|NaN|inf|None)\b|[{}]", said), (values, said)
            assert not re.search(r"(?<![\d.])(?<!\+ )1 (blocks|connections|layers|networks|steps)\b", said), (values, said)


@pytest.mark.slow
@each
def test_every_extreme_setting_can_be_drawn_and_sent(cls):
    for values in quick(cls, settings(cls, 6, outermost, seed=7)):
        frame = cls.frame(**values)
        assert {name for name, _ in pack(frame)["sizes"]} | pack(frame)["texts"].keys() == frame.keys()
        paint(cls.scene, frame).savefig("/dev/null" if sys.platform != "win32" else "NUL", format="png", dpi=40)


@pytest.mark.slow
@each
def test_what_is_shown_is_the_sentence_and_a_picture_with_that_alt_text(cls):
    for values in [{}, *quick(cls, settings(cls, 2, seed=8))]:
        explorer = cls(**values)
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("SKIPLAB_STRICT", raising=False)  # as for a learner
            bundle, _ = explorer._repr_mimebundle_()
        said = getattr(cls, "poster", None) or fill(cls.sentence, cls.frame(**explorer.values))
        assert bundle["text/plain"] == said == explorer.snapshot()[0]
        assert html.unescape(re.search(r'<img [^>]*alt="([^"]*)"', bundle["text/html"])[1]) == said
        assert "application/vnd.jupyter.widget-view+json" in bundle


@each
def test_an_explorer_is_one_widget_that_tells_the_browser_of_its_dials(cls):
    known = ipywidgets.widgets.widget
    instances = known._instances if hasattr(known, "_instances") else known.Widget.widgets  # in version 8, in version 7
    before = set(instances)
    explorer = cls()
    assert {explorer.model_id, explorer.layout.model_id} == set(instances) - before
    assert type(explorer) is cls
    assert [(dial["name"], dial["start"]) for dial in explorer._spec["dials"]] == [(dial.name, dial.start) for dial in cls.dials]
    assert set(explorer.values) <= set(explorer.get_state())
    json.dumps(explorer._spec, allow_nan=False)


# ---- the drawing of a skip


@pytest.mark.parametrize(
    ("lam", "said"), [(0.0, "closed"), (0.35, "x passes, weakened"), (1.0, "x passes as it is"), (1.5, "x passes, amplified")]
)
def test_the_drawing_says_what_the_shortcut_does_to_x(lam, said):
    template = next(mark["text"] for mark in SkipExplorer.scene["panels"][0]["marks"] if "shortcut" in str(mark.get("text")))
    assert fill(template, SkipExplorer(lam=lam).frame(**{**SkipExplorer().values, "lam": lam})) == f"shortcut: {said}"


@pytest.mark.parametrize(("lam", "gamma", "usual"), [(1.0, 1.0, True), (1.0, 0.35, False), (0.95, 1.0, False), (1.0, 0.0, False)])
def test_only_the_plain_sum_is_that_of_the_resnet(lam, gamma, usual):
    assert ("as in ResNet" in SkipExplorer(lam=lam, gamma=gamma).snapshot()[0]) == usual


def test_no_bar_covers_a_name_or_leaves_the_drawing():
    marks, (low, high) = SkipExplorer.scene["panels"][0]["marks"], SkipExplorer.scene["panels"][0]["y"]["range"]
    names = [mark["y"] for mark in marks if mark.get("text") in ("x", "F(x)", "y")]
    foot = next(mark["y"] for mark in marks if mark["kind"] == "bars")
    for x0 in (-1.0, 0.0, 1.0):
        y = SkipExplorer.frame(merge="add", lam=1.5, gamma=1.5, z=0.3, x0=x0)["y"]
        assert low + 0.1 < max(names) < foot + min(y) - 0.2
        assert foot + max(y) < high


def test_in_a_concatenation_x_and_the_branch_keep_their_colours():
    frame = SkipExplorer(merge="concat").frame(**SkipExplorer(merge="concat").values)
    bars = [mark for mark in SkipExplorer.scene["panels"][0]["marks"] if mark["kind"] == "bars" and frame[mark.get("when", "@wide")[1:]]]
    assert [(mark["values"], mark["color"]) for mark in bars] == [("@x", "ink"), ("@f", "muted")] * 2


# ---- the doctor


def test_all_is_well_only_when_every_row_is_answered():
    frame = DoctorExplorer.frame(3) | {"loaded": 0}
    said = [fill(DoctorExplorer.sentence, frame | now) for now in ({}, {"tripped": 1}, {"tripped": 1, "loaded": 1}, {"well": 0})]
    endings = ["Move it: the row of the widgets waits for that.", "The row of the device waits for torch.",
               "All that the course needs is here.", "Something is missing: read the rows with an exclamation mark."]  # fmt: skip
    assert all(text.endswith(ending) for text, ending in zip(said, endings, strict=True))


def test_a_torch_that_does_not_load_is_missing(monkeypatch):
    monkeypatch.setattr(doctor, "_found", {})
    monkeypatch.setattr(device, "describe", lambda place: 1 / 0)
    DoctorExplorer._load_torch(SimpleNamespace(_worker=SimpleNamespace(wake=lambda: None)))
    frame = DoctorExplorer.frame(0)
    assert frame["device_text"] == "torch does not load: division by zero"
    assert (frame["device"], frame["well"]) == (0, 0)


def test_the_stored_picture_is_that_of_no_machine(monkeypatch):
    here, _ = DoctorExplorer()._repr_mimebundle_()
    monkeypatch.setattr(device, "memory", lambda: (2**30, 2**31))
    monkeypatch.setattr(device, "cores", lambda: 99)
    there = DoctorExplorer()
    assert there.settle()._frame["numbers"]["cores_text"] == "99 processor cores"
    assert {name: there._repr_mimebundle_()[0][name] for name in ("text/plain", "image/png")} == {
        name: here[name] for name in ("text/plain", "image/png")
    }


# ---- a push explorer


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
    assert explorer.form == "plain"
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


# ---- threads


@pytest.mark.slow
@over([(cls,) for cls in [*EXPLORERS, Doubler]])
def test_two_threads_moving_all_dials_leave_one_setting_and_no_reader_sees_a_mixture(cls):
    explorer, torn, finished, problems = cls(), [], threading.Event(), []
    moves = 500 if explorer.source != "push" else 40
    plans = [[together(cls, seed, k, moves) for k in range(moves)] for seed in (1, 2)]

    def drive(plan):
        try:
            for values in plan:
                explorer.set(**values)
        except Exception as problem:
            problems.append(problem)

    def watch():
        while not finished.is_set():
            values = explorer.values
            if not in_step(cls, values):
                torn.append(values)

    explorer.set(**plans[0][0])
    drivers = [threading.Thread(target=drive, args=(plan,)) for plan in plans]
    reader = threading.Thread(target=watch)
    pause = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in (reader, *drivers):
            thread.start()
        for thread in drivers:
            thread.join(60)
    finally:
        finished.set()
        reader.join(60)
        sys.setswitchinterval(pause)
    assert not problems
    assert not any(thread.is_alive() for thread in (reader, *drivers))
    assert not torn
    agree(explorer, [plan[-1] for plan in plans])


def together(cls, seed, k, moves):
    """All dials: the sliders with decimals all at one fraction of their way, the others drawn by chance; w1 = -w2 where they are."""
    values = quick(cls, settings(cls, 1, seed=seed * 10_000 + k))[0]
    part = random.Random(seed * 10_000 + k).randint(0, 100) / 100
    for dial in cls.dials:
        if isinstance(dial, Slider) and not dial.whole:
            values[dial.name] = round(dial.least + part * (dial.most - dial.least), 9)
    return {**values, "w2": -values["w1"]} if "w1" in values else values


def in_step(cls, values):
    fractions = [
        (values[dial.name] * (-1 if dial.name == "w2" else 1) - dial.least) / (dial.most - dial.least)
        for dial in cls.dials
        if isinstance(dial, Slider) and not dial.whole
    ]
    return not fractions or max(fractions) - min(fractions) < 1e-6


def agree(explorer, lasts):
    """The explorer stands at one of `lasts`, and everything says so."""
    cls, values = type(explorer), explorer.values
    assert values in lasts
    assert {dial.name: getattr(explorer, dial.name) for dial in cls.dials} == values
    sentence, figure = explorer.snapshot()
    if not hasattr(cls, "poster"):
        frame = cls.frame(**values)
        assert sentence == fill(cls.sentence, frame)
        titles = [fill(panel["title"], frame) for panel in cls.scene["panels"]]
        assert [axes.get_title(loc="left") for axes in figure.axes] == titles
    if explorer.source == "push":
        assert explorer.settle()._frame["values"] == values


# ---- JavaScript


FILES = sorted(path for path in canvas.HOUSE.glob("*/*.js") if path.parent.name in ("scene", "explore"))
FORMULAS = sorted(canvas.HOUSE / f"explorers/{cls.__module__.rpartition('.')[2]}.js" for cls in EXPLORERS if cls.source == "closed")
ESM = canvas.put_together("explore/canvas.js")
DECLARED = re.compile(r"^(?:export )?(?:default )?(const|let|var|function\*?|async function\*?|class) ", re.MULTILINE)


def declared(text):
    """Names declared at the top level of a module, several in one statement too."""
    for found in DECLARED.finditer(text):
        rest = text[found.end() :]
        if found[1] in ("const", "let", "var"):
            for part in statement(rest):
                yield from re.findall(r"[A-Za-z_$][\w$]*", part if part[0] in "[{" else re.match(r"[\w$]+", part)[0])
        else:
            yield re.match(r"[\w$]+", rest)[0]


def statement(text):
    """The left sides of `a = 1, b = f(2, 3);`, split at commas and ended at the semicolon that no bracket or string holds."""
    parts, depth, quote, left = [""], 0, None, True
    for i, c in enumerate(text):
        if quote:
            quote = None if c == quote and text[i - 1] != "\\" else quote
            continue
        if c in "\"'`":
            quote = c
        depth += (c in "([{") - (c in ")]}")
        if depth == 0 and c in ",;":
            left = True
            if c == ";":
                break
            parts.append("")
        elif depth == 0 and c == "=":
            left = False
        elif left:
            parts[-1] += c
    return [part.strip() for part in parts]


def test_declared_names_are_found():
    text = 'const a = 1, b = [2, 3], c = "x, y = 4";\n  const inner = 1;\nexport function f(x) {\n  let y = 1, z;\n}\n'
    text += "let { d, e } = g;\nclass H {}\nexport async function k() {}\nexport const l = (m, n) => m, o = 2;\n"
    assert list(declared(text)) == list("abcfdeHklo")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_is_in_the_module_once(path):
    first = next(line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("import "))
    assert ESM.splitlines().count(first) == 1
    assert first.startswith("// ")
    for name in declared(path.read_text(encoding="utf-8")):
        assert re.search(rf"\b{re.escape(name)}\b", ESM)


def test_the_module_stands_alone():
    assert not re.search(r"^\s*(import|export)\b[^;]*\bfrom\b", ESM, re.MULTILINE)
    assert not re.search(r"^import\b", ESM, re.MULTILINE)
    assert "import(" not in ESM
    assert "http://" not in ESM
    assert "https://" not in ESM
    assert len(re.findall(r"^export default\b", ESM, re.MULTILINE)) == 1
    assert len(re.findall(r"\bexport\b", re.sub(r"//.*", "", ESM))) == 1


def test_no_name_is_declared_twice_at_the_top():
    names = list(declared(ESM))
    assert len(names) > 40
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_what_a_file_needs_comes_before_it():
    order = {path.name: ESM.index(path.read_text(encoding="utf-8").splitlines()[0]) for path in FILES}
    for path in FILES:
        for needed in canvas._IMPORT.findall(path.read_text(encoding="utf-8")):
            assert order[Path(needed).name] < order[path.name]


@pytest.mark.parametrize("path", FORMULAS, ids=lambda path: path.stem)
def test_a_formula_stands_where_it_is_called(path):
    text = canvas.put_together("explore/canvas.js", path)
    names = list(declared(text))
    assert names.count("formula") == 1
    assert "formula = undefined" not in text
    assert sorted({name for name in names if names.count(name) > 1}) == []
    assert len(re.findall(r"\bexport\b", re.sub(r"//.*", "", text))) == 1


def test_a_file_imported_twice_or_in_a_circle_is_put_in_once(tmp_path, monkeypatch):
    monkeypatch.setattr(canvas, "HOUSE", tmp_path)
    (tmp_path / "a.js").write_text('// a\nimport { b } from "./b.js";\nimport { c } from "./c.js";\nexport default { b, c };\n')
    (tmp_path / "b.js").write_text('// b\nimport { c } from "./c.js";\nexport const b = 1;\n')
    (tmp_path / "c.js").write_text('// c\nimport { b } from "./b.js";\nexport function c() { return b; }\n')
    text = canvas.put_together("a.js")
    assert [text.count(f"// {name}\n") for name in "abc"] == [1, 1, 1]
    assert text.count("import") == 0
    assert text.count("export") == 1
    assert text.index("// a") > max(text.index("// b"), text.index("// c"))


def test_while_developing_an_edit_reaches_the_explorers_that_are_there(tmp_path, monkeypatch):
    for room in ("explore", "scene", "explorers"):
        shutil.copytree(canvas.HOUSE / room, tmp_path / room, ignore=shutil.ignore_patterns("*.py*"))
    monkeypatch.setattr(canvas, "HOUSE", tmp_path)
    monkeypatch.setenv("ANYWIDGET_HMR", "1")
    canvas.put_together.cache_clear()
    explorer, other = Doubler(), SkipExplorer()
    try:
        for file in ("explore/tools.js", "explore/canvas.css"):
            (tmp_path / file).write_text((tmp_path / file).read_text() + "/* edited */\n")
        wait = threading.Event()
        for _ in range(500):
            if all("edited" in text for each in (explorer, other) for text in (each._code, each._css)):
                break
            wait.wait(0.02)
        assert all("edited" in text for each in (explorer, other) for text in (each._code, each._css))
    finally:
        explorer.close()
        other.close()
        canvas.put_together.cache_clear()
        canvas.style.cache_clear()
