"""Each arm is trained at several rates, and stands for itself at its best."""

import numpy as np

from skiplab.base.grid import Grid
from skiplab.base.rates import best_lr, window
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
