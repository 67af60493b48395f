"""Which long skip restores what: U-Nets with every merge at every level, retrained, and then muted where they stand.

Arrays of the sweep: `iou` and `f1` (data set, finest, middle, coarsest, muted, seeds), float16;
`masks` (data set, finest, middle, coarsest, muted, 512) bytes, 64 x 64 bits: what the seed in the middle makes of `pictures.view`;
`extra_iou` and `extra_f1` (5, seeds), the nets of EXTRA on the shapes, and `extra_known`, their IoU on the pictures they learned from.
"""

import functools
import itertools

import numpy as np
import torch

from skiplab import sweeps, train
from skiplab.base.errors import need_choice
from skiplab.data import pictures
from skiplab.nets.unet import muted, unet

DATA = pictures.NAMES
MERGES = ("none", "add", "concat")  # at each of three levels
MUTED = {"nothing": (), "finest": (0,), "middle": (1,), "coarsest": (2,), "all": (0, 1, 2)}
SEEDS, STEPS, BATCH, LR = 8, 80, 16, 4e-3
EXTRA = {
    "self": {"merges": "self"},
    "short": {"merges": "none", "short": "add"},
    "longer": {"merges": "none", "steps": 4 * STEPS},
    "add, 0.01": {"merges": "add", "lr": 0.01},
    "concat, 0.01": {"merges": "concat", "lr": 0.01},
}
SETTINGS = {
    "axes": {"data": DATA, "finest, middle, coarsest": MERGES, "muted": list(MUTED), "seeds": SEEDS},
    "training": {"width": 8, "levels": 3, "steps": STEPS, "batch": BATCH, "Adam lr": LR, "loss": "cross-entropy + Dice", "first seed": 0},
    "extra": EXTRA,
}


def cell(data, merges, short="none", seeds=SEEDS, steps=STEPS, lr=LR, **how):
    """Train one cell: the `Run` of its seeds. `how` goes to `train.fit`, such as watch."""
    split = _split(data)
    make = functools.partial(unet, merges=merges, short=short)
    return train.fit(make, split.x, split.y, seeds, steps, lr, loss=pictures.mask_loss, batch=BATCH, **how)


def scores(run, data, levels=(), known=False):
    """IoU and boundary F1 of every seed on the test pictures, or the `known` ones, with the skips at `levels` muted: (S,) and (S,)."""
    split = _split(data)
    x, y = (split.x, split.y) if known else (split.x_test, split.y_test)
    masks = torch.stack([_mask(muted(run.net(s), *levels), x) for s in range(len(run.losses))])
    return pictures.iou(masks, y), pictures.boundary_f1(masks, y)


def stored(data, merges="none", score="iou", muted="nothing"):
    """The shipped scores of one cell, "iou" or "f1", one for each seed: (S,). `merges` is one for all levels, or three, finest first, or a
    name of EXTRA, which have "known" as well: the IoU on the pictures they learned from."""
    found = sweeps.load("unet")
    if isinstance(merges, str) and merges in EXTRA:
        return found[f"extra_{need_choice('score', score, ('iou', 'f1', 'known'))}"][list(EXTRA).index(merges)].astype(float)
    merges = 3 * [merges] if isinstance(merges, str) else merges
    at = [MERGES.index(need_choice("merges", merge, MERGES)) for merge in merges]
    where = (DATA.index(need_choice("data", data, DATA)), *at, list(MUTED).index(need_choice("muted", muted, tuple(MUTED))))
    return found[need_choice("score", score, ("iou", "f1"))][where].astype(float)


def measure(report):
    """Every cell; `report(done, of)` is called after each training."""
    shape, of = (len(DATA), 3, 3, 3, len(MUTED)), 27 * len(DATA) + len(EXTRA)
    found = {"iou": np.zeros((*shape, SEEDS), np.float16), "masks": np.zeros((*shape, 512), np.uint8)}
    found |= {"f1": found["iou"].copy(), "extra_iou": np.zeros((len(EXTRA), SEEDS), np.float16)}
    found |= {name: found["extra_iou"].copy() for name in ("extra_f1", "extra_known")}
    for done, (data, *at) in enumerate(itertools.product(range(len(DATA)), *3 * [range(3)]), 1):
        run = cell(DATA[data], [MERGES[i] for i in at])
        where = (data, *at)
        for m, levels in enumerate(MUTED.values()):
            found["iou"][where][m], found["f1"][where][m] = scores(run, DATA[data], levels)
        found["masks"][where] = _shown(run, DATA[data], np.argsort(found["iou"][where][0])[(SEEDS - 1) // 2])
        report(done, of)
    for i, setting in enumerate(EXTRA.values()):
        run = cell("shapes", **setting)
        found["extra_iou"][i], found["extra_f1"][i] = scores(run, "shapes")
        found["extra_known"][i], _ = scores(run, "shapes", known=True)
        report(done + i + 1, of)
    return found


def _shown(run, data, seed):
    """What one seed makes of the view, for every muting: (5, 512) bytes."""
    x, _ = pictures.view(data)
    masks = [_mask(muted(run.net(int(seed)), *levels), x) for levels in MUTED.values()]
    return np.packbits(torch.stack(masks).flatten(1).cpu().numpy(), 1)


def _mask(net, x):
    with torch.no_grad():
        return net(x) > 0


_split = functools.cache(pictures.load)
