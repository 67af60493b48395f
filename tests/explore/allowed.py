"""What every explorer's dials allow, and what they do not: seeded settings, and values that are refused."""

import random

import skiplab
from skiplab.explore.dials import Choice, Ladder, Pairs, Slider

EXPLORERS = [getattr(skiplab, name) for name in skiplab.__all__ if name.endswith("Explorer")]
DIALS = [(cls, dial) for cls in EXPLORERS for dial in cls.dials]
NAN, INF = float("nan"), float("inf")


def ends(dial):
    """The outermost values of a dial, or all that it may be."""
    if isinstance(dial, Slider):
        return [dial.least, dial.most]
    if isinstance(dial, Pairs):
        return [(), dial.pairs]
    return [dial.rungs[0], dial.rungs[-1]] if isinstance(dial, Ladder) else list(dial.options)


def some(dial, rng):
    """A value that the dial may have."""
    if isinstance(dial, Pairs):
        return tuple(pair for pair in dial.pairs if rng.random() < 0.5)
    if not isinstance(dial, Slider):
        return rng.choice(list(dial.options))
    steps = rng.randint(0, round((dial.most - dial.least) / dial.step))
    return dial.least + steps * dial.step if dial.whole else round(dial.least + steps * dial.step, 9)


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
    if isinstance(dial, Pairs):
        yield from [("1", TypeError), (NAN, TypeError), ([(1, 0)], ValueError), ([(0, dial.nodes)], ValueError), ([(0, 1, 2)], ValueError)]
        return
    if isinstance(dial, Choice):
        yield from [("no such option", ValueError), ("", ValueError), (3, TypeError), (NAN, TypeError)]
        return
    yield "1", TypeError
    whole = isinstance(dial, Slider) and dial.whole
    yield from ((value, TypeError if whole else ValueError) for value in (NAN, INF, -INF))
    if whole:
        yield dial.start + 0.5, TypeError
    yield from ((end + side, ValueError) for end, side in zip((min(ends(dial)), max(ends(dial))), (-1, 1), strict=True))
