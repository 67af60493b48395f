"""The steps of a training: look, take the gradient, move; and stop at once when asked, with nothing lost."""

import bisect
import contextlib
import functools
import signal
import threading
import time

import numpy as np
import torch

from skiplab.train import progress
from skiplab.train.arguments import need_function
from skiplab.train.progress import Progress
from skiplab.train.runs import Run, error_rate

TICK, SAVE = 0.12, 20.0  # s between looks at a training from outside, and between checkpoints


class Watch:
    """Tells whoever watches how far the training is, and whether it should stop."""

    def __init__(self, watch, steps, parts=1):
        if watch is not None:
            need_function("watch", watch, "progress")
        self.panel = progress.default(parts) if watch is None else None
        self.watch, self.steps, self.reason, self._next = watch or self.panel, steps, "", 0.0

    @contextlib.contextmanager
    def listening(self):
        """While inside, an interrupt waits for the end of the present step; a second one breaks off, and loses what was trained."""
        with contextlib.ExitStack() as after:
            if self.panel:
                after.callback(lambda: self.panel.end(self.reason))
            if threading.current_thread() is threading.main_thread():
                before = signal.signal(signal.SIGINT, lambda number, frame: self._hear(before))
                after.callback(signal.signal, signal.SIGINT, before)
            yield

    def _hear(self, before):
        signal.signal(signal.SIGINT, before)
        self.reason = "interrupted"

    def stops(self, training, before):
        """Why to stop now, or ""; `before` steps of other stacks came first."""
        if self.reason == "interrupted" and self.panel:
            self.panel(training.progress(before, self.steps))
        if not self.reason and (training.done or time.monotonic() >= self._next):
            self._next = time.monotonic() + TICK
            now = training.progress(before, self.steps)
            if self.watch and self.watch(now):
                self.reason = "cancelled"
            elif np.isnan(now.losses[:, -1]).all():
                return "diverged"  # infinite losses may come back, NaN never does
        return self.reason


class Training:
    """One stack on its way: `go` takes it to the end, or as far as it may. What is not yet measured is NaN."""

    def __init__(self, task, ensemble, checkpoint=None, part=""):
        self.task, self.ensemble, self.checkpoint, self.part = task, ensemble, checkpoint, part
        self.optimizer, self.step, self.looks = task.make_optimizer(ensemble), 0, task.looks()
        exact = next(iter(ensemble.params.values())).dtype == torch.float64
        unknown = functools.partial(torch.full, fill_value=torch.nan, device=task.device)
        self.losses = unknown((len(ensemble), task.steps + 1), dtype=torch.float64 if exact else torch.float32)
        self.train_error = unknown((len(ensemble), len(self.looks)), dtype=torch.float32)
        self.test_error = unknown((len(ensemble), len(self.looks) if task.test else 0), dtype=torch.float32)
        self.saved = time.monotonic()
        if checkpoint and part in checkpoint.parts:
            self._restore(checkpoint.parts[part])

    @property
    def done(self):
        """Whether all steps were made."""
        return self.step >= self.task.steps

    def go(self, watch, before=0):
        """Train, and return the `Run` of all copies; `before` steps of other stacks came first."""
        began, stopped = time.perf_counter(), ""
        for x, y in self.task.batches(self.ensemble, self.step):
            self._look()
            self.losses[:, self.step] = self.task.gradients(self.ensemble, x, y, self.step)
            stopped = watch.stops(self, before)
            if self.done or stopped:
                break
            self._move()
        self._save(0)
        for p in self.ensemble.params.values():
            p.grad = None
        stopped = "" if self.done and stopped != "diverged" else stopped
        measured, seconds = self._known(self.task.steps + 1), time.perf_counter() - began
        return Run(ensemble=self.ensemble, steps_made=self.step, stopped=stopped, seconds=seconds, **measured)

    def progress(self, before, steps):
        """What whoever watches is told; nothing of it can be changed."""
        known = self._known(self.step + 1)
        for array in known.values():
            array.flags.writeable = False
        return Progress(before + self.step, steps, **known)

    def _known(self, end):
        """What is measured before the step `end`: name -> array."""
        looks = bisect.bisect_left(self.looks, end)
        counts = {"losses": end, "train_error": looks, "test_error": looks}
        arrays = {name: getattr(self, name)[:, :count].cpu().numpy() for name, count in counts.items()}
        return arrays | {"steps_at": np.array(self.looks[:looks], int)}

    def _move(self):
        if self.task.clip is not None:
            _clip([p.grad for p in self.ensemble.params.values()], self.task.clip)
        slopes = zip(*(p.grad.chunk(len(self.task.rates)) for p in self.ensemble.params.values()), strict=True)
        for group, rates, part in zip(self.optimizer.param_groups, self.task.rates, slopes, strict=True):
            group["lr"] = rates[self.step]
            for some, slope in zip(group["params"], part, strict=True):
                some.grad = slope
        self.optimizer.step()
        self.step += 1
        self._save(SAVE)

    def _look(self):
        """Note both errors, if this is a step for it."""
        look = bisect.bisect_left(self.looks, self.step)
        if self.step in self.looks[look : look + 1]:
            with self.task.autocast():
                self.train_error[:, look] = error_rate(self.ensemble.outputs(self.task.x), self.task.y)
                if self.task.test:
                    x, y = self.task.test
                    self.test_error[:, look] = error_rate(self.ensemble.outputs(x), y)

    def _save(self, patience):
        """Save what has been reached, if the last time is long ago."""
        if self.checkpoint and time.monotonic() - self.saved >= patience:
            state = {"params": self.ensemble.params, "optimizer": self.optimizer.state_dict(), "step": self.step}
            measured = {name: torch.tensor(array) for name, array in self._known(self.step).items()}
            self.checkpoint.save(self.part, state | measured | {"rates": [rates[: self.step] for rates in self.task.rates]})
            self.saved = time.monotonic()

    def _restore(self, state):
        self.step = state["step"]
        path, steps = self.checkpoint.path, self.task.steps
        if self.step > steps:
            raise ValueError(f"steps: {path} has already {self.step} steps behind it, got {steps}.")
        if state["rates"] != [rates[: self.step] for rates in self.task.rates]:
            raise ValueError(f"lr: {path} was trained with another one. Give another name.")
        with torch.no_grad():
            for name, p in self.ensemble.params.items():
                p.copy_(state["params"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        for name in ("losses", "train_error", "test_error"):
            getattr(self, name)[:, : state[name].shape[1]] = state[name]


def _clip(gradients, most):
    """Scale each copy's gradient, a list of (C, ...), so that its norm over all parameters is `most` at most."""
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()  # (C,)
    factor = (most / (norms + 1e-12)).clamp(max=1)
    for g in gradients:
        g *= factor.view(-1, *[1] * (g.ndim - 1))
