"""The steps of a training: look, take the gradient, move; and stop at once when asked, with nothing lost."""

import contextlib
import signal
import threading
import time

import numpy as np
import torch

from skiplab.train import progress
from skiplab.train.arguments import need_function
from skiplab.train.runs import Run, error_rate

TICK, SAVE = 0.12, 20.0  # s between looks at a training from outside, and between checkpoints


class Watch:
    """Tells whoever watches how far the training is, and whether it should stop."""

    def __init__(self, watch, steps, parts=1):
        if watch is not None:
            need_function("watch", watch, "step, steps, losses", 0, steps, None)
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

    def stops(self, step, losses, last):
        """Whether to stop at this step, and why; losses() are those so far, (C, so far)."""
        if not self.reason and (last or time.monotonic() >= self._next):
            self._next = time.monotonic() + TICK
            shown = losses()
            if self.watch and self.watch(step, self.steps, shown):
                self.reason = "cancelled"
            elif np.isnan(shown[:, -1]).all():
                return "diverged"  # infinite losses may come back, NaN never does
        elif self.reason == "interrupted" and self.panel:
            self.panel(step, self.steps, losses())
        return self.reason


class Training:
    """One stack on its way: `go` takes it to the end, or as far as it may."""

    def __init__(self, task, ensemble, checkpoint=None, part=""):
        self.task, self.ensemble, self.checkpoint, self.part = task, ensemble, checkpoint, part
        self.optimizer, self.step, self.looks = task.make_optimizer(ensemble), 0, {}  # looks: step -> [train error (C,), test error (C,)]
        self.seen, self.fresh = np.zeros((len(ensemble), 0)), []  # losses (C, so far), and those not yet among them, each (C,)
        self.saved = time.monotonic()
        if checkpoint and part in checkpoint.parts:
            self._restore(checkpoint.parts[part])

    def go(self, watch, before=0):
        """Train, and return the `Run` of all copies; `before` steps of other stacks came first."""
        began, steps, stopped = time.perf_counter(), self.task.steps, ""
        for x, y in self.task.batches(self.ensemble, self.step):
            if self.task.every and self.step % self.task.every == 0:
                self._look()
            self.fresh.append(self.task.gradients(self.ensemble, x, y, self.step))
            stopped = watch.stops(before + self.step, self._losses, self.step >= steps)
            if self.step >= steps or stopped:
                break
            self._move()
        stopped = stopped if self.step < steps or stopped == "diverged" else ""
        if not stopped:
            self._look()
        self._save(0)
        return self._run(stopped, time.perf_counter() - began)

    def _losses(self):
        if self.fresh:
            fresh = torch.stack(self.fresh, 1).cpu().numpy()
            self.seen, self.fresh = np.concatenate([self.seen.astype(fresh.dtype), fresh], 1), []
        return self.seen

    def _move(self):
        if self.task.clip is not None:
            _clip([p.grad for p in self.ensemble.params.values()], self.task.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = self.task.rate(self.step)
        self.optimizer.step()
        self.step += 1
        self._save(SAVE)

    def _look(self):
        """Note both errors, once a step."""
        if self.task.classifies and self.step not in self.looks:
            pairs = [(self.task.x, self.task.y), *([self.task.test] if self.task.test else [])]
            with self.task.autocast():
                self.looks[self.step] = [error_rate(self.ensemble.outputs(x), y).cpu() for x, y in pairs]

    def _run(self, stopped, seconds):
        losses, looks = self._losses(), self.looks
        for p in self.ensemble.params.values():
            p.grad = None
        if stopped:  # what was never measured is NaN, as what diverged would have been
            losses = np.pad(losses, ((0, 0), (0, self.task.steps + 1 - losses.shape[1])), constant_values=np.nan)
            looks = looks | dict.fromkeys(self._looks_left(), [torch.full((len(losses),), torch.nan)] * (2 if self.task.test else 1))
        errors = [np.stack([found[i].numpy() for found in looks.values()], 1) for i in range(2 if self.task.test else 1) if looks]
        train, test = [*errors, *[np.zeros((len(losses), 0))] * 2][:2]
        return Run(losses, self.ensemble, self.step, np.array(list(looks), dtype=int), train, test, stopped, seconds)

    def _looks_left(self):
        """The steps at which errors would still have been noted."""
        due = [*(range(0, self.task.steps, self.task.every) if self.task.every else ()), self.task.steps]
        return [step for step in due if step not in self.looks and self.task.classifies]

    def _save(self, patience):
        """Save what has been reached, if the last time is long ago."""
        if self.checkpoint and time.monotonic() - self.saved >= patience:
            looks = {step: found for step, found in self.looks.items() if step < self.step}
            state = {"params": self.ensemble.params, "optimizer": self.optimizer.state_dict(), "step": self.step, "looks": looks}
            self.checkpoint.save(self.part, state | {"losses": torch.from_numpy(self._losses()[:, : self.step].copy())})
            self.saved = time.monotonic()

    def _restore(self, state):
        if state["step"] > self.task.steps:
            raise ValueError(f"steps: {self.checkpoint.path} has already {state['step']} steps behind it, got {self.task.steps}.")
        with torch.no_grad():
            for name, p in self.ensemble.params.items():
                p.copy_(state["params"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.looks, self.seen = state["step"], dict(state["looks"]), state["losses"].numpy()


def _clip(gradients, most):
    """Scale each copy's gradient, a list of (C, ...), so that its norm over all parameters is `most` at most."""
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()  # (C,)
    factor = (most / (norms + 1e-12)).clamp(max=1)
    for g in gradients:
        g *= factor.view(-1, *[1] * (g.ndim - 1))
