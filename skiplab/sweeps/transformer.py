"""How Transformers of 8 blocks learn to say six symbols backwards, at every rate: where the norm stands, and what is without skips.

`same` tells what a net without skips has learned: the share of sequences to which it gives one answer in all six places.
"""

import tempfile
from functools import partial
from pathlib import Path

from torch import nn

from skiplab import sweeps, train
from skiplab.base.errors import need_choice
from skiplab.base.settings import as_taught
from skiplab.data import sequences
from skiplab.nets.transformer import Encoder
from skiplab.skip import Add

LENGTH, SYMBOLS, WIDTH, DEPTH, SEEDS, COUNT, BATCH, CLIP, TESTS = 6, 8, 32, 8, 8, 1024, 8, 1.0, 256
LRS, STEPS = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2), (0, 25, 50, 100, 200, 400)
WARM = 20  # steps of a warm-up, at a tenth of the rate
ARMS = {
    "pre-LN": {"norm": "pre"},
    "sandwich": {"norm": "sandwich"},
    "post-LN": {"norm": "post"},
    "post-LN, warm-up": {"norm": "post"},
    "post-LN, λ = 2": {"norm": "post", "lam": 2.0},
    "no norms": {"norm": "none"},
    "no skips": {"norm": "pre", "lam": 0.0},
    "no skips, Xavier": {"norm": "pre", "lam": 0.0, "xavier": True},
}
AXES = {"arm": tuple(ARMS), "lr": LRS, "steps": STEPS, "seeds": range(SEEDS)}
WHAT = {
    "right": f"share of the symbols of {TESTS} sequences, which were not trained on, that are right",
    "same": "share of these sequences to which the net gives the same answer in all places",
}
ABOUT = {"task": f"{COUNT} sequences of {LENGTH} out of {SYMBOLS} symbols, backwards", "width": WIDTH, "depth": DEPTH, "batch": BATCH,
         "optimizer": "Adam", "clip": CLIP, "warm-up": f"{WARM} steps at a tenth of the rate", "first seed": 0,
         "CPU seconds": 450}  # fmt: skip


def net(arm):
    """The network of one arm."""
    how = ARMS[need_choice("arm", arm, tuple(ARMS))]
    made = Encoder(SYMBOLS, LENGTH, WIDTH, DEPTH, norm=how["norm"], merge=Add(lam=how.get("lam", 1.0)))
    for layer in made.blocks.modules() if how.get("xavier") else ():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return made


def warmed(lr, step):
    """The rate at a step, after a warm-up."""
    return lr / 10 if step < WARM else lr


@as_taught()
def cell(arm, lrs, steps=STEPS[-1], **how):
    """Train one arm at several rates: `Rates`. `how` goes to `train.fit`, such as checkpoint."""
    rates = [partial(warmed, lr) for lr in lrs] if "warm-up" in arm else [*lrs]
    x, y = sequences.reversal(COUNT, LENGTH, SYMBOLS)
    return train.fit(partial(net, arm), x, y, SEEDS, steps, rates, loss=_loss, batch=BATCH, clip=CLIP, minutes=60, **how)


def _loss(out, y):
    """Cross entropy; by that name `fit` would look at all it trains on, again and again."""
    return nn.functional.cross_entropy(out, y)


def looked_at(run):
    """What a `Run` makes of sequences that it was not trained on: right, same (seeds,), float16."""
    x, y = sequences.reversal(TESTS, LENGTH, SYMBOLS, seed=2)
    said = run.outputs(x).argmax(2)  # (S, B, T)
    same = (said == said[..., :1]).all(-1)
    shares = {"right": said == y, "same": same}
    return {name: share.float().flatten(1).mean(1).cpu().numpy().astype("float16") for name, share in shares.items()}


def measure(report):
    """Every arm at every rate, step by step; `report(done, of)` is called after each arm."""
    return sweeps.gather(WHAT, dict.fromkeys(WHAT, AXES), _cells(report))


def _cells(report):
    for done, arm in enumerate(ARMS, 1):
        with tempfile.TemporaryDirectory() as folder:
            for steps in STEPS:
                runs = cell(arm, LRS, steps, checkpoint=Path(folder) / "run")
                for lr, run in zip(LRS, runs.values(), strict=True):
                    yield {"arm": arm, "lr": lr, "steps": steps}, looked_at(run)
        report(done, len(ARMS))
