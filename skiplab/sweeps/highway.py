"""How Highway nets of 20 layers train on the digits, at every rate: with one gate a layer, y = (1 - z) x + z F(x), and with two."""

from skiplab import sweeps
from skiplab.nets import highway
from skiplab.sweeps import residual

DEPTH, BIAS = 20, -2.0
KINDS = {"one gate": True, "two gates": False}  # whether the gates are coupled
AXES = {"kind": tuple(KINDS), **residual.ENDS}
ABOUT = {**residual.ABOUT, "depth": DEPTH, "gate bias": BIAS}
WHAT = {"train": residual.WHAT["train"]}


def cell(kind, lr=1e-3, **how):
    """Train one kind, 8 seeds: the `Run`, its errors (S, looks). `how` goes to `train.fit`, such as watch."""
    return residual.trained(lambda: net(kind), lr, **how)


def net(kind):
    """The network of one kind, its gates nearly shut at the start."""
    return highway.mlp(64, 10, DEPTH, residual.WIDTH, KINDS[kind], BIAS)


def measure(report):
    """Both kinds at every rate; `report(done, of)` is called after each training."""
    return sweeps.gather(WHAT, dict.fromkeys(WHAT, AXES), _cells(report))


def _cells(report):
    for done, kind in enumerate(KINDS, 1):
        for lr, run in cell(kind, residual.LRS).items():
            yield {"kind": kind, "lr": lr}, {"train": residual.share(run.train_error)}
        report(done, len(KINDS))
