"""A training is looked at while it goes on, stops when asked with nothing lost, and what was never trained is NaN."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from alone import digits, linear
from torch import nn

from skiplab.train import fit, last, loop
from skiplab.train import interrupt as room
from skiplab.train.task import Task


@pytest.fixture
def every_step(monkeypatch):
    """Whoever watches is asked at every step."""
    monkeypatch.setattr(loop, "TICK", 0)


def test_a_watch_sees_the_losses_and_errors_so_far(every_step):
    seen = []
    how = {"seeds": 2, "steps": 5, "loss": "cross_entropy", "every": 2, "test": digits(9, 1)}
    run = fit(linear, *digits(), watch=seen.append, **how)
    assert [(now.step, now.steps) for now in seen] == [(step, 5) for step in range(6)]
    for now, looks in zip(seen, (1, 1, 2, 2, 3, 4), strict=True):
        assert np.array_equal(now.losses, run.losses[:, : now.step + 1])
        assert now.steps_at.tolist() == [0, 2, 4, 5][:looks]
        assert np.array_equal(now.train_error, run.train_error[:, :looks])
        assert np.array_equal(now.test_error, run.test_error[:, :looks])


def test_a_watch_is_not_asked_all_the_time(monkeypatch):
    monkeypatch.setattr(loop, "TICK", 1000)
    seen = []
    fit(linear, *digits(), seeds=2, steps=50, loss="cross_entropy", watch=lambda now: seen.append(now.step))
    assert seen == [0, 50]


def test_a_watch_counts_the_steps_of_all_stacks(every_step):
    seen, settings = [], {"a": {"scale": 1.0}, "b": {"scale": 2.0}, "wide": {}}

    def make(scale=None):
        return linear(scale) if scale else nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 3))

    watch = lambda now: seen.append((now.step, now.steps, len(now.losses)))  # noqa: E731
    fit(make, *digits(), seeds=2, steps=3, loss="cross_entropy", settings=settings, watch=watch)
    assert seen == [*((step, 6, 4) for step in range(4)), *((step, 6, 2) for step in range(3, 7))]


def test_a_cancelled_training_can_be_used_and_the_rest_is_nan(every_step, capsys):
    x, y = digits()
    how = {"seeds": 2, "lr": 0.1, "loss": "cross_entropy", "batch": 5, "every": 3, "test": digits(9, 1)}
    run = fit(linear, x, y, steps=40, watch=lambda now: now.step >= 13, **how)
    assert (run.stopped, run.steps_made, run.losses.shape) == ("cancelled", 13, (2, 41))
    assert capsys.readouterr().out == "cancelled after 13 of 40 steps: what was trained so far is in the run.\n"
    whole = fit(linear, x, y, steps=40, **how)
    assert run.steps_at.tolist() == whole.steps_at.tolist() == [*range(0, 40, 3), 40]
    for name, known in (("losses", 14), ("train_error", 5), ("test_error", 5)):
        found, wanted = getattr(run, name), getattr(whole, name)
        assert np.array_equal(found[:, :known], wanted[:, :known])
        assert found.shape == wanted.shape
        assert np.isnan(found[:, known:]).all()
    assert run.diverged.tolist() == [-1, -1]
    assert torch.equal(run.outputs(x), fit(linear, x, y, steps=13, **how).outputs(x))


def test_what_is_cancelled_at_its_end_is_whole(every_step, capsys):
    run = fit(linear, *digits(), seeds=2, steps=4, loss="cross_entropy", watch=lambda now: now.step == now.steps)
    assert (run.stopped, run.losses.shape, capsys.readouterr().out) == ("", (2, 5), "")


WIDTHS = {"first": {"width": 5}, "second": {"width": 6}, "third": {"width": 7}}


def of_widths(at, act=lambda: True, settings=WIDTHS, **how):
    """Three stacks, and something that is done at a step of them all."""
    return fit(
        lambda width: nn.Sequential(nn.Linear(4, width), nn.Linear(width, 3)), *digits(), seeds=2, steps=9, loss="cross_entropy",
        settings=settings, watch=lambda now: act() if now.step == at else None, **how,
    )  # fmt: skip


def untrained(runs):
    """Whether settings that never began show nothing but what was there before."""
    return [np.isnan(run.losses[:, 1:]).all() and np.isnan(run.train_error[:, -1]).all() for run in runs.values()]


def test_later_stacks_of_a_cancelled_training_do_not_look_trained(every_step, capsys):
    runs = of_widths(11)
    assert [(run.stopped, run.steps_made) for run in runs.values()] == [("", 9), ("cancelled", 2), ("cancelled", 0)]
    assert untrained(runs) == [False, False, True]
    assert {run.losses.shape for run in runs.values()} == {(2, 10)}
    assert runs["third"].outputs(digits()[0]).isfinite().all()
    assert capsys.readouterr().out == (
        "cancelled after 2 of 9 steps of 'second'; before the first step of 'third': what was trained so far is in the runs.\n"
    )


def test_one_sentence_is_enough_for_many_settings(every_step, capsys):
    of_widths(0, settings={name: {"width": 3 + i} for i, name in enumerate("abcdefgh")})
    said = capsys.readouterr().out
    assert said.startswith("cancelled before the first step of 'a'; before the first step of 'b'; ")
    assert "of 'f'; and 2 more: what was trained so far" in said


def test_a_watch_that_fails_is_heard(every_step):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError):
        fit(linear, *digits(), seeds=2, steps=4, loss="cross_entropy", watch=lambda now: 1 / 0)
    assert signal.getsignal(signal.SIGINT) is before


def interrupt():
    signal.raise_signal(signal.SIGINT)  # in this thread, so that two of them do not become one


def interrupts(times):
    """A watch that interrupts this process so many times at step 3."""
    return lambda now: [interrupt() for _ in range(times if now.step == 3 else 0)] and None


def test_an_interrupt_stops_the_cell_and_loses_nothing(every_step, capsys):
    before, how = signal.getsignal(signal.SIGINT), {"seeds": 2, "loss": "cross_entropy"}
    words = r"^interrupted after 3 of 40 steps: what was trained so far is in skiplab.train.last\(\)\.$"
    with pytest.raises(KeyboardInterrupt, match=words):
        fit(linear, *digits(), steps=40, watch=interrupts(1), **how)
    run = last()
    assert (run.stopped, run.steps_made, run.losses.shape) == ("interrupted", 3, (2, 41))
    assert np.array_equal(run.losses[:, :4], fit(linear, *digits(), steps=3, **how).losses)
    assert np.isnan(run.losses[:, 4:]).all()
    assert signal.getsignal(signal.SIGINT) is before
    assert capsys.readouterr().out == ""


def test_an_interrupt_ends_all_settings(every_step):
    with pytest.raises(KeyboardInterrupt, match=r"^interrupted after 2 of 9 steps of 'second'; before the first step of 'third': what"):
        of_widths(11, act=interrupt)
    assert list(last()) == list(WIDTHS)
    assert [(run.stopped, run.steps_made) for run in last().values()] == [("", 9), ("interrupted", 2), ("interrupted", 0)]
    assert untrained(last()) == [False, False, True]


def test_an_interrupt_in_the_last_step_stops_the_cell_as_well(every_step):
    with pytest.raises(KeyboardInterrupt, match=r"^interrupted after the last step: what was trained so far is in"):
        of_widths(27, act=interrupt)
    assert {run.stopped for run in last().values()} == {""}


def test_after_an_interrupt_a_checkpoint_goes_on(every_step, tmp_path):
    whole = of_widths(None)
    for at in (11, 12, 20):
        with pytest.raises(KeyboardInterrupt, match=r"skiplab\.train\.last"):
            of_widths(at, act=interrupt, checkpoint=tmp_path / "run")
    runs = of_widths(None, checkpoint=tmp_path / "run")
    assert all(np.array_equal(runs[name].losses, whole[name].losses) for name in WIDTHS)


def test_without_an_interrupt_there_is_nothing_to_have(monkeypatch):
    monkeypatch.setattr(room, "_LAST", [])
    with pytest.raises(LookupError, match="last: no training was interrupted in its steps, or another one has begun since"):
        last()


def builds(at=None, act=interrupt):
    """A function that makes networks, and does something while it makes one of them."""
    made = []

    def make():
        made.append(1)
        if len(made) == at:
            act()
        return linear()

    return make


def broken():
    """A training that was interrupted after three steps, and is what `last` has."""
    with pytest.raises(KeyboardInterrupt):
        fit(linear, *digits(), seeds=2, steps=40, loss="cross_entropy", watch=interrupts(1))
    return last()


def timing(monkeypatch):
    monkeypatch.setattr(Task, "seconds_a_step", lambda self, ensemble, enough: interrupt())


BEGINNINGS = {  # where the next training is interrupted: (how it is made, what is done before)
    "the first network": ({"make": builds(1)}, None),
    "a later network": ({"make": builds(3)}, None),
    "the dry run": ({"loss": lambda out, y: interrupt() or out.square().mean()}, None),
    "the time of a step": ({}, timing),
    "a second interrupt in its steps": ({"watch": interrupts(2)}, None),
}


@pytest.mark.parametrize("where", BEGINNINGS)
def test_what_is_left_is_never_that_of_an_earlier_training(where, every_step, monkeypatch, tmp_path):
    how, prepare = BEGINNINGS[where]
    broken()
    if prepare:
        prepare(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        fit(**({"make": linear, "x": digits()[0], "y": digits()[1], "seeds": 4, "steps": 40, "loss": "cross_entropy"} | how))
    with pytest.raises(LookupError):
        last()


def test_a_training_that_runs_to_its_end_leaves_nothing_of_an_earlier_one(every_step):
    broken()
    fit(linear, *digits(), seeds=2, steps=3, loss="cross_entropy")
    with pytest.raises(LookupError):
        last()


def test_a_refused_training_and_one_of_another_thread_leave_what_is_there(every_step):
    run = broken()
    for wrong in ({"lr": -1}, {"seeds": 0}, {"make": lambda: nn.Linear(3, 3)}, {"minutes": 1e-12, "steps": 40}):
        with pytest.raises((ValueError, RuntimeError)):
            fit(**({"make": linear, "x": digits()[0], "y": digits()[1], "loss": "cross_entropy"} | wrong))
    other = threading.Thread(target=lambda: fit(linear, *digits(), seeds=2, steps=3, loss="cross_entropy"))
    other.start()
    other.join(60)
    assert last() is run


def test_a_second_interrupt_breaks_off(every_step):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt) as broken:
        fit(linear, *digits(), seeds=2, steps=40, loss="cross_entropy", watch=interrupts(2))
    assert str(broken.value) == ""
    assert signal.getsignal(signal.SIGINT) is before


FOREVER = """
import signal, torch
from torch import nn
from skiplab.train import fit, last
x = torch.randn(8, 4)
said = []
def tell(now):
    if now.step > 10 and not said:
        said.append(print("at work", flush=True))
try:
    fit(lambda: nn.Linear(4, 4), x, x, seeds=2, steps=1_000_000, minutes=1e6, watch=tell)
finally:
    run = last()
    print(run.stopped, run.steps_made > 1, bool(run.outputs(x).isfinite().all()))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="an interrupt from outside is sent in another way there")
def test_a_real_interrupt_from_outside():
    process = subprocess.Popen([sys.executable, "-c", FOREVER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "at work\n"
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert out.splitlines()[-1] == "interrupted True True"
    assert errors.splitlines()[-1].startswith("KeyboardInterrupt: interrupted after ")
    assert process.returncode == -signal.SIGINT


def test_a_worker_thread_trains_the_same_and_leaves_signals_alone():
    before, runs = signal.getsignal(signal.SIGINT), []
    threads = [
        threading.Thread(target=lambda: runs.append(fit(linear, *digits(), seeds=2, steps=9, loss="cross_entropy"))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    here = fit(linear, *digits(), seeds=2, steps=9, loss="cross_entropy")
    assert [np.array_equal(run.losses, here.losses) for run in runs] == [True, True]
    assert signal.getsignal(signal.SIGINT) is before
