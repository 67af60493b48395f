"""What is left of a training: arrays with the seeds first, networks that can be used, and a file from which it can go on."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from skiplab.base.errors import need_number, need_whole
from skiplab.train.arguments import need_examples
from skiplab.train.budget import TooMuch, within
from skiplab.train.ensemble import Ensemble

STOPS = ("cancelled", "interrupted")  # what ends a training from outside


@dataclass(frozen=True)
class Run:
    """S networks trained together; NaN stands where a seed diverged, and where a training was stopped before.

    losses (S, steps + 1), before each step and after the last; train_error, test_error (S, E), the share of wrong labels after
    steps_at (E,) steps; diverged (S,), the step of the first loss that is NaN or infinite, or -1; stopped "", "cancelled",
    "interrupted" or "diverged", after steps_made steps; seconds of wall time.
    """

    losses: np.ndarray
    ensemble: Ensemble
    steps_made: int
    steps_at: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    train_error: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    test_error: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    stopped: str = ""
    seconds: float = 0.0

    @property
    def params(self):
        """The networks' stacked parameters, each (S, ...)."""
        return self.ensemble.params

    @property
    def diverged(self):
        """The step of each seed's first loss that is no number, -1 where there is none: (S,)."""
        bad = ~np.isfinite(self.losses[:, : self.steps_made + 1])
        return np.where(bad.any(1), bad.argmax(1), -1)

    def steps_to(self, loss):
        """The first step at which each seed's loss is below `loss`: (S,).

        If it never is, the number of steps; in a training that was cancelled or interrupted NaN, as nobody knows.
        """
        below = self.losses < need_number("loss", loss)
        never = np.nan if self.stopped in STOPS else self.losses.shape[1] - 1
        return np.where(below.any(1), below.argmax(1), never)

    def outputs(self, x):
        """What every network makes of x: (B, ...) -> (S, B, ...); dropout is off."""
        weights = next(iter(self.params.values()))
        if need_examples("x", x).is_floating_point() and x.dtype != weights.dtype:
            raise TypeError(f"x: the networks' weights are {weights.dtype}, got {x.dtype}; use x.to({weights.dtype}).")
        try:
            with within():
                return self.ensemble.outputs(x.to(weights.device))
        except TooMuch:
            raise
        except (RuntimeError, IndexError) as problem:
            raise ValueError(f"x: the networks do not take inputs {tuple(x.shape)} of {x.dtype}: {problem}") from problem

    def error(self, x, y):
        """The share of wrong labels of every network on x (B, ...), y (B, ...) whole numbers: (S,)."""
        y, out = need_examples("y", y), self.outputs(x)
        if out.ndim < 3 or (out.shape[1], *out.shape[3:]) != y.shape:
            raise ValueError(f"y: the output of each network is {tuple(out.shape[1:])}; expected labels for it, got {tuple(y.shape)}.")
        return error_rate(out, y.to(out.device)).cpu().numpy()

    def net(self, seed):
        """The network of one seed, counted from 0, with its weights."""
        return self.ensemble.net(need_whole("seed", seed, 0, len(self.ensemble) - 1))

    def __repr__(self):
        steps, most = self.losses.shape[1] - 1, 3
        last = self.losses[:, self.steps_made]
        ends = f"median loss {np.median(last[np.isfinite(last)]):.3g}" if np.isfinite(last).any() else "no loss is finite"
        made = f"{self.steps_made} of {steps} steps" if self.stopped in STOPS else _many(steps, "step")
        lost = [f"seed {seed} diverged at step {step}" for seed, step in enumerate(self.diverged) if step >= 0]
        more = [f"{len(lost) - most} more diverged"] if len(lost) > most else []
        return f"<Run: {', '.join([_many(len(last), 'seed'), made, ends, *lost[:most], *more])}>"

    def only(self, rows):
        """The run of some of its networks."""
        errors = {"train_error": self.train_error[rows], "test_error": self.test_error[rows]}
        return replace(self, losses=self.losses[rows], ensemble=self.ensemble.only(rows), **errors)


def _many(count, what):
    return f"{count} {what}{'s' * (count != 1)}"


def error_rate(out, y):
    """Share of wrong labels, NaN where a network makes no numbers: out (C, B, K) or (C, B, K, ...), y (B, ...) -> (C,)."""
    share = (out.argmax(2) != y).flatten(1).float().mean(1)
    return share.where(out.flatten(1).isfinite().all(1), torch.nan)


class Checkpoint:
    """A checkpoint: what makes the training what it is (`task`, texts or lists), and the state of each of its parts.

    Raises ValueError for a file that cannot be read or written, or that belongs to another training.
    """

    def __init__(self, path, task):
        if not isinstance(path, (str, os.PathLike)) or not Path(path).name:
            raise TypeError(f"checkpoint: expected the name of a file, got {path!r}.")
        self.path, self.task, self.parts, self.failed = Path(path), task, {}, False
        self._new = self.path.with_name(self.path.name + ".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._new.touch()
            self._new.unlink()
        except OSError as problem:
            raise ValueError(f"checkpoint: {self.path} cannot be written: {problem}") from problem
        if self.path.exists():
            self.parts = self._read()

    def save(self, part, state):
        """Write the state of one part; the old file stays until the new one is whole. A full disk does not stop the training."""
        self.parts[part] = state
        try:
            torch.save({"task": self.task, "parts": self.parts}, self._new)
            os.replace(self._new, self.path)
        except (OSError, RuntimeError) as problem:
            if not self.failed:
                print(f"checkpoint: {self.path} could not be written, the training goes on without: {problem}")
            self.failed = True

    def _read(self):
        try:
            found = torch.load(self.path, weights_only=True, map_location="cpu")
            task, parts = dict(found["task"]), dict(found["parts"])
        except Exception as problem:  # what a broken file raises depends on where it is broken
            raise ValueError(
                f"checkpoint: {self.path} cannot be read ({type(problem).__name__}); it is no checkpoint or was cut short. Delete it, "
                "or give another name."
            ) from problem
        both = {name: _common(task.get(name), value) for name, value in self.task.items()}
        changed = [_changed(name, str(before), str(now)) for name, (before, now) in both.items() if before != now]
        if changed:
            raise ValueError(f"checkpoint: {self.path} belongs to another training: {'; '.join(changed)}. Give another name.")
        return parts


def _common(before, now):
    """Two lists as far as both go, anything else as it is."""
    return (before[: len(now)], now[: len(before)]) if isinstance(before, list) and isinstance(now, list) else (before, now)


def _changed(name, before, now, room=60):
    """Where two texts begin to differ."""
    same = next((i for i, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), min(len(before), len(now)))
    same = max(0, same - room // 3)
    cut = [("…" if same else "") + text[same : same + room] + ("…" if len(text) > same + room else "") for text in (before, now)]
    return f"{name} was {cut[0]} and is {cut[1]}"
