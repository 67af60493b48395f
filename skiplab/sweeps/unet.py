"""Which long skip restores what: U-Nets with every merge at every level, retrained, and then muted where they stand.

At each place of PLACES one net was trained, and looked at with some of its skips muted; the nets of EXTRA saw the shapes alone.
"""

import functools
import itertools

import numpy as np
import torch

from skiplab import sweeps, train
from skiplab.base.errors import need_flag
from skiplab.base.settings import as_taught
from skiplab.data import pictures
from skiplab.nets.unet import muted, unet

LEVELS, MERGES = ("finest", "middle", "coarsest"), ("none", "add", "concat")
MUTED = {"nothing": (), "finest": (0,), "middle": (1,), "coarsest": (2,), "all": (0, 1, 2)}
SEEDS, STEPS, BATCH, LR, SIDE = 8, 80, 16, 4e-3, 64
EXTRA = {
    "self": {"merges": "self"},
    "short": {"merges": "none", "short": "add"},
    "longer": {"merges": "none", "steps": 4 * STEPS},
    "add, 0.01": {"merges": "add", "lr": 0.01},
    "concat, 0.01": {"merges": "concat", "lr": 0.01},
}
PLACES = {"data": pictures.NAMES, **dict.fromkeys(LEVELS, MERGES), "muted": tuple(MUTED)}
ABOUT = {"width": 8, "levels": 3, "steps": STEPS, "batch": BATCH, "Adam lr": LR, "loss": "cross-entropy + Dice",
         "first seed": 0, "extra": EXTRA}  # fmt: skip
WHAT = {
    "iou": "IoU on the test pictures",
    "f1": "boundary F1 on the test pictures",
    "masks": "the mask that the seed in the middle makes of pictures.view",
    "extra_iou": "IoU on the test pictures of the shapes",
    "extra_f1": "boundary F1 on the test pictures of the shapes",
    "extra_known": "IoU on the pictures of the shapes that were trained on",
}


@as_taught()
def cell(data, merges, short="none", seeds=SEEDS, steps=STEPS, lr=LR, **how):
    """Train one cell: the `Run` of its seeds. `how` goes to `train.fit`, such as watch."""
    split = _split(data)
    make = functools.partial(unet, merges=merges, short=short)
    return train.fit(make, split.x, split.y, seeds, steps, lr, loss=pictures.mask_loss, batch=BATCH, **how)


@as_taught()
def scores(run, data, levels=(), known=False):
    """IoU and boundary F1 of every seed on the test pictures, or the `known` ones, with the skips at `levels` muted: (S,) and (S,)."""
    split = _split(data)
    x, y = (split.x, split.y) if need_flag("known", known) else (split.x_test, split.y_test)
    masks = torch.stack([_mask(muted(run.net(s), *levels), x) for s in range(len(run.losses))])
    return pictures.iou(masks, y), pictures.boundary_f1(masks, y)


def measure(report):
    """Every cell; `report(done, of)` is called after each training."""
    here, extra = {**PLACES, "seeds": range(SEEDS)}, {"net": tuple(EXTRA), "seeds": range(SEEDS)}
    axes = {name: extra if "extra" in name else here for name in WHAT}
    axes["masks"] = {**PLACES, "row": range(SIDE), "column": range(SIDE)}
    return sweeps.gather(WHAT, axes, _cells(report))


def _cells(report):
    plans = [*itertools.product(PLACES["data"], *3 * [MERGES])]
    for done, (data, *merges) in enumerate(plans, 1):
        run, where = cell(data, merges), {"data": data, **dict(zip(LEVELS, merges, strict=True))}
        both = {name: np.float16(scores(run, data, levels)) for name, levels in MUTED.items()}  # each (2, S)
        middle = int(np.argsort(both["nothing"][0])[(SEEDS - 1) // 2])
        for name, (iou, f1) in both.items():
            masks = _shown(run, data, middle, MUTED[name])
            yield where | {"muted": name}, {"iou": iou, "f1": f1, "masks": masks}
        report(done, len(plans) + len(EXTRA))
    for done, (net, setting) in enumerate(EXTRA.items(), len(plans) + 1):
        run = cell("shapes", **setting)
        iou, f1, known, _ = np.float16([*scores(run, "shapes"), *scores(run, "shapes", known=True)])
        yield {"net": net}, {"extra_iou": iou, "extra_f1": f1, "extra_known": known}
        report(done, len(plans) + len(EXTRA))


def _shown(run, data, seed, levels):
    """What one seed makes of the view, with the skips at `levels` muted: (SIDE, SIDE)."""
    x, _ = pictures.view(data)
    return _mask(muted(run.net(seed), *levels), x).reshape(SIDE, SIDE).cpu().numpy()


def _mask(net, x):
    with torch.no_grad():
        return net(x) > 0


_split = functools.cache(pictures.load)
