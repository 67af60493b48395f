"""What is left of a training: arrays with the seeds first, and networks that can be used; of one setting, of all, or at several rates."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.lib.mixins import NDArrayOperatorsMixin

from skiplab.base.errors import need_number, need_whole
from skiplab.base.grid import Grid
from skiplab.base.rates import best_lr, window
from skiplab.train.arguments import need_examples
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
    steps_at: np.ndarray
    train_error: np.ndarray
    test_error: np.ndarray
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
        x = need_examples("x", x).to(next(iter(self.params.values())).device)
        try:
            return self.ensemble.outputs(x)
        except (RuntimeError, IndexError, ValueError) as problem:
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
        steps, last = self.losses.shape[1] - 1, self.losses[:, self.steps_made]
        seeds = f"{len(last)} seed{'s' * (len(last) != 1)}"
        made = f"{self.steps_made} of {steps} steps" if self.stopped in STOPS else f"{steps} step{'s' * (steps != 1)}"
        ends = f"median loss {np.median(last[np.isfinite(last)]):.3g}" if np.isfinite(last).any() else "no loss is finite"
        lost = f", {count} diverged" if (count := (self.diverged >= 0).sum()) else ""
        return f"<Run: {seeds}, {made}, {ends}{lost}>"

    def only(self, rows):
        """The run of some of its networks."""
        measured = {name: getattr(self, name)[rows] for name in ("losses", "train_error", "test_error")}
        return replace(self, ensemble=self.ensemble.only(rows), **measured)


class BySetting(dict, NDArrayOperatorsMixin):
    """Setting -> array with the seeds first. Several names at once give as many: `error["plain", "add"]`.

    Arithmetic goes setting by setting: `1 - error` is the share of right labels.
    """

    def __getitem__(self, names):
        several = isinstance(names, tuple) and names not in self
        return BySetting({name: self[name] for name in names}) if several else super().__getitem__(names)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        def one(name):
            arrays = (each[name] if isinstance(each, BySetting) else each for each in inputs)
            return getattr(ufunc, method)(*arrays, **options)

        return BySetting({name: one(name) for name in self})

    @property
    def last(self):
        """What was measured last, of arrays (S, steps): (S,) each."""
        return BySetting({name: array[:, -1] for name, array in self.items()})

    @property
    def median(self):
        """The median over the seeds: a number each."""
        return BySetting({name: np.median(array, 0) for name, array in self.items()})


def _of_each(name):
    """What a `Run` has under that name, a value or a function, of all of them."""
    called = callable(getattr(Run, name, None))

    def of_each(runs, *given):
        return runs.each(lambda run: getattr(run, name)(*given) if called else getattr(run, name))

    of_each.__doc__ = f"`Run.{name}` of every setting."
    return of_each if called else property(of_each)


class Runs(dict):
    """Setting -> `Run`; and of all settings at once what a `Run` has, by setting.

    A claim about them is two lines: `error = runs.train_error.last`, and `error.median["plain"] > error.median["add"]`.
    """

    losses, train_error, test_error, diverged = map(_of_each, ("losses", "train_error", "test_error", "diverged"))
    steps_to, outputs, error = map(_of_each, ("steps_to", "outputs", "error"))

    def each(self, function):
        """function(run) of every setting."""
        return BySetting({name: function(run) for name, run in self.items()})


class Rates(Runs):
    """(setting, lr) -> `Run`, or lr -> `Run` where there are no settings: every setting at each of the rates."""

    def scores(self, validation=None):
        """What a rate is chosen by, smaller is better: a `Grid` (setting, lr, seeds), or (lr, seeds) where there are no settings.

        The share of wrong labels on `validation` (x, y), examples that are neither trained nor tested on; without them the last
        training loss, which asks how well an arm can be trained and not how well it generalises. Infinite for a seed that diverged.
        """
        if validation is None:
            found, what = [run.losses[:, -1] for run in self.values()], "last training loss"
        else:
            found, what = [run.error(*validation) for run in self.values()], "share of wrong labels on the validation set"
        found = [np.where(np.isfinite(each), each, np.inf) for each in found]
        seeds = range(len(found[0]))
        if not isinstance(next(iter(self)), tuple):
            return Grid(found, what, lr=[*self], seeds=seeds)
        settings, lrs = (list(dict.fromkeys(part)) for part in zip(*self, strict=True))
        return Grid(np.reshape(found, (len(settings), len(lrs), -1)), what, setting=settings, lr=lrs, seeds=seeds)

    def best(self, validation=None):
        """`Runs` of each setting at its `best_lr`, or one `Run` where there are no settings."""
        lrs = best_lr(self.scores(validation))
        return Runs({name: self[name, lr] for name, lr in lrs.items()}) if isinstance(lrs, dict) else self[lrs]

    def window(self, within, validation=None):
        """The rates that are good enough: see `window`."""
        return window(self.scores(validation), within)


def error_rate(out, y):
    """Share of wrong labels, NaN where a network makes no numbers: out (C, B, K) or (C, B, K, ...), y (B, ...) -> (C,)."""
    share = (out.argmax(2) != y).flatten(1).float().mean(1)
    return share.where(out.flatten(1).isfinite().all(1), torch.nan)
