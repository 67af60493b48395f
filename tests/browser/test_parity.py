"""What Python computes and says, JavaScript computes and says: the two closed explorers, the words, and the setting line."""

import json
import math
import random

import numpy as np
import pytest

import skiplab
from skiplab import DoctorExplorer, SaddleExplorer, SkipExplorer
from skiplab.base.merges import MERGES
from skiplab.explore.canvas import put_together
from skiplab.explore.dials import Pairs, Slider, describe, setting
from skiplab.explore.explorer import Explorer
from skiplab.explore.packed import pack
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.template import fill
from skiplab.theory import saddle

LOAD = """async (files) => {
  for (const [name, text] of Object.entries(files))
    window[name] = await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
}"""
FRAMES = """([module, constants, settings]) => settings.map((values) => JSON.stringify(window[module].formula(values, constants, {}),
  (key, v) => ArrayBuffer.isView(v) ? Array.from(v) : typeof v === "number" && !Number.isFinite(v) ? String(v) : v))"""
ERROR = "([v, constants]) => { try { saddle.formula(v, constants, {}); } catch (problem) { return problem.message; } }"
# The block comes at an odd place in its buffer, as it does from the kernel.
UNPACK = """(sent) => {
  const block = new DataView(Uint8Array.from([0, ...sent.block]).buffer, 1), frame = packed.unpack({ ...sent, block });
  const told = (v) => (ArrayBuffer.isView(v) ? Array.from(v, String) : v.map ? v : String(v));
  return Object.fromEntries(Object.entries(frame).map(([name, v]) => [name, told(v)]));
}"""
FILES = {"saddle": "explorers/saddle.js", "skip": "explorers/skip.js", "words": "scene/template.js", "dials": "explore/dials.js",
         "packed": "explore/packed.js"}  # fmt: skip
SETTINGS = """([spec, all]) => all.map((values) => {
  const those = spec.dials.map((spec) => ({ spec }));
  dials.grey(those, values);
  return dials.setting(those, values);
})"""
START = {dial.name: dial.start for dial in SaddleExplorer.dials}
FAR = {"w1": 0.6, "w2": 0.4}
FORMS = ("block", "pair", "weight")
SADDLES = [
    *[{"form": form, "lam": 1.0, "optimizer": optimizer} for form in FORMS for optimizer in saddle.OPTIMIZERS],
    {"form": "pair", "length": 8, "lam": 0.05, "alpha": 0.0},  # stands in a minimum that is hardly curved
    *[{"form": form, "lam": 1.0, "length": length, "lr": 0.01, **FAR} for form in ("block", "weight") for length in (3, 4, 5, 8)],
    *[{"form": "pair", "lam": 1.0, "length": length, "lr": 0.01, "alpha": alpha} for length in (4, 6, 8) for alpha in (0.5, 1.0, 2.0)],
    *[{"form": form, "lam": 1.0, "alpha": alpha} for form in FORMS for alpha in (1.0, -1.0, 0.0)],
    *[{"form": form, "alpha": 0.7, "lam": 0.7, **FAR} for form in FORMS],
    *[{"form": form, "length": 4, **FAR} for form in FORMS],
    {"w1": 0.0, "w2": 0.0}, {"w1": 0.3, "w2": -0.3}, {"w1": -0.5, "w2": -0.02}, {"w1": 2.5, "w2": 0.1, "alpha": 1.0}, {"alpha": 0.0},
    {"form": "weight", "lam": 1.0, "alpha": -1.0, "w1": -1.02, "w2": -0.97},
    {"form": "weight", "lam": 1.0, "length": 3, "w1": -0.9, "w2": -1.2, "lr": 0.01},
    {"form": "weight", "length": 8, "lam": 1.5, "lr": 0.001, **FAR},
    {"lr": 1.0, "w1": 2.5, "w2": 2.5}, {"lr": 0.001, "shown": 0}, {"shown": 17}, {"alpha": 3, "lr": 0.05}, {"alpha": -2, "lr": 0.03},
    {"optimizer": "noisy", "lr": 0.005, "length": 4},
    {"optimizer": "momentum", "lr": 0.001, **FAR}, {"optimizer": "adam", "lr": 0.1, **FAR},
    {"alpha": 0.05, "length": 8, "w1": 0.01, "w2": 0.0, "lr": 0.001},
]  # fmt: skip
SADDLES = [START | moved for moved in SADDLES]
SKIPS = [
    {"merge": merge, "lam": lam, "gamma": gamma, "z": z, "x0": x0, "way": way}
    for merge in MERGES
    for lam in (0.0, 0.35, 1.0, 1.5)
    for gamma in (0.0, 1.0, 1.05)
    for z, x0, way in ((0.3, 0.8, 1.0), (0.0, -1.0, 0.35), (1.0, 0.0, 0.5), (0.55, 0.15, 0.95))
]
CHOSEN = {SaddleExplorer: SADDLES, SkipExplorer: SKIPS}


def drawn(cls, count=60):
    """Seeded settings of an explorer for which none were chosen."""
    rng = random.Random(0)
    return [{dial.name: rng.choice(places(dial)) for dial in cls.dials} for _ in range(count)]


def places(dial):
    """Every value that the dial can be moved to in the browser."""
    if isinstance(dial, Pairs):
        return [((0, 3),), ((0, 3), (2, 5))]
    if not isinstance(dial, Slider):
        return list(dial.options)
    return [dial.check(dial.least + i * dial.step) for i in range(round((dial.most - dial.least) / dial.step) + 1)]


ALL = [getattr(skiplab, name) for name in skiplab.__all__ if name.endswith("Explorer")]
EXPLORERS = {cls.__module__.rpartition(".")[2]: (cls, CHOSEN.get(cls) or drawn(cls)) for cls in ALL if cls.source == "closed"}
FILES = {"words": "scene/template.js", "dials": "explore/dials.js", "packed": "explore/packed.js",
         **{name: f"explorers/{name}.js" for name in EXPLORERS}}  # fmt: skip


@pytest.fixture(scope="module")
def page(browser):
    """A plain page with our modules in it, each under its name."""
    page = browser.new_page()
    page.evaluate(LOAD, {name: put_together(path) for name, path in FILES.items()})
    return page


@pytest.fixture(scope="module")
def frames(page):
    """For each explorer its settings, each with the frame of Python and the frame of JavaScript."""

    def both(module):
        cls, settings = EXPLORERS[module]
        found = page.evaluate(FRAMES, [module, cls.constants, settings])
        return [(v, cls.frame(**v), back(json.loads(text))) for v, text in zip(settings, found, strict=True)]

    return {module: both(module) for module in EXPLORERS}


def back(value):
    """Numbers that JSON cannot hold, made numbers again."""
    if isinstance(value, dict):
        return {name: back(v) for name, v in value.items()}
    if isinstance(value, list):
        return [back(v) for v in value]
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else value


def differences(ours, theirs):
    """Which names of two frames do not hold the same."""
    return [name for name in ours.keys() & theirs.keys() if not same(ours[name], theirs[name])]


def same(one, other):
    """Equal within 1e-6, relative or absolute; NaN equals NaN."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-6, atol=1e-6, equal_nan=True)


@pytest.mark.parametrize("module", EXPLORERS)
def test_both_languages_draw_the_same_numbers(frames, module):
    for values, python, javascript in frames[module]:
        assert python.keys() == javascript.keys()
        assert not differences(python, javascript), values


@pytest.mark.parametrize("module", EXPLORERS)
def test_both_languages_say_the_same(page, frames, module):
    template = EXPLORERS[module][0].sentence
    for values, python, javascript in frames[module]:
        said = page.evaluate("([template, frame]) => words.fill(template, frame)", [template, scalars(javascript)])
        assert said == fill(template, python), values


def scalars(frame):
    """The frame without its arrays, which no sentence names."""
    return {name: v for name, v in frame.items() if not isinstance(v, list)}


def test_the_settings_reach_every_outcome_every_kind_and_every_headline(frames):
    seen = [python for _, python, _ in frames["saddle"]]
    for arm in ("plain", "skip"):
        assert {frame[f"{arm}_outcome"] for frame in seen} == {0, 1, 2, 3}
        assert {frame[f"{arm}_kind"] for frame in seen} == {"plain": {2, 3, 4}, "skip": {1, 2, 3, 4}}[arm]
        assert {frame[f"{arm}_guessed"] for frame in seen} == {0, 1}
    assert {frame["verdict"] for frame in seen} == {*range(7)}


@pytest.mark.parametrize("length", [3, 5, 7])
def test_an_odd_number_of_weights_in_pairs_is_refused_in_the_same_words(page, length):
    values = START | {"form": "pair", "length": length}
    with pytest.raises(ValueError, match="even number") as problem:
        SaddleExplorer.frame(**values)
    assert page.evaluate(ERROR, [values, SaddleExplorer.constants]) == str(problem.value)


def numbers():
    """Seeded numbers of all sizes, of the sizes that sentences say, and ties."""
    draw = random.Random(0)
    wide = [draw.choice((-1, 1)) * 10 ** draw.uniform(-14, 14) for _ in range(250)]
    near = [round(draw.uniform(-12, 12), draw.choice((0, 1, 2, 3, 4, 12))) for _ in range(150)]
    parts = (0.125, 0.25, 0.375, 0.5, 0.0625, 0.005)
    ties = [sign * (whole + part) for sign in (-1, 1) for whole in (0, 1, 2, 9, 99, 12345) for part in parts]
    ties += [tie * (1 + ulps * 2**-52) for tie in ties for ulps in (-3, 3)]
    odd = [0.0, -0.0, 1e-320, -1e-9, 999999.5, 0.00009995, 9.5, 99.95, 1e20, 1e25, -1e300, math.inf, -math.inf, math.nan]
    return wide + near + ties + odd


@pytest.mark.parametrize("style", [".0f", ".1f", ".2f", ".3f", ".1g", ".2g", ".3g", "d", ".1t", ".2t"])
def test_both_languages_write_a_number_alike(page, style):
    values = numbers()
    written = page.evaluate("([values, style]) => values.map((v) => words.number(v, style))", [values, style])
    filled = page.evaluate("([values, style]) => values.map((v) => words.fill(`a {v:${style}} b`, { v }))", [values, style])
    assert len(values) > 450
    for value, one, other in zip(values, written, filled, strict=True):
        assert other == f"a {one} b" == fill(f"a {{v:{style}}} b", {"v": value}), value


@pytest.mark.parametrize("template", ["{k:a|b|}", "{t} {k:d}", [["{k:d}"], "x"], {"by": "k", "of": ["no", ["yes ", "{k:d}"]]}])
def test_both_languages_fill_a_template_alike(page, template):
    frame = {"k": 1, "t": "text"}
    assert page.evaluate("([template, frame]) => words.fill(template, frame)", [template, frame]) == fill(template, frame)


class Linked(Explorer):
    """A toy with a set of pairs, about a subject."""

    dials, scene, sentence, takes = (Pairs("links", "Links", 6),), {}, "", "a Net"

    @classmethod
    def frame(cls, net, links):
        return {"many": len(links)}


def test_both_languages_write_the_line_of_code_and_the_words_of_every_place_of_every_dial(page, monkeypatch):
    monkeypatch.setattr(TableExplorer, "_ship", lambda self, wanted: setattr(self, "_sent", wanted))
    monkeypatch.setattr(DoctorExplorer, "_load_torch", lambda self: None)
    made = [getattr(skiplab, name)() for name in skiplab.__all__ if name.endswith("Explorer")]
    differ = []
    for explorer in [*made, Linked("net")]:
        start = explorer.values
        moved = [start | {dial.name: value} for dial in explorer.dials for value in places(dial)]
        moved += [values for cls, some in EXPLORERS.values() if cls is type(explorer) for values in some]
        written = page.evaluate("([spec, all]) => all.map((v) => dials.code(spec, v))", [explorer._spec, moved])
        said = page.evaluate(SETTINGS, [explorer._spec, moved])
        differ += [(line, setting(explorer.dials, v)) for v, line in zip(moved, said, strict=True) if line != setting(explorer.dials, v)]
        for values, line in zip(moved, written, strict=True):
            explorer.set_state(values)  # which may be what does not go together
            again = eval(line, {type(explorer).__name__: type(explorer), "net": "net"}) if goes(explorer, values) else explorer
            if not line == explorer.code == again.code:
                differ.append((line, explorer.code, again.code))
        explorer.set_state(start)
        explorer.settle()
    assert not differ


def goes(explorer, values):
    """Whether the values go together."""
    try:
        explorer.check(**values)
    except ValueError:
        return False
    return True


NEAREST = "([spec, all]) => all.map((v) => dials.nearest(spec, v))"


def test_both_languages_go_to_the_same_nearest_value(page):
    draw, differ = random.Random(0), []
    for name in skiplab.__all__:
        for dial in getattr(getattr(skiplab, name), "dials", ()):
            low, high = (-10, 200) if not hasattr(dial, "least") else (dial.least - 1, dial.most + 1)
            sent = [draw.uniform(low, high) for _ in range(50)] + [low, high, low + 0.5, high - 0.5, None, "x", True, [], *places(dial)]
            taken = page.evaluate(NEAREST, [describe(dial), sent])
            taken = [tuple(map(tuple, one)) for one in taken] if isinstance(dial, Pairs) else taken
            differ += [(name, dial.name, v, one, dial.nearest(v)) for v, one in zip(sent, taken, strict=True) if one != dial.nearest(v)]
    pairs = Pairs("links", "Links", 6, ((0, 1),))
    sent = [[[2, 5], [0, 3], [2, 5]], [[3, 1], [1, 9], [0, 2]], [], None, 3]
    taken = page.evaluate(NEAREST, [describe(pairs), sent])
    assert [tuple(map(tuple, one)) for one in taken] == [pairs.nearest(v) for v in sent]
    assert not differ


def test_packed_numbers_are_unpacked_as_they_were(page):
    frame = {"one": 3, "nan": math.nan, "row": np.array([1.5, math.nan, -math.inf]), "none": [], "word": "12", "words": ["1"]}
    sent = pack(frame) | {"block": list(pack(frame)["block"])}
    found = page.evaluate(UNPACK, sent)
    assert found == {"one": "3", "nan": "NaN", "row": ["1.5", "NaN", "-Infinity"], "none": [], "word": "12", "words": ["1"]}
