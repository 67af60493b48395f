"""What is left of a training: arrays with the seeds first, networks that can be used, and a file from which it can go on."""

import copy
import os
import pickle
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from skiplab.errors import need_whole
from skiplab.train.copies import Copies


@dataclass(frozen=True)
class Run:
    """S networks trained together; NaN stands where a seed diverged.

    losses (S, steps + 1), before each step and after the last; train_error, test_error (S, E), the share of wrong labels after
    steps_at (E,) steps; diverged (S,), the step of the first loss that is NaN or infinite, or -1; stopped "", "cancelled",
    "interrupted" or "diverged"; seconds of wall time.
    """

    losses: np.ndarray
    copies: Copies
    steps_at: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    train_error: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    test_error: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    stopped: str = ""
    seconds: float = 0.0

    @property
    def params(self):
        """The networks' stacked parameters, each (S, ...)."""
        return self.copies.params

    @property
    def diverged(self):
        """The step of each seed's first loss that is no number, -1 where there is none: (S,)."""
        bad = ~np.isfinite(self.losses)
        return np.where(bad.any(1), bad.argmax(1), -1)

    def steps_to(self, loss):
        """The first step at which each seed's loss is below `loss`, or the number of steps if it never is: (S,)."""
        below = self.losses < loss
        return np.where(below.any(1), below.argmax(1), self.losses.shape[1] - 1)

    def outputs(self, x):
        """What every network makes of x: (B, ...) -> (S, B, ...)."""
        return self.copies.outputs(x.to(next(iter(self.params.values())).device))

    def error(self, x, y):
        """The share of wrong labels of every network on x (B, ...), y (B, ...) whole numbers: (S,)."""
        return wrong(self.outputs(x), y.to(next(iter(self.params.values())).device)).cpu().numpy()

    def net(self, seed):
        """The network of one seed, counted from 0, with its weights."""
        need_whole("seed", seed, 0, len(self.copies) - 1)
        net = copy.deepcopy(self.copies.mould).to_empty(device=next(iter(self.params.values())).device)
        params, buffers = self.copies.one(seed)
        net.load_state_dict({name: value.clone() for name, value in (params | buffers).items()}, strict=False)
        return net.requires_grad_()

    def __str__(self):
        seeds, steps = self.losses.shape[0], self.losses.shape[1] - 1
        parts = [f"{seeds} networks, {steps} steps"] + ([self.stopped] if self.stopped else [])
        parts += [f"seed {seed} diverged at step {step}" for seed, step in enumerate(self.diverged) if step >= 0]
        return ", ".join(parts)

    def only(self, rows):
        """The run of some of its networks."""
        picked = replace(
            self.copies,
            params={name: p[rows] for name, p in self.copies.params.items()},
            buffers={name: b[rows] for name, b in self.copies.buffers.items()},
        )
        return replace(self, losses=self.losses[rows], copies=picked, train_error=self.train_error[rows], test_error=self.test_error[rows])


def wrong(out, y):
    """Share of wrong labels: out (C, B, K) or (C, B, K, ...), y (B, ...) -> (C,)."""
    return (out.argmax(2) != y).flatten(1).float().mean(1)


class File:
    """A checkpoint: what makes the training what it is (`task`, texts), and the state of each of its parts."""

    def __init__(self, path, task):
        self.path, self.task, self.parts = Path(path), task, {}
        if self.path.exists():
            self.parts = self._read()

    def save(self, part, state):
        """Write the state of one part; the old file stays until the new one is whole."""
        self.parts[part] = state
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(self.path.name + ".new")
        torch.save({"task": self.task, "parts": self.parts}, new)
        os.replace(new, self.path)

    def _read(self):
        try:
            found = torch.load(self.path, weights_only=True)
            task, parts = found["task"], found["parts"]
        except (RuntimeError, EOFError, KeyError, TypeError, ValueError, OSError, pickle.UnpicklingError, zipfile.BadZipFile) as problem:
            raise ValueError(
                f"checkpoint: {self.path} cannot be read ({type(problem).__name__}); it is no checkpoint or was cut short. Delete it, "
                "or give another name."
            ) from problem
        changed = [f"{name} was {task.get(name)} and is {value}" for name, value in self.task.items() if task.get(name) != value]
        if changed:
            raise ValueError(f"checkpoint: {self.path} belongs to another training: {'; '.join(changed)}. Give another name.")
        return parts
