"""Which long skip restores what: U-Nets with every merge at every level, retrained, and then muted where they stand.

At each place of PLACES one net was trained at one rate, and looked at with some of its skips muted. The nets of NETS were trained for
longer, at four rates, the shapes on so many pictures that hardly one is seen twice.
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
NETS = {
    "none": {"merges": "none"},
    "coarsest": {"merges": ("none", "none", "concat")},
    "middle": {"merges": ("none", "concat", "none")},
    "finest": {"merges": ("concat", "none", "none")},
    "add": {"merges": "add"},
    "concat": {"merges": "concat"},
    "as large": {"merges": "self"},
    "wider": {"merges": "none", "width": 9},
    "short": {"merges": "none", "short": "add"},
    "no U": {"merges": "none", "levels": 0},
}
CONTROLS = ("as large", "wider", "short", "no U")  # they saw the shapes alone
LRS, KNOWN = (1e-3, 4e-3, 1e-2, 3e-2), 128
RATED = {"shapes": {"steps": 320, "count": 4096}, "page": {"steps": 160}, "coins": {"steps": 160}}
PLACES = {"data": pictures.NAMES, **dict.fromkeys(LEVELS, MERGES), "muted": tuple(MUTED)}
ABOUT = {"width": 8, "levels": 3, "steps": STEPS, "batch": BATCH, "Adam lr": LR, "loss": "cross-entropy + Dice",
         "first seed": 0, "at several rates": RATED,
         "CPU seconds at several rates": 2370}  # fmt: skip
WHAT = {
    "iou": "IoU on the test pictures",
    "f1": "boundary F1 on the test pictures",
    "masks": "the mask that the seed in the middle makes of pictures.view",
    "rated_iou": "IoU on the test pictures, at each rate",
    "rated_f1": "boundary F1 on the test pictures, at each rate",
    "rated_known": "IoU on pictures that were trained on, at each rate",
}


@as_taught()
def cell(data, net, seeds=SEEDS, steps=STEPS, lr=LR, count=128, **how):
    """Train unet(**net) on `count` pictures: the `Run` of its seeds. `how` goes to `train.fit`, such as watch."""
    split = _split(data, count)
    make = functools.partial(unet, **net)
    return train.fit(make, split.x, split.y, seeds, steps, lr, loss=pictures.mask_loss, batch=BATCH, **how)


@as_taught()
def scores(run, data, levels=(), count=128, known=False):
    """IoU and boundary F1 of every seed on the test pictures, with the skips at `levels` muted: (S,) and (S,).

    count   of pictures that the net was trained on           known   on the first KNOWN of these instead
    """
    split = _split(data, count)
    x, y = (split.x[:KNOWN], split.y[:KNOWN]) if need_flag("known", known) else (split.x_test, split.y_test)
    masks = torch.stack([_mask(muted(run.net(s), *levels), x) for s in range(len(run.losses))])
    return pictures.iou(masks, y), pictures.boundary_f1(masks, y)


def measure(report):
    """Every cell; `report(done, of)` is called after each."""
    seeds = {"seeds": range(SEEDS)}
    here, rated = {**PLACES, **seeds}, {"data": tuple(RATED), "net": tuple(NETS), "lr": LRS, **seeds}
    axes = {name: rated if "rated" in name else here for name in WHAT}
    axes["masks"] = {**PLACES, "row": range(SIDE), "column": range(SIDE)}
    plans = [*itertools.product(PLACES["data"], *3 * [MERGES])]
    rates = [plan for plan in itertools.product(RATED, NETS, LRS) if plan[0] == "shapes" or plan[1] not in CONTROLS]
    of = len(MUTED) * len(plans) + len(rates)
    cells = itertools.chain(_cells(plans), _rated(rates))
    return sweeps.gather(WHAT, axes, _reported(cells, report, of))


def _cells(plans):
    for data, *merges in plans:
        run, where = cell(data, {"merges": merges}), {"data": data, **dict(zip(LEVELS, merges, strict=True))}
        both = {name: np.float16(scores(run, data, levels)) for name, levels in MUTED.items()}  # each (2, S)
        middle = int(np.argsort(both["nothing"][0])[(SEEDS - 1) // 2])
        for name, (iou, f1) in both.items():
            masks = _shown(run, data, middle, MUTED[name])
            yield where | {"muted": name}, {"iou": iou, "f1": f1, "masks": masks}


def rated(data, net, lr, **how):
    """Train one net of NETS at one rate, as long as RATED says: its `Run`."""
    return cell(data, NETS[net], **RATED[data], lr=lr, **how)


def _rated(plans):
    for data, net, lr in plans:
        run, count = rated(data, net, lr), RATED[data].get("count", 128)
        iou, f1, known, _ = np.float16([*scores(run, data, count=count), *scores(run, data, count=count, known=True)])
        yield {"data": data, "net": net, "lr": lr}, {"rated_iou": iou, "rated_f1": f1, "rated_known": known}


def _reported(cells, report, of):
    """The cells, with a report after each."""
    for done, each in enumerate(cells, 1):
        yield each
        report(done, of)


def _shown(run, data, seed, levels):
    """What one seed makes of the view, with the skips at `levels` muted: (SIDE, SIDE)."""
    x, _ = pictures.view(data)
    return _mask(muted(run.net(seed), *levels), x).reshape(SIDE, SIDE).cpu().numpy()


def _mask(net, x):
    with torch.no_grad():
        return net(x) > 0


_split = functools.cache(pictures.load)
