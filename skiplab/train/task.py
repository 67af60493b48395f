"""What is to be trained: the data, the loss, the optimizer, and the minibatches that each seed draws."""

import contextlib
import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import nn

from skiplab.base.errors import need_choice, need_number, need_whole
from skiplab.base.rng import seeded
from skiplab.base.seeds import first_seed
from skiplab.train.arguments import need_examples, need_function, need_rates
from skiplab.train.budget import timed
from skiplab.train.ensemble import PART

OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "momentum": functools.partial(torch.optim.SGD, momentum=0.9),
    "adam": torch.optim.Adam,
}
LOSSES = {"mse": nn.functional.mse_loss, "cross_entropy": nn.functional.cross_entropy}
PRECISIONS = ("float32", "bfloat16")


@dataclass
class Task:
    """What `fit` was asked for: its arguments, looked at, with the data on the device."""

    make: Callable
    x: torch.Tensor
    y: torch.Tensor
    seeds: int
    steps: int
    lr: float | tuple | Callable
    optimizer: str
    loss: str | Callable = "mse"
    batch: int | None = None
    clip: float | None = None
    penalty: Callable | None = None
    test: tuple | None = None
    every: int | None = None
    precision: str = "float32"
    device: str = "cpu"

    def __post_init__(self):
        need_function("make", self.make)
        need_whole("seeds", self.seeds, 1, 1024)
        need_whole("steps", self.steps, 0, 1_000_000)
        need_choice("optimizer", self.optimizer, tuple(OPTIMIZERS))
        need_choice("precision", self.precision, PRECISIONS)
        if isinstance(self.loss, str):
            need_choice("loss", self.loss, tuple(LOSSES))
        else:
            need_function("loss", self.loss, "out, y")
        if self.penalty is not None:
            need_function("penalty", self.penalty, "parameters")
        self.lrs, self.rates = need_rates(self.lr, self.steps or 1)
        self._take_data()
        if self.batch is not None:
            need_whole("batch", self.batch, 1, len(self.x))
        if self.clip is not None:
            need_number("clip", self.clip, above=0)
        if self.every is not None:
            need_whole("every", self.every, 1, 1_000_000)

    def _take_data(self):
        """Put x, y and test on the device, after a look at each."""
        self.x, self.y = self._pair("", (self.x, self.y))
        if (self.test is not None or self.every is not None) and not self.classifies:
            name = "every" if self.test is None else "test"
            raise ValueError(f"{name}: only the loss 'cross_entropy' has labels that can be wrong; look at run.outputs(x) afterwards.")
        if self.test is not None:
            if not isinstance(self.test, (tuple, list)) or len(self.test) != 2:
                raise TypeError(f"test: expected (x, y), got {type(self.test).__name__}.")
            self.test = self._pair("test ", self.test)
            for name, ours, theirs in zip("xy", self.test, (self.x, self.y), strict=True):
                wanted, got = ((tuple(v.shape[1:]), v.dtype) for v in (theirs, ours))
                if got != wanted:
                    raise ValueError(f"test {name}: expected examples like those of {name}, {wanted}, got {got}.")

    def _pair(self, what, pair):
        """(x, y) on the device."""
        x, y = (need_examples(what + name, value).detach().to(self.device) for name, value in zip("xy", pair, strict=True))
        for name, value in {"x": x, "y": y}.items():
            if value.is_floating_point() and not value.isfinite().all():
                raise ValueError(f"{what}{name}: expected finite numbers, got NaN or infinity.")
        if len(x) != len(y) or not len(x):
            raise ValueError(f"{what}y: expected as many examples as x has, {len(x)} and at least one, got {len(y)}.")
        if self.classifies and y.dtype != torch.int64:
            raise TypeError(f"{what}y: expected labels, whole numbers (int64), for the loss 'cross_entropy', got {y.dtype}.")
        return x, y

    @property
    def classifies(self):
        """Whether shares of wrong labels can be told."""
        return self.loss == "cross_entropy"

    def objective(self, params, out, y):
        """The loss of one network with its penalty, a number; in float32 at least."""
        loss = LOSSES[self.loss] if isinstance(self.loss, str) else self.loss
        value = loss(out.float() if out.dtype in (torch.bfloat16, torch.float16) else out, y)
        return value if self.penalty is None else value + self.penalty(params)

    def need_fit(self, out, y):
        """Raise ValueError if the network's output does not fit the loss."""
        fits = out.ndim > 1 and (out.shape[0], *out.shape[2:]) == y.shape if self.classifies else out.shape == y.shape
        if not fits and not callable(self.loss):
            wanted = "labels of that shape without the axis of classes" if self.classifies else "the same"
            raise ValueError(f"y: the network's output is {tuple(out.shape)}; expected {wanted}, got {tuple(y.shape)}.")
        if self.loss == "mse" and out.dtype != y.dtype:
            raise TypeError(f"y: the network's output is {out.dtype}, got {y.dtype}; use y.to({out.dtype}).")

    def make_optimizer(self, ensemble):
        """The optimizer of all copies, with a group of parameters, views (C / R, ...), for each of the R rates."""
        parts = zip(*(p.detach().chunk(len(self.rates)) for p in ensemble.params.values()), strict=True)
        groups, fused = [{"params": list(part)} for part in parts], self.device in ("cpu", "cuda")
        return OPTIMIZERS[self.optimizer](groups, lr=self.rates[0][0], fused=fused)

    def autocast(self):
        """Mixed precision, where it was asked for."""
        return torch.autocast(self.device, torch.bfloat16, enabled=self.precision == "bfloat16")

    def example(self):
        """(x, y) of the size of one step."""
        return self.x[: self.batch], self.y[: self.batch]

    def batches(self, ensemble, step=0):
        """Endless (x, y), each (C, B, ...), from a step on; every seed goes through shuffles of its own."""
        if self.batch is None:
            while True:
                yield self.x.expand(len(ensemble), *self.x.shape), self.y.expand(len(ensemble), *self.y.shape)
        repeats, an_epoch = len(ensemble) // self.seeds, len(self.x) // self.batch
        while True:
            order = self._order(step // an_epoch).repeat(repeats, 1)  # (C, N)
            for at in range(step % an_epoch, an_epoch):
                rows = order[:, at * self.batch : (at + 1) * self.batch]
                yield self.x[rows], self.y[rows]
                step += 1

    def _order(self, epoch):
        """How each seed shuffles the examples in an epoch: (S, N)."""
        rngs = [torch.Generator().manual_seed((first_seed() + seed) * 1_000_003 + epoch) for seed in range(self.seeds)]
        return torch.stack([torch.randperm(len(self.x), generator=rng) for rng in rngs]).to(self.device)

    def noted(self, count):
        """Bytes of what is noted about so many copies besides their networks: losses and shuffles."""
        return 8 * count * (self.steps + 1 + (len(self.x) if self.batch else 0))

    def gradients(self, ensemble, x, y, step=0):
        """Sets every gradient of one step -> losses (C,), before the step is made; what dropout draws depends on the step alone."""
        with self.autocast(), seeded(first_seed() * 1_000_003 + step) if ensemble.random else contextlib.nullcontext():
            return ensemble.gradients(self.objective, x, y)

    def seconds_a_step(self, ensemble, enough):
        """How long one step of all copies takes; see `budget.timed`."""
        return timed(lambda: self.gradients(ensemble, *next(self.batches(ensemble))).cpu(), enough)[1]

    def looks(self):
        """The steps after which errors are noted, a sorted list."""
        if not self.classifies:
            return []
        return [*range(0, self.steps, self.every), self.steps] if self.every else [self.steps]

    def described(self, stacks):
        """What tells this training from another, but for steps and step sizes: name -> text.

        The functions are known by what they give: the networks at the start and near it, the loss with its penalty near and far.
        """
        kinds = {name: str(getattr(self, name)) for name in ("seeds", "optimizer", "batch", "clip", "precision", "every")}
        return kinds | {
            "data": _digest((self.x, self.y, *(self.test or ()))),
            "networks": _digest([str(stack.skeleton) for stack in stacks]),
            "weights at the start": _digest([v for stack in stacks for v in (*stack.params.values(), *stack.buffers.values())]),
            "what the networks give": " ".join(f"{self._given(stack, shift):.3g}" for stack in stacks for shift in (0.0, 0.1)),
            "loss": " ".join(f"{self._lost(stack, size):.3g}" for stack in stacks for size in (0.1, 1.0, 10.0, 100.0)),
            "first seed": str(first_seed()),
        }

    def _given(self, stack, shift):
        """What networks give whose parameters are shifted a little, along random numbers: a number."""
        rng = torch.Generator().manual_seed(1)
        params = {name: p + shift * _normal(p, rng) for name, p in stack.params.items()}
        out = replace(stack, params=params).outputs(self.example()[0][:PART]).double()
        return (out * _normal(out, rng)).mean().item()

    @torch.no_grad()
    def _lost(self, stack, size):
        """The loss with its penalty of outputs and parameters that are random numbers of this size: a number."""
        rng, (x, y) = torch.Generator().manual_seed(2), self.example()
        out = stack.only(slice(1)).outputs(x)[0]
        params = {name: size * _normal(p, rng)[0] for name, p in stack.params.items()}
        with seeded(0):  # a loss that draws
            return float(self.objective(params, size * _normal(out, rng), y))


def _normal(like, rng):
    return torch.randn(like.shape, generator=rng, dtype=torch.float64).to(like)


def _digest(values):
    """A few letters that change with any number in the tensors, or any letter in the texts."""
    digest = hashlib.sha256()
    for value in values:
        digest.update(value.encode() if isinstance(value, str) else value.detach().cpu().contiguous().view(torch.uint8).numpy())
    return digest.hexdigest()[:12]
