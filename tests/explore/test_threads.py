"""Two threads that move all dials of an explorer at once leave one setting, and nobody reads a mixture."""

import random
import sys
import threading

import pytest
from allowed import EXPLORERS, quick, settings
from test_push import Doubler

from skiplab.explore.dials import Slider
from skiplab.scene.template import fill

pytestmark = pytest.mark.usefixtures("no_tables_sent")


def contest(cls):
    """Two threads drive all dials at once while a third reads them."""
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


@pytest.mark.slow
def test_two_threads_moving_all_dials_leave_one_setting_and_no_reader_sees_a_mixture(subtests):
    for cls in [*EXPLORERS, Doubler]:
        with subtests.test(cls.__name__):
            contest(cls)


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
