"""Tasks in which what matters was seen long ago: made here from a seed, with as many examples as one likes.

Each function gives (x, y): x (N, T, inputs), and y what a network should say after the last step, on `device.device()`.
"""

import torch

from skiplab.base.device import device
from skiplab.base.errors import need_number, need_whole
from skiplab.base.rng import jittered
from skiplab.base.seeds import first_seed

LONGEST, MOST = 10_000, 1_000_000


def adding(count, length=20, seed=0):
    """The adding problem (Hochreiter and Schmidhuber 1997): add the two numbers that are marked.

    x (N, T, 2): a number from 0 to 1 at each step, and a mark, 1 at one step of each half, else 0. y (N, 1), the sum of both. Who
    always says 1 has a mean squared error of 1/6.
    """
    rng = _generator(count, length, 4, seed)
    values, rows = torch.rand(count, length, generator=rng, dtype=torch.float32), torch.arange(count)
    marks, half = torch.zeros_like(values), length // 2
    for start, end in ((0, half), (half, length)):
        marks[rows, torch.randint(start, end, (count,), generator=rng)] = 1
    return _placed(torch.stack([values, marks], -1), (values * marks).sum(1, keepdim=True))


def recall(count, length=20, classes=4, noise=0.5, seed=0):
    """Delayed recall: which of the classes was shown at the first step?

    x (N, T, classes + 1): at the first step the class, one-hot, and a flag of 1; after it normal noise of standard deviation
    `noise` in the classes, and a flag of 0. y (N,) int64, the class.
    """
    rng = _generator(count, length, 2, seed)
    need_whole("classes", classes, 2, 1000)
    need_number("noise", noise, 0)
    y = torch.randint(classes, (count,), generator=rng)
    x = noise * torch.randn(count, length, classes, generator=rng, dtype=torch.float32)
    x[:, 0] = torch.nn.functional.one_hot(y, classes)
    x = torch.nn.functional.pad(x, (0, 1))
    x[:, 0, -1] = 1
    return _placed(x, y)


def latest(count, length=20, classes=4, noise=0.5, seed=0):
    """Which class was shown last? A recall in which each class that is shown replaces the one before.

    x (N, T, classes + 1): in the first half of the steps one class, one-hot, with a flag of 1, and at each step, with a chance of 1/5,
    another one; elsewhere normal noise of standard deviation `noise` in the classes, and a flag of 0. y (N,) int64, the last class.
    """
    rng = _generator(count, length, 2, seed)
    need_whole("classes", classes, 2, 1000)
    need_number("noise", noise, 0)
    rows, flags = torch.arange(count), torch.rand(count, length, generator=rng, dtype=torch.float32) < 0.2
    flags[rows, torch.randint(length // 2, (count,), generator=rng)] = True
    shown = torch.randint(classes, (count, length), generator=rng)
    x = noise * torch.randn(count, length, classes, generator=rng, dtype=torch.float32)
    x = torch.where(flags[..., None], torch.nn.functional.one_hot(shown, classes).to(x), x)
    at = (flags * torch.arange(1, length + 1)).argmax(1)  # of the last flag
    return _placed(torch.cat([x, flags[..., None].to(x)], -1), shown[rows, at])


def reversal(count, length=6, symbols=8, seed=0):
    """Say a sequence backwards, which needs every place to look at another one: x and y (N, T) int64, symbols 0 … symbols - 1."""
    rng = _generator(count, length, 2, seed)
    need_whole("symbols", symbols, 2, 100_000)
    x = torch.randint(symbols, (count, length), generator=rng)
    return _placed(x, x.flip(-1))


def _placed(*parts):
    return tuple(jittered(part).to(device()) for part in parts)


def _generator(count, length, shortest, seed):
    """The generator of one set of examples: other ones for each `seed` and for each first seed of a notebook."""
    need_whole("count", count, 1, MOST)
    need_whole("length", length, shortest, LONGEST)
    return torch.Generator().manual_seed(10 * first_seed() + need_whole("seed", seed, 0, 9))
