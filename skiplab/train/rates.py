"""One learning rate for all is fair to none: each arm is trained at several, and stands for itself at its best.

The rule is the same for numbers just measured and for shipped ones: the best rate of an arm has the smallest median over the seeds.
"""

import numpy as np

from skiplab.base.errors import need_kind, need_number
from skiplab.base.grid import Grid
from skiplab.train.runs import Runs


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


def best_lr(scores):
    """The rate with the smallest median over the seeds, for a `Grid` (lr, seeds), or setting -> rate for (setting, lr, seeds)."""
    return _of_each(scores, lambda lrs, medians: lrs[int(np.argmin(medians))])


def window(scores, within):
    """(lowest, highest) of the rates round the best whose median is at most `within` above its own, without a gap; or for each setting."""
    need_number("within", within, 0)

    def span(lrs, medians):
        at = int(np.argmin(medians))
        good = medians <= medians[at] + within
        below, above = np.flatnonzero(~good[:at]), np.flatnonzero(~good[at:])
        low = below[-1] + 1 if len(below) else 0
        return lrs[low], lrs[at + above[0] - 1 if len(above) else len(lrs) - 1]

    return _of_each(scores, span)


def _of_each(scores, function):
    """function(rates in order, their medians) of the rates of each setting."""
    names = [*need_kind("scores", scores, Grid).axes]
    if names not in (["lr", "seeds"], ["setting", "lr", "seeds"]):
        raise ValueError(f"scores: expected a Grid of lr and seeds, or of setting, lr and seeds, got {scores!r}.")
    lrs = sorted(scores.axes["lr"])
    if names[0] == "lr":
        return function(lrs, scores.at(lr=lrs).median("seeds").array)
    return {name: function(lrs, scores.at(setting=name, lr=lrs).median("seeds").array) for name in scores.axes["setting"]}
