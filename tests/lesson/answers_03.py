"""What readers answer to the exercises of notebook 03: right answers in many forms, and mistakes with words of their hints."""

import copy

import numpy as np
import torch
from torch.nn import functional as F

from skiplab import Add, Concat, Gate, Skip
from skiplab.nets import residual

NAN, INF = float("nan"), float("inf")


class Skipped(torch.nn.Module):
    """conv(x) + shortcut(x), and whatever else is asked for."""

    def __init__(self, conv, shortcut=None, after=lambda y: y, keep=True):
        super().__init__()
        self.conv = conv if keep else [conv]
        same = conv.in_channels == conv.out_channels
        self.shortcut = torch.nn.Identity() if same else shortcut or torch.nn.Conv2d(conv.in_channels, conv.out_channels, 1, bias=False)
        self.after = after

    def forward(self, x):
        conv = self.conv[0] if isinstance(self.conv, list) else self.conv
        return self.after(conv(x) + self.shortcut(x))


class ByLinear(torch.nn.Module):
    """The projection as a matrix over the channels."""

    def __init__(self, conv):
        super().__init__()
        self.conv, same = conv, conv.in_channels == conv.out_channels
        self.project = None if same else torch.nn.Linear(conv.in_channels, conv.out_channels)

    def forward(self, x):
        return self.conv(x) + (x if self.project is None else self.project(x.movedim(1, 3)).movedim(3, 1))


class OnlyWhereItFits(torch.nn.Module):
    """A skip where the channels agree, and none where they change."""

    def __init__(self, conv):
        super().__init__()
        self.conv = conv

    def forward(self, x):
        y = self.conv(x)
        return x + y if x.shape == y.shape else y


def mapped(function):
    """A module without an attribute of its own that computes function(x)."""

    class Module(torch.nn.Module):
        def forward(self, x):
            return function(x)

    return Module()


def padded(conv):
    """A shortcut without parameters: channels of zeros."""
    return Skipped(conv, residual.padding(conv.in_channels, conv.out_channels))


class Block(torch.nn.Module):
    """relu(x + F(x)), as a module."""

    def forward(self, x, W1, W2):
        return F.relu(x + F.linear(F.relu(F.linear(x, W1)), W2))


def block_in_numpy(x, W1, W2):
    x, W1, W2 = (part.numpy() for part in (x, W1, W2))
    return np.maximum(x + np.maximum(x @ W1.T, 0) @ W2.T, 0)


def by_columns(x, W1, W2):
    return (x.T + W2 @ (W1 @ x.T).clamp(min=0)).clamp(min=0).T


RIGHT = {
    "03-a": [128 * 256 + 2 * 256, np.int64(33_280), 33_280.0, torch.tensor(33_280),
             sum(p.numel() for p in residual.projection(128, 256, 2).parameters())],
    "03-b": [Add(gamma=1 / 27), Add(gamma=0.1), Add(gamma=torch.nn.Parameter(torch.zeros(()))), Gate(0.1, carry=0.97)],
    "03-c": [Skipped, ByLinear, lambda conv: Skipped(copy.deepcopy(conv)), lambda conv: Skip(conv, shortcut=Skipped(conv).shortcut),
             lambda conv: Skipped(conv, torch.nn.Conv2d(conv.in_channels, conv.out_channels, 1))],
    "03-d": [lambda x, W1, W2: torch.relu(x + torch.relu(x @ W1.T) @ W2.T), Block(), block_in_numpy, by_columns,
             lambda x, W1, W2: torch.relu(x + torch.relu(x @ W1.T) @ W2.T).float().numpy()],
}  # fmt: skip

WRONG = {
    "03-a": [
        (128 * 256, "scale and a shift"),
        (128 * 256 + 256, "no bias"),
        (9 * 128 * 256 + 512, "1×1"),
        (9 * 128 * 256, "each pair of channels"),
        (128 * 256 + 128, "each pair of channels"),
        (128 + 256, "each pair of channels"),
        (256 * 256 + 2 * 256, "each pair of channels"),
        (128 * 256 + 4 * 256, "each pair of channels"),
        (33_000, "each pair of channels"),
        (0, "each pair of channels"),
        (7, "each pair of channels"),
        (INF, "each pair of channels"),
        ("33280", "one number"),
        ([33_280], "one number"),
        ((128, 256), "one number"),
    ],
    "03-b": [
        (Add(), "labels most of the digits wrong. The untrained blocks make the signal more than five times as large"),
        (Add(gamma=1e-3), "digits wrong. The branches are so small"),
        (Gate(0.1), "digits wrong. The shortcuts alone hand on less than a third of the signal"),
        (Add(gamma=27**-0.5), "1/√L, which you know"),
        (Add(gamma=0.19), "1/√L, which you know"),
        (Add(gamma=lambda x: 27**-0.5), "1/√L, which you know"),
        (Gate(27**-0.5, carry=1.0), "1/√L, which you know"),
        (Add(gamma=1e-9), "Only the stem and the head learn"),
        (0.1, "Add(gamma=0.1)"),
        (torch.tensor(0.5), "Add(gamma=0.5)"),
        ("concat", "keeps the width"),
        (Concat(), "keeps the width"),
        (residual.mlp(64, 10, 4), "this is of type Sequential.\n"),
        ({}, "such as Add(gamma=1.0), or the name of one; this is of type dict.\n"),
        (Add, "this is the class Add.\n"),
        ("sum", "this is 'sum'.\n"),
    ],
    "03-c": [
        (lambda conv: conv, "Return an nn.Module of your own; this is of type Conv2d."),
        (lambda conv: lambda x: x + conv(x), "this is of type function."),
        (lambda conv: Skipped, "this is the class Skipped."),
        (lambda conv: torch.nn.Sequential(conv), "should compute x + conv(x), and nothing else"),
        (lambda conv: torch.nn.Sequential(conv, conv) if conv.in_channels == 4 else conv, "should compute x + conv(x)"),
        (lambda conv: Skipped(conv, after=torch.relu), "should compute x + conv(x)"),
        (lambda conv: Skipped(conv, after=lambda y: y / 2), "should compute x + conv(x)"),
        (OnlyWhereItFits, "Where the channels change there is no skip"),
        (padded, "has nothing to learn: make it"),
        (lambda conv: Skipped(conv, torch.nn.Conv2d(conv.in_channels, conv.out_channels, 3, padding=1)), "one pixel at a time"),
        (lambda conv: Skipped(conv, torch.nn.Sequential(torch.nn.Conv2d(3, 8, 1), torch.nn.ReLU())), "no ReLU in it"),
        (lambda conv: Skipped(conv, after=torch.relu if conv.out_channels == 8 else lambda y: y), "no ReLU in it"),
        (lambda conv: Skipped(conv, keep=False), "self.conv = conv"),
        (lambda conv: mapped(lambda x: x + conv(x)), "self.conv = conv"),
        (lambda conv: Skipped(conv.requires_grad_(False)), "that can learn"),
        (lambda conv: Skip(conv, Concat()), "gives (2, 4, 6, 5): so should your module"),
        (lambda conv: mapped(lambda x: x.mean()), "so should your module"),
        (lambda conv: ByLinear(conv)(torch.zeros(1, 4, 2, 2)), "this is of type Tensor."),
        (lambda conv: None, "is a return missing"),
        (lambda: None, "TypeError"),
        (torch.nn.Conv2d(4, 4, 3), "stopped with"),
        (3, "Give a function add_skip(conv) -> module."),
    ],
    "03-d": [
        (lambda x, W1, W2: torch.relu((h := torch.relu(x @ W1.T)) + h @ W2.T), "given away"),
        (lambda x, W1, W2: x + torch.relu(torch.relu(x @ W1.T) @ W2.T), "after the sum"),
        (lambda x, W1, W2: x + torch.relu(x @ W1.T) @ W2.T, "missing after the sum"),
        (lambda x, W1, W2: torch.relu(torch.relu(x @ W1.T) @ W2.T), "no skip"),
        (lambda x, W1, W2: torch.relu(x + x @ W1.T @ W2.T), "between the two matrices"),
        (lambda x, W1, W2: torch.relu(x + torch.relu(x @ W1) @ W2), "transposed"),
        (lambda x, W1, W2: torch.relu(x + torch.relu(x @ W2.T) @ W1.T), "line by line"),
        (lambda x, W1, W2: torch.relu(x - torch.relu(x @ W1.T) @ W2.T), "line by line"),
        (lambda x, W1, W2: torch.relu(x) + torch.relu(torch.relu(x @ W1.T) @ W2.T), "line by line"),
        (lambda x, W1, W2: torch.relu(x + torch.relu(x @ W1.T + 1e-3) @ W2.T), "line by line"),
        (lambda x, W1, W2: torch.relu(x), "line by line"),
        (lambda x, W1, W2: Block()(x, W1, W2)[:1], "numbers of shape (6, 4), and returns (1, 4)"),
        (lambda x, W1, W2: Block()(x, W1, W2).T, "returns (4, 6)"),
        (lambda x, W1, W2: NAN * x, "NaN"),
        (lambda x, W1, W2: x.relu_(), "in place"),
        (lambda x, W1, W2: torch.relu(x.add_(torch.relu(x @ W1.T) @ W2.T)), "in place"),
        (lambda x, W1, W2: 3, "numbers of shape (6, 4), and returns ()"),
        (lambda x, W1, W2: torch.relu(x + W2 @ torch.relu(W1 @ x)), "stopped with RuntimeError"),
    ],
}  # fmt: skip
