"""What `fit` is held against: networks to train, and the plain loop of every tutorial, one network at a time."""

import torch
from torch import nn

from skiplab import Skip
from skiplab.train.task import Task

BATCH_ONLY = {"track_running_stats": False}
OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "momentum": lambda params, lr: torch.optim.SGD(params, lr=lr, momentum=0.9),
    "adam": torch.optim.Adam,
}


def branch(width=4, hidden=6):
    return nn.Sequential(nn.Linear(width, hidden), nn.Tanh(), nn.Linear(hidden, width))


class Tied(nn.Module):
    """One matrix used twice, under two names."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(4, 4), nn.Linear(4, 4)
        self.last.weight = self.first.weight

    def forward(self, x):
        return self.last(torch.tanh(self.first(x)))


class Masked(nn.Module):
    """A frozen matrix, and a buffer that no state_dict holds."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(4, 4), nn.Linear(4, 4)
        self.first.weight.requires_grad_(False)
        self.register_buffer("mask", torch.rand(4), persistent=False)

    def forward(self, x):
        return self.last(torch.tanh(self.first(x)) * self.mask)


def residual(merge):
    return lambda: nn.Sequential(Skip(branch(), merge), nn.ReLU(), nn.Linear(8 if merge == "concat" else 4, 4))


def normed(layer):
    return lambda: nn.Sequential(nn.Linear(4, 5), layer(5), nn.GELU(), Skip(branch(5)), layer(5), nn.Linear(5, 4))


NETS = {
    **{f"skip {merge}": residual(merge) for merge in ("none", "add", "concat", "gate")},
    "batch norm": normed(lambda width: nn.BatchNorm1d(width, **BATCH_ONLY)),
    "layer norm": normed(nn.LayerNorm),
    "no bias": normed(lambda width: nn.LayerNorm(width, bias=False, eps=0.1)),
    "tied": Tied,
    "masked": Masked,
}
BATCHED = tuple(name for name in NETS if name not in ("tied", "masked"))


def linear(scale=1.0):
    """Three classes from four numbers."""
    net = nn.Linear(4, 3)
    with torch.no_grad():
        net.weight *= scale
    return net


def convolution(merge="add"):
    """Images (B, 1, 5, 5) -> (B, 3)."""
    inner = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2, **BATCH_ONLY), nn.Tanh())
    last = nn.Linear((4 if merge == "concat" else 2) * 25, 3)
    return nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), Skip(inner, merge), nn.Flatten(), last)


def double(make):
    """The same networks in float64."""
    return lambda **setting: make(**setting).double()


def data(count=24, seed=0, shape=(4,), classes=None):
    """x (N, *shape), y the same or labels (N,); float64."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, *shape, generator=generator, dtype=torch.float64)
    return x, torch.randn(x.shape, generator=generator, dtype=torch.float64) if classes is None else x.flatten(1)[:, :classes].argmax(1)


def digits(count=24, seed=0):
    """x (N, 4) float32 and the labels of three classes (N,)."""
    x, y = data(count, seed, classes=3)
    return x.float(), y


def task(make, x, y, **how):
    """A `Task` with what is not given left small."""
    return Task(**({"make": make, "x": x, "y": y, "seeds": 3, "steps": 5, "lr": 0.05, "optimizer": "sgd", "device": "cpu"} | how))


def alone(seed, make, batches, steps, optimizer="sgd", lr=0.05, loss=nn.functional.mse_loss, clip=None):
    """(losses before each step and after the last, the network): batches, endless (x, y), each with one batch for each seed."""
    torch.manual_seed(seed)
    net, losses = make(), []
    optimizer = OPTIMIZERS[optimizer](net.parameters(), lr=1.0 if callable(lr) else lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lr if callable(lr) else lambda step: 1.0)
    for step, (x, y) in zip(range(steps + 1), batches, strict=False):
        value = loss(net(x[seed]), y[seed])
        losses.append(value.item())
        if step < steps:
            optimizer.zero_grad()
            value.backward()
            if clip is not None:
                norm = torch.cat([p.grad.flatten() for p in net.parameters()]).norm()
                for p in net.parameters():
                    p.grad *= min(1, clip / norm)
            optimizer.step()
            schedule.step()
    return losses, net
