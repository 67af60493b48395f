"""What is to be trained: the data, the loss, the optimiser, and the minibatches that each seed draws."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from skiplab.claims import first_seed
from skiplab.errors import need_choice, need_number, need_whole
from skiplab.train.copies import build, mould_of

OPTIMISERS = {
    "sgd": lambda params, lr: torch.optim.SGD(params, lr=lr, foreach=True),
    "momentum": lambda params, lr: torch.optim.SGD(params, lr=lr, momentum=0.9, foreach=True),
    "adam": lambda params, lr: torch.optim.Adam(params, lr=lr, fused=params[0].device.type in ("cpu", "cuda")),
}
LOSSES = {"mse": nn.functional.mse_loss, "cross_entropy": nn.functional.cross_entropy}
PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16}


@dataclass(kw_only=True)
class Task:
    """What `fit` was asked for.

    loss       "mse", "cross_entropy" or a function (out, y) -> a number
    batch      examples a step, each seed shuffling its own way, the same in every setting; None takes all of them
    clip       the largest norm of each network's gradient; None leaves it as it is
    penalty    function of one network's parameters (a dict) -> a number added to its loss
    test       (x, y) on which nothing is trained; every: steps between looks at both errors, None looks at the end only
    precision  "bfloat16" for mixed precision, worth it on CUDA
    """

    make: Callable
    x: torch.Tensor
    y: torch.Tensor
    seeds: int
    steps: int
    lr: float
    optimiser: str
    place: str
    loss: str | Callable = "mse"
    batch: int | None = None
    clip: float | None = None
    penalty: Callable | None = None
    test: tuple | None = None
    every: int | None = None
    precision: str = "float32"

    def __post_init__(self):
        need_whole("seeds", self.seeds, 1, 1024)
        need_whole("steps", self.steps, 0, 1_000_000)
        need_number("lr", self.lr, above=0)
        need_choice("optimiser", self.optimiser, tuple(OPTIMISERS))
        need_choice("precision", self.precision, tuple(PRECISIONS))
        if not callable(self.loss):
            need_choice("loss", self.loss, tuple(LOSSES))
        self._check_data()
        if self.batch is not None:
            need_whole("batch", self.batch, 1, len(self.x))
        if self.clip is not None:
            need_number("clip", self.clip, above=0)
        if self.every is not None:
            need_whole("every", self.every, 1, 1_000_000)

    def _check_data(self):
        pairs = {"x": self.x, "y": self.y}
        if self.test is not None:
            if not isinstance(self.test, tuple) or len(self.test) != 2:
                raise TypeError(f"test: expected (x, y), got {type(self.test).__name__}.")
            pairs |= {"test x": self.test[0], "test y": self.test[1]}
        moved = [_tensor(name, value).to(self.place) for name, value in pairs.items()]
        for (name, _), a, b in zip(list(pairs.items())[1::2], moved[::2], moved[1::2], strict=True):
            if len(a) != len(b) or not len(a):
                raise ValueError(f"{name}: expected as many examples as x has, {len(a)} and at least one, got {len(b)}.")
        self.x, self.y, *test = moved
        self.test = tuple(test) or None
        if self.loss == "cross_entropy" and self.y.dtype != torch.int64:
            raise TypeError(f"y: expected labels, whole numbers (int64), for the loss 'cross_entropy', got {self.y.dtype}.")

    @property
    def classifies(self):
        """Whether shares of wrong labels can be told."""
        return self.loss == "cross_entropy"

    def value(self, params, out, y):
        """The loss of one network, a number."""
        loss = self._misfit(out.float() if out.dtype == torch.bfloat16 else out, y)
        return loss if self.penalty is None else loss + self.penalty(params)

    def _misfit(self, out, y):
        if callable(self.loss):
            return self.loss(out, y)
        fits = out.ndim > 1 and (out.shape[0], *out.shape[2:]) == y.shape if self.classifies else out.shape == y.shape
        if not fits:
            wanted = "labels of that shape without the axis of classes" if self.classifies else "the same"
            raise ValueError(f"y: the network's output is {tuple(out.shape)}; expected {wanted}, got {tuple(y.shape)}.")
        return LOSSES[self.loss](out, y)

    def rule(self, copies):
        """The optimiser of all copies."""
        return OPTIMISERS[self.optimiser](list(copies.params.values()), self.lr)

    def autocast(self):
        """Mixed precision, where it was asked for."""
        return torch.autocast(self.place, PRECISIONS[self.precision], enabled=PRECISIONS[self.precision] is not None)

    def first(self, setting):
        """The first network of a setting, and it without its weights; after a look at whether it takes x."""
        net = build(self.make, setting, range(1))[0]
        if not isinstance(net, nn.Module) or not list(net.parameters()):
            raise TypeError(f"make: expected a function that makes a network with parameters, it made {type(net).__name__}.")
        kind = next(net.parameters()).dtype
        if self.x.is_floating_point() and self.x.dtype != kind:
            raise TypeError(f"x: the network's weights are {kind}, got {self.x.dtype}; use x.to({kind}).")
        x, y = (value.to("meta") for value in self.example())
        try:
            out = (mould := mould_of(net))(x)
        except RuntimeError as problem:
            raise ValueError(f"x: the network cannot take inputs of shape {tuple(self.x.shape)}: {problem}") from problem
        self._misfit(out, y)
        return net, mould

    def example(self):
        """(x, y) of the size of one step."""
        return self.x[: self.batch], self.y[: self.batch]

    def batches(self, copies, step=0):
        """Endless (x, y), each (C, B, ...), from a step on; every seed goes through shuffles of its own."""
        if self.batch is None:
            while True:
                yield self.x.expand(len(copies), *self.x.shape), self.y.expand(len(copies), *self.y.shape)
        repeats, an_epoch = len(copies) // self.seeds, len(self.x) // self.batch
        while True:
            order = self._order(step // an_epoch).repeat(repeats, 1)  # (C, N)
            for at in range(step % an_epoch, an_epoch):
                rows = order[:, at * self.batch : (at + 1) * self.batch]
                yield self.x[rows], self.y[rows]
                step += 1

    def _order(self, epoch):
        """How each seed shuffles the examples in an epoch: (S, N)."""
        draws = [torch.Generator().manual_seed((first_seed() + seed) * 1_000_003 + epoch) for seed in range(self.seeds)]
        return torch.stack([torch.randperm(len(self.x), generator=draw) for draw in draws]).to(self.place)

    def seconds_a_step(self, copies):
        """How long one step of all copies takes; the second of two, since the first one warms up."""
        for _ in range(2):
            began = time.perf_counter()
            with self.autocast():
                copies.gradients(self.value, *next(self.batches(copies))).cpu()
            spent = time.perf_counter() - began
            if spent < 0.05:
                break
        return spent

    def described(self, stacks):
        """Texts that tell this training from another, but for its number of steps."""
        kinds = {name: str(getattr(self, name)) for name in ("seeds", "lr", "optimiser", "batch", "clip", "precision")}
        loss = self.loss if isinstance(self.loss, str) else getattr(self.loss, "__name__", "function")
        data = ", ".join(f"{tuple(v.shape)} with sum {v.double().sum().item():.9g}" for v in (self.x, self.y))
        nets = "; ".join(f"{len(copies)} x {' '.join(str(copies.mould).split())}" for copies in stacks)
        return kinds | {"loss": loss, "data": data, "networks": nets, "first seed": str(first_seed())}


def _tensor(name, value):
    if not isinstance(value, torch.Tensor) or value.is_complex() or value.ndim == 0:
        raise TypeError(f"{name}: expected a tensor with one example a row, got {type(value).__name__}.")
    if value.is_floating_point() and not torch.isfinite(value).all():
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity.")
    return value
