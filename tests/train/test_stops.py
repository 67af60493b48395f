"""A training is looked at while it goes on, and stops when asked with nothing lost."""

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

from skiplab.train import fit, loop


@pytest.fixture
def every_step(monkeypatch):
    """Whoever watches is asked at every step."""
    monkeypatch.setattr(loop, "TICK", 0)


def test_a_watch_sees_the_losses_so_far(every_step):
    seen = []
    run = fit(
        linear, *digits(), seeds=2, steps=5, loss="cross_entropy", watch=lambda step, steps, losses: seen.append((step, steps, losses))
    )
    assert [(step, steps) for step, steps, _ in seen] == [(step, 5) for step in range(6)]
    for step, _, losses in seen:
        assert np.array_equal(losses, run.losses[:, : step + 1])


def test_a_watch_is_not_asked_all_the_time(monkeypatch):
    monkeypatch.setattr(loop, "TICK", 1000)
    seen = []
    fit(linear, *digits(), seeds=2, steps=50, loss="cross_entropy", watch=lambda *told: seen.append(told[0]))
    assert seen == [0, 50]


def test_a_watch_counts_the_steps_of_all_stacks(every_step):
    seen, settings = [], {"a": {"scale": 1.0}, "b": {"scale": 2.0}, "wide": {}}

    def make(scale=None):
        return linear(scale) if scale else nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 3))

    fit(
        make,
        *digits(),
        seeds=2,
        steps=3,
        loss="cross_entropy",
        settings=settings,
        watch=lambda *told: seen.append((*told[:2], len(told[2]))),
    )
    assert seen == [*((step, 6, 4) for step in range(4)), *((step, 6, 2) for step in range(3, 7))]


def test_a_cancelled_training_can_be_used(every_step, capsys):
    x, y = digits()
    how = {"seeds": 2, "lr": 0.1, "loss": "cross_entropy", "batch": 5, "every": 3}
    run = fit(linear, x, y, steps=40, watch=lambda step, *told: step >= 13, **how)
    assert (run.stopped, run.losses.shape) == ("cancelled", (2, 14))
    assert capsys.readouterr().out == "cancelled after 13 of 40 steps: what was trained so far is in the run.\n"
    whole = fit(linear, x, y, steps=13, **how)
    assert np.array_equal(run.losses, whole.losses)
    assert np.array_equal(run.train_error, whole.train_error)
    assert run.steps_at.tolist() == [0, 3, 6, 9, 12, 13]
    assert torch.equal(run.outputs(x), whole.outputs(x))


def test_what_is_cancelled_at_its_end_is_whole(every_step, capsys):
    run = fit(linear, *digits(), seeds=2, steps=4, loss="cross_entropy", watch=lambda step, steps, losses: step == steps)
    assert (run.stopped, run.losses.shape, capsys.readouterr().out) == ("", (2, 5), "")


def test_later_stacks_of_a_cancelled_training_are_as_they_began(every_step):
    settings = {"first": {"width": 5}, "second": {"width": 6}}
    runs = fit(
        lambda width: nn.Sequential(nn.Linear(4, width), nn.Linear(width, 3)), *digits(), seeds=2, steps=9, loss="cross_entropy",
        settings=settings, watch=lambda step, *told: step >= 2,
    )  # fmt: skip
    assert [run.losses.shape for run in runs.values()] == [(2, 3), (2, 1)]
    assert {run.stopped for run in runs.values()} == {"cancelled"}
    assert runs["second"].outputs(digits()[0]).isfinite().all()


def test_a_watch_that_fails_is_heard(every_step):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError):
        fit(linear, *digits(), seeds=2, steps=4, loss="cross_entropy", watch=lambda *told: 1 / 0)
    assert signal.getsignal(signal.SIGINT) is before


def interrupts(times):
    """A watch that interrupts this process so many times at step 3."""
    return lambda step, *told: [os.kill(os.getpid(), signal.SIGINT) for _ in range(times if step == 3 else 0)] and None


def test_an_interrupt_stops_and_loses_nothing(every_step, capsys):
    before = signal.getsignal(signal.SIGINT)
    run = fit(linear, *digits(), seeds=2, steps=40, loss="cross_entropy", watch=interrupts(1))
    assert run.stopped == "interrupted"
    assert run.losses.shape == (2, 4)
    assert signal.getsignal(signal.SIGINT) is before
    assert "interrupted after 3 of 40 steps" in capsys.readouterr().out


def test_a_second_interrupt_breaks_off(every_step):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fit(linear, *digits(), seeds=2, steps=40, loss="cross_entropy", watch=interrupts(2))
    assert signal.getsignal(signal.SIGINT) is before


FOREVER = """
import signal, torch
from torch import nn
from skiplab.train import fit
x = torch.randn(8, 4)
said = []
def tell(step, *told):
    if step > 10 and not said:
        said.append(print("at work", flush=True))
run = fit(lambda: nn.Linear(4, 4), x, x, seeds=2, steps=1_000_000, minutes=1e6, watch=tell)
print(run.stopped, run.losses.shape[1] > 1, bool(run.outputs(x).isfinite().all()))
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
"""


@pytest.mark.skipif(os.name != "posix", reason="an interrupt from outside is sent in another way there")
def test_a_real_interrupt_from_outside():
    process = subprocess.Popen([sys.executable, "-c", FOREVER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "at work\n"
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert out.splitlines()[-1] == "interrupted True True"
    assert (errors, process.returncode) == ("", 0)


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
