"""The steps of a training: look, take the gradient, move; and stop at once when asked, with nothing lost."""

import contextlib
import signal
import threading
import time

import numpy as np
import torch

from skiplab.train import progress
from skiplab.train.runs import Run, wrong

TICK, SAVE = 0.12, 20.0  # s between looks at a training from outside, and between checkpoints


class Watch:
    """Tells whoever watches how far the training is, and whether it should stop."""

    def __init__(self, watch, steps):
        self.watch, self.steps, self.reason, self._next = watch or progress.default(), steps, "", 0.0

    @contextlib.contextmanager
    def listening(self):
        """While inside, an interrupt ends the training after its present step; a second one breaks off."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def hear(number, frame):
            signal.signal(signal.SIGINT, before)
            self.reason = "interrupted"

        before = signal.signal(signal.SIGINT, hear)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def stops(self, step, losses, last):
        """Whether to stop at this step: losses, a list of (C,), so far."""
        if not self.reason and (last or time.monotonic() >= self._next):
            self._next = time.monotonic() + TICK
            shown = torch.stack(losses, 1).float().cpu().numpy()  # (C, so far)
            if self.watch and self.watch(step, self.steps, shown):
                self.reason = "cancelled"
            elif not np.isfinite(shown[:, -1]).any():
                return "diverged"
        return self.reason


class Training:
    """One stack on its way: `go` takes it to the end, or as far as it may."""

    def __init__(self, task, copies, file=None, part=""):
        self.task, self.copies, self.file, self.part = task, copies, file, part
        self.rule, self.step, self.losses, self.looks = task.rule(copies), 0, [], []
        self.saved = time.monotonic()
        if file and part in file.parts:
            self._restore(file.parts[part])

    def go(self, watch, before=0):
        """Train, and return the `Run` of all copies; `before` steps of other stacks came first."""
        began, stopped = time.perf_counter(), ""
        for x, y in self.task.batches(self.copies, self.step):
            self._look(self.task.every and self.step % self.task.every == 0)
            with self.task.autocast():
                self.losses.append(self.copies.gradients(self.task.value, x, y))
            stopped = watch.stops(before + self.step, self.losses, self.step >= self.task.steps)
            if self.step >= self.task.steps or stopped:
                break
            self._move()
        self._look(True)
        self._save(0)
        if stopped in ("cancelled", "interrupted"):
            print(f"{stopped} after {self.step} of {self.task.steps} steps: what was trained so far is in the run.")
        return self._run(stopped, time.perf_counter() - began)

    def _move(self):
        if self.task.clip is not None:
            _clip([p.grad for p in self.copies.params.values()], self.task.clip)
        self.rule.step()
        self.step += 1
        self._save(SAVE)

    def _look(self, due):
        """Note both errors, once a step."""
        if due and self.task.classifies and (not self.looks or self.looks[-1][0] < self.step):
            pairs = [(self.task.x, self.task.y), *([self.task.test] if self.task.test else [])]
            with self.task.autocast():
                self.looks.append((self.step, [wrong(self.copies.outputs(x), y).cpu() for x, y in pairs]))

    def _run(self, stopped, seconds):
        losses = torch.stack(self.losses, 1).cpu().numpy()
        for p in self.copies.params.values():
            p.grad = None
        steps_at = np.array([step for step, _ in self.looks], dtype=int)
        none = np.zeros((len(losses), 0))
        errors = [np.stack([found[i].numpy() for _, found in self.looks], 1) for i in range(len(self.looks[0][1]))] if self.looks else []
        train, test = [*errors, none, none][:2]
        return Run(losses, self.copies, steps_at, train, test, stopped, seconds)

    def _save(self, patience):
        """Save what has been reached, if the last time is long ago."""
        if self.file and time.monotonic() - self.saved >= patience:
            looks = [(step, found) for step, found in self.looks if step < self.step]
            state = {"params": self.copies.params, "rule": self.rule.state_dict(), "step": self.step, "looks": looks}
            self.file.save(self.part, state | {"losses": self.losses[: self.step]})
            self.saved = time.monotonic()

    def _restore(self, state):
        with torch.no_grad():
            for name, p in self.copies.params.items():
                p.copy_(state["params"][name])
        self.rule.load_state_dict(state["rule"])
        self.step, self.looks = state["step"], list(state["looks"])
        self.losses = [losses.to(self.task.place) for losses in state["losses"]]


def _clip(gradients, most):
    """Scale each copy's gradient, a list of (C, ...), so that its norm over all parameters is `most` at most."""
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()  # (C,)
    factor = (most / (norms + 1e-12)).clamp(max=1)
    for g in gradients:
        g *= factor.view(-1, *[1] * (g.ndim - 1))
