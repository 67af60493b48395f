"""What readers answer to the exercises of notebooks 02 and 03: right answers in many forms, and mistakes with words of their hints."""

import copy
import functools

import numpy as np
import torch
from torch.nn import functional as F

from skiplab import Add, Concat, Gate, Skip
from skiplab.nets import residual
from skiplab.probe.stack import Config

NAN, INF = float("nan"), float("inf")
FIRST, LAST = ("0.weight", "0.bias"), ("2.weight", "2.bias")  # the layers of a branch


def backward(order=reversed, turn=lambda J: J.T, keep=lambda lam: lam):
    """A backward pass with that order of blocks, that matrix and that strength."""

    def mended(J, head, lam=1.0):
        g = head
        for J_l in order(list(J)):
            g = keep(lam) * g + turn(J_l) @ g
        return g

    return mended


def one_matrix(J, head, lam):
    whole = torch.eye(len(head), dtype=J.dtype)
    for J_l in J:
        whole = (lam * torch.eye(len(head)) + J_l) @ whole
    return whole.T @ head


def by_vjp(J, head, lam):
    x = torch.zeros_like(head, requires_grad=True)
    h = x
    for J_l in J:
        h = lam * h + J_l @ h
    return torch.autograd.grad(h @ head, x)[0]


def in_numpy(J, head, lam):
    g = head.numpy()
    for J_l in J.numpy()[::-1]:
        g = lam * g + J_l.T @ g
    return g


def to_first_alone(J, head, lam):
    return lam * head + J[0].T @ head


def with_block(net, zero, merge="add", first=False, learns=True, size=0.0):
    """The net with one block more, at the end or `first`, in whose branch the parameters named in `zero` are 0, or `size`."""
    block = residual.block(32, merge)
    for name in zero:
        torch.nn.init.constant_(block[0].branch.get_parameter(name), size)
    net.blocks.insert(0 if first else len(net.blocks), block.requires_grad_(learns))
    return net


def with_layer(net):
    """The net with one block more, of a single linear layer that is 0."""
    layer = torch.nn.Linear(32, 32)
    for weight in layer.parameters():
        torch.nn.init.zeros_(weight)
    net.blocks.append(Skip(layer))
    return net


def built_anew(net):
    """A deeper network, with the weights of the first; its last block ends in zeros."""
    deeper = residual.mlp(64, 10, 2 * len(net.blocks) + 4, init="fixup")
    deeper.load_state_dict(net.state_dict(), strict=False)
    return deeper


def forgotten(net):
    """A deeper network with the weights of the first, but for its biases."""
    deeper = residual.mlp(64, 10, 2 * len(net.blocks) + 4, init="fixup")
    deeper.load_state_dict({name: weight for name, weight in net.state_dict().items() if "bias" not in name}, strict=False)
    return deeper


def with_the_rest_frozen(net):
    """The net with one block more, the only one that can learn."""
    return with_block(net.requires_grad_(False), LAST)


def with_nothing(net):
    net.blocks.append(torch.nn.Identity())
    return net


def with_two(net):
    return with_block(with_block(net, LAST), LAST)


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
    "02-a": [[0.107, 6.19], (0.11, 6.2), np.array([0.8, 1.2]) ** 10, torch.tensor([0.8, 1.2]) ** 10],
    "02-b": [0.045, 1 - 0.1 ** (1 / 50), np.float32(0.045), torch.tensor(0.0449)],
    "02-c": [Config("add", init="he", gamma="1/L"), Config("add", init="he", norm="layer"),
             Config("add", init="he", gamma="1/√L", norm="layer"), Config(merge="add", lam=1, init="he", activation="tanh", gamma="1/L")],
    "02-d": [backward(), one_matrix, by_vjp, in_numpy,
             lambda J, head, lam: functools.reduce(lambda g, J_l: lam * g + g @ J_l, J.flip(0), head)],
    "03-a": [128 * 256 + 2 * 256, np.int64(33_280), 33_280.0, torch.tensor(33_280),
             sum(p.numel() for p in residual.projection(128, 256, 2).parameters())],
    "03-b": [Add(gamma=1 / 27), Add(gamma=0.1), Add(gamma=torch.nn.Parameter(torch.zeros(()))), Gate(0.1, carry=0.97)],
    "03-c": [lambda net: with_block(net, LAST), lambda net: with_block(net, LAST, first=True), with_layer, with_the_rest_frozen,
             lambda net: with_block(copy.deepcopy(net), LAST), lambda net: with_block(net, (*LAST, "0.weight")), built_anew,
             lambda net: with_block(net, (), Add(gamma=torch.nn.Parameter(torch.zeros(()))))],
    "03-d": [lambda x, W1, W2: torch.relu(x + torch.relu(x @ W1.T) @ W2.T), Block(), block_in_numpy, by_columns,
             lambda x, W1, W2: torch.relu(x + torch.relu(x @ W1.T) @ W2.T).float().numpy()],
}  # fmt: skip

WRONG = {
    "02-a": [
        ([6.19, 0.107], "lower one first"),
        ([-0.97, 0.79], "logarithms"),
        ([0.1, 6.19], "The lower bound"),
        ([0.8, 1.2], "The lower bound"),
        ([8, 12], "The lower bound"),
        ([0, 6.19], "The lower bound"),
        ([0.107, 0.107], "The lower bound"),
        ([1e-7, 6.19], "The lower bound"),
        ([0.107, 6.3], "The lower bound"),
        ([0.107], "The lower bound"),
        (58, "The lower bound"),
        ([0.107, INF], "The lower bound"),
        ({"lower": 0.107, "upper": 6.19}, "The lower bound"),
    ],
    "02-b": [
        (0.0444, "could be larger"),
        (0.044, "could be larger"),
        (0.01, "could be larger"),
        (0, "could be larger"),
        (0.0451, "the guarantee is 0.0995. That is less than a tenth"),
        (0.046, "less than a tenth"),
        (0.05, "less than a tenth"),
        (0.1, "less than a tenth"),
        (0.955, "less than a tenth"),
        (1, "less than a tenth"),
        (4.5, "from 0 to 1"),
        (-0.045, "from 0 to 1"),
        (-1e300, "from 0 to 1"),
        ("0.045", "one number"),
        ([0.045], "one number"),
    ],
    "02-c": [
        (Config("add", init="he", gamma="0"), "silent"),
        (Config("add", init="he"), "more than a factor of 10"),
        (Config("add", init="he", gamma="1/√L"), "more than a factor of 10"),
        (Config("add", init="he", norm="batch"), "more than a factor of 10"),
        (Config("add", init="he", activation="linear"), "more than a factor of 10"),
        (Config("none", init="he"), "Keep merge"),
        (Config("gate", init="he"), "Keep merge"),
        (Config("concat", init="he"), "Keep merge"),
        (Config("add", lam=0.9, init="he", gamma="1/L"), "Keep merge"),
        (Config("add", gamma="1/L"), "Keep merge"),
        (Config("add", init="orthogonal", gamma="1/L"), "Keep merge"),
        (Config, "this is the class Config."),
        (Add(gamma=0.01), "this is of type Add."),
        ("1/L", "this is of type str."),
        ({"merge": "add", "gamma": "1/L"}, "this is of type dict."),
    ],
    "02-d": [
        (lambda J, head, lam=1.0: head, "one block"),
        (backward(order=list, turn=lambda J: J), "forward from the input"),
        (backward(order=list), "In which order"),
        (backward(turn=lambda J: J), "instead of J"),
        (backward(keep=lambda lam: 1 - lam), "one block"),
        (backward(keep=lambda lam: 0.5), "one block"),
        (backward(keep=lambda lam: 1), "Where is λ"),
        (backward(keep=lambda lam: 0), "by the skip as well"),
        (backward(turn=lambda J: -J.T), "one block"),
        (to_first_alone, "one block"),
        (lambda J, head, lam: lam * head + J.sum(0).T @ head, "one block"),
        (lambda J, head, lam: backward()(J, head, lam).norm(), "numbers of shape (3,), and returns ()"),
        (lambda J, head, lam: backward()(J, head, lam)[None], "returns (1, 3)"),
        (lambda J, head, lam: NAN * head, "NaN"),
        (lambda J, head, lam=1.0: head.add_(1), "in place"),
        (lambda J, head: head, "TypeError"),
    ],
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
        (lambda net: net, "4 blocks"),
        (with_two, "4 blocks"),
        (lambda net: net.blocks, "4 blocks"),
        (lambda net: residual.block(32), "4 blocks"),
        (lambda net: residual.mlp(64, 10, 10), "output changed"),
        (lambda net: with_block(net, ()), "output changed"),
        (lambda net: with_block(net, LAST, size=1e-7), "output changed"),
        (lambda net: with_block(net, FIRST), "output changed"),
        (lambda net: with_block(net, (), Add(gamma=1e-6)), "output changed"),
        (lambda net: with_block(net, (*FIRST, "2.weight")), "output changed"),
        (lambda net: with_block(net, LAST, Gate(0.5)), "output changed"),
        (forgotten, "output changed"),
        (lambda net: built_anew(net) if len(net.blocks) == 3 else net, "2 blocks"),
        (lambda net: with_block(net, (), Add(gamma=0.0)), "never learn"),
        (lambda net: with_block(net, (), Add(gamma=0.0), first=True), "never learn"),
        (lambda net: with_block(net, (), Gate(0.0)), "never learn"),
        (lambda net: with_block(net, LAST, learns=False), "never learn"),
        (with_nothing, "never learn"),
        (lambda net: with_block(net, (*FIRST, *LAST)), "Only a bias"),
        (lambda net: with_block(net, (*FIRST, *LAST), first=True), "Only a bias"),
        (lambda net: with_block(net, (*FIRST, "2.bias", "2.weight")), "Only a bias"),
        (lambda net: net.blocks.append(residual.block(32)) and None, "is a return missing"),
        (lambda: residual.block(32), "TypeError"),
        (residual.mlp(64, 10, 10), "stopped with"),
        (4, "Give a function deeper(net) -> net."),
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
