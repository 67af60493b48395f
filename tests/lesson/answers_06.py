"""What readers answer to the exercises of notebook 06: right answers in many forms, and mistakes with words of their hints."""

import copy
import functools
import math

import numpy as np
import torch

from skiplab import Gate, Skip
from skiplab.base.rng import drawing
from skiplab.nets import recurrent

NAN, INF = float("nan"), float("inf")


def drawn(cell, **how):
    """A cell with 4 inputs and 32 units, always the same one."""
    with drawing(0):
        return cell(4, 32, **how)


def shut_gru(bias, rows=slice(8, 16), **how):
    """A GRU of torch's with that bias, by default of z."""
    gru = torch.nn.GRU(3, 8, **how)
    gru.bias_ih_l0.data[rows] = bias
    return gru


def with_zeros(gru):
    """The GRU with 0 for all that z reads and recalls."""
    for weight in (gru.weight_ih_l0, gru.weight_hh_l0):
        weight.data[8:16] = 0
    return gru


def by_hand(keep="z", r_at="matrix", squash=torch.tanh):
    """A GRU step with one slip, or none."""

    def mended(x, h, cell):
        read, recalled = x @ cell.weight_ih.T + cell.bias_ih, h @ cell.weight_hh.T + cell.bias_hh
        a, u = read.chunk(3, -1), recalled.chunk(3, -1)
        r, z = torch.sigmoid(a[0] + u[0]), torch.sigmoid(a[1] + u[1])
        U, b = cell.weight_hh.chunk(3)[2], cell.bias_hh.chunk(3)[2]
        n = squash(a[2] + {"matrix": r * u[2], "h": (r * h) @ U.T + b, "product": r * (h @ U.T) + b, "nowhere": u[2]}[r_at])
        z = z if keep == "z" else 1 - z
        return z * h + (1 - z) * n

    return mended


def swapped_blocks(x, h, cell):
    """Takes the rows of z for those of r."""
    other = torch.nn.GRUCell(cell.input_size, cell.hidden_size).double()
    other.load_state_dict({name: torch.cat([(p := weight.chunk(3))[1], p[0], p[2]]) for name, weight in cell.state_dict().items()})
    return other(x, h)


def in_numpy(x, h, cell):
    return by_hand()(x, h, cell).numpy()


def by_sequence(x, h, cell):
    """One step of torch.nn.GRU, with the cell's weights."""
    gru = torch.nn.GRU(cell.input_size, cell.hidden_size).double()
    gru.load_state_dict({f"{name}_l0": weight for name, weight in cell.state_dict().items()})
    return gru(x[None], h[None])[0][0]


def as_identity():
    """An RNN whose recurrent matrix is the identity (Le, Jaitly and Hinton 2015)."""
    cell = recurrent.RNN(4, 32)
    cell.weight_hh.data = torch.eye(32)
    return cell


def nearly_identity():
    """An RNN whose recurrent matrix is the identity, and a little noise."""
    cell = recurrent.RNN(4, 32)
    cell.weight_hh.data = torch.eye(32) + 0.05 * torch.randn(32, 32)
    return cell


class Highway(torch.nn.Module):
    """(1 - z) x + z branch(x), or what else is made of the three."""

    def __init__(self, branch, gate, add=lambda x, z, new: (1 - z) * x + z * new, squash=None):
        super().__init__()
        self.branch, self.gate, self.add, self.squash = branch, gate, add, squash or torch.nn.Sigmoid()

    def forward(self, x):
        branch = self.branch[0] if isinstance(self.branch, list) else self.branch
        return self.add(x, self.squash(self.gate(x)), branch(x))


def WithSkips(branch, gate):
    """The same of skiplab's own parts."""
    return Skip(branch, Gate(torch.nn.Sequential(gate, torch.nn.Sigmoid())))


def irnn(x, W, V, step=None):
    """Every state, from 0 on; `step` is another one's step."""
    step = step or (lambda h, x: torch.relu(h + W @ x + V @ h))
    h, states = torch.zeros(len(W), dtype=x.dtype), []
    for x_t in x:
        h = step(h, x_t)
        states.append(h)
    return torch.stack(states)


def by_torch(x, W, V):
    rnn = torch.nn.RNN(W.shape[1], len(W), nonlinearity="relu", bias=False).double()
    rnn.load_state_dict({"weight_ih_l0": W, "weight_hh_l0": V + torch.eye(len(W))})
    return rnn(x)[0]


class WithSkip(recurrent.RNN):
    """An RNN of its maker's own, with a skip after all."""

    def advance(self, read, state):
        return (state[0] + super().advance(read, state)[0],)


LUCKY = drawn(recurrent.RNN, gain=1.6)


RIGHT = {
    "06-a": [-3.345, np.float64(-3.34), -math.log(0.5**0.05 / (1 - 0.5**0.05)), torch.tensor(-3.35)],
    "06-b": [shut_gru(100.0), shut_gru(100.0).double(), shut_gru(1e4, batch_first=True), with_zeros(shut_gru(50.0)), shut_gru(INF)],
    "06-c": [Highway, lambda branch, gate: Highway(copy.deepcopy(branch), gate), WithSkips,
             lambda branch, gate: Highway(branch, gate, lambda x, z, new: x + z * (new - x))],
    "06-d": [lambda x, h, cell: cell(x, h), by_hand(), in_numpy, by_sequence],
    "06-e": [lambda: recurrent.RNN(4, 32, gain=1.6), lambda: recurrent.RNN(4, 32, gain=1.8), lambda: recurrent.RNN(4, 32, gain=2),
             functools.partial(recurrent.RNN, 4, 32, gain=1.7), nearly_identity],
    "06-f": [irnn, lambda x, W, V: irnn(x, W, V).tolist(), by_torch,
             lambda x, W, V: irnn(x, W, V, lambda h, x: (h + W @ x + V @ h).clamp(min=0))],
}  # fmt: skip

WRONG = {
    "06-a": [
        (3.345, "which sign"),
        (-2, "Shut it more"),
        (0, "Shut it more"),
        (-3.3, "Shut it more"),
        (-2.944, "Shut it more"),
        (20, "Shut it more"),
        (INF, "Shut it more"),
        (-3.4, "may open more"),
        (-20, "may open more"),
        (-1000, "may open more"),
        (-INF, "may open more"),
        ("-3.345", "one number"),
        ([-3.345], "one number"),
        (NAN, "one number"),
        (shut_gru(-3.345), "one number"),
    ],
    "06-b": [
        (shut_gru(-100.0), "wide open"),
        (torch.nn.GRU(3, 8), "rows 8 to 15"),
        (shut_gru(5.0), "rows 8 to 15"),
        (shut_gru(10.0), "rows 8 to 15"),
        (shut_gru(15.0), "the last state is not the first"),
        (shut_gru(20.0), "Where it reads large numbers"),
        (shut_gru(100.0, slice(0, 8)), "rows 8 to 15"),
        (shut_gru(100.0, slice(16, 24)), "rows 8 to 15"),
        (shut_gru(100.0, slice(8, 15)), "rows 8 to 15"),
        (shut_gru(NAN), "the last state is not the first"),
        (torch.nn.GRU(8, 3), "GRU(8, 3)"),
        (torch.nn.GRU(3, 8, bidirectional=True), "bidirectional"),
        (torch.nn.GRU(3, 8, 2), "num_layers=2"),
        (torch.nn.GRU(3, 8, bias=False), "bias=False"),
        (torch.nn.GRUCell(3, 8), "this is of type GRUCell."),
        (drawn(recurrent.GRU, bias=-100.0), "this is of type GRU."),
        (torch.nn.GRU, "this is the class GRU."),
        (100.0, "this is of type float."),
    ],
    "06-c": [
        (lambda branch, gate: Highway(branch, gate, lambda x, z, new: z * x + (1 - z) * new), "z should let the new in"),
        (lambda branch, gate: Highway(branch, gate, lambda x, z, new: x + z * new), "always passes whole"),
        (lambda branch, gate: Highway(branch, gate, squash=torch.nn.Identity()), "what brings it between 0 and 1"),
        (lambda branch, gate: Highway(branch, gate, lambda x, z, new: z * new), "no skip"),
        (lambda branch, gate: Highway(branch, gate, lambda x, z, new: x), "Compare it"),
        (lambda branch, gate: Highway(branch, gate, lambda x, z, new: (x + new) / 2), "Compare it"),
        (lambda branch, gate: Highway(branch, gate, squash=torch.nn.Tanh()), "Compare it"),
        (lambda branch, gate: Highway(gate, branch), "Compare it"),
        (lambda branch, gate: Highway(branch, gate, lambda x, z, new: z.mean() * new), "Compare it"),
        (lambda branch, gate: Highway(branch, gate, lambda x, z, new: new[:1]), "a tensor of that shape"),
        (lambda branch, gate: Highway(branch, gate, lambda x, z, new: (x, z)), "a tensor of that shape"),
        (lambda branch, gate: Highway([branch], gate), "no part of your module that can learn"),
        (lambda branch, gate: Highway(branch, lambda x: gate(x)), "no part of your module that can learn"),
        (lambda branch, gate: Highway(branch, gate.requires_grad_(False)), "no part of your module that can learn"),
        (lambda branch, gate: lambda x: x, "this is of type function."),
        (lambda branch, gate: Highway, "this is the class Highway."),
        (lambda branch, gate: None, "is a return missing"),
        (lambda branch: branch, "TypeError"),
        (0.5, "Give a function highway(branch, gate) -> module."),
    ],
    "06-d": [
        (by_hand(keep="1 - z", r_at="h"), "Two things"),
        (by_hand(keep="1 - z"), "z = 1 keeps"),
        (by_hand(r_at="h"), "not h"),
        (by_hand(r_at="product"), "inside what r multiplies or outside"),
        (by_hand(keep="1 - z", r_at="product"), "the other way round"),
        (by_hand(r_at="nowhere"), "line by line"),
        (by_hand(squash=torch.relu), "line by line"),
        (swapped_blocks, "line by line"),
        (lambda x, h, cell: h, "line by line"),
        (lambda x, h, cell: by_hand()(x, 0 * h, cell), "line by line"),
        (lambda x, h, cell: cell(x), "line by line"),
        (lambda x, h, cell: cell(x, h) + 1e-3, "line by line"),
        (lambda x, h, cell: (cell(x, h), h), "returns (2, 4, 5)"),
        (lambda x, h, cell: cell(x, h)[:, :1], "numbers of shape (4, 5), and returns (4, 1)"),
        (lambda x, h, cell: cell(x, h) * NAN, "NaN"),
        (lambda x, h, cell: h.copy_(cell(x, h)), "in place"),
        (lambda x, h, cell: cell, "returns something else"),
        (torch.nn.GRUCell(3, 5), "stopped with"),
        ("cell(x, h)", "Give a function mended_step(x, h, cell) -> the next h."),
    ],
    "06-e": [
        (drawn(recurrent.RNN, init="orthogonal"), "this is of type RNN. One draw may be a lucky one."),
        (LUCKY, "One draw may be a lucky one"),
        (lambda: LUCKY, "the same network twice"),
        (lambda: drawn(recurrent.RNN, init="orthogonal"), "the same network twice"),
        (lambda: recurrent.RNN(4, 32, init="orthogonal"), "which you know"),
        (lambda: recurrent.RNN(4, 32, init="orthogonal", gain=0.9), "which you know"),
        (as_identity, "That is an orthogonal matrix"),
        (lambda: recurrent.RNN(4, 32), "less than 0.8 a step"),
        (lambda: recurrent.RNN(4, 32, gain=1.2), "less than 0.8 a step"),
        (lambda: recurrent.RNN(4, 32, gain=0.0), "less than 0.8 a step"),
        (lambda: recurrent.RNN(4, 32, gain=3.0), "too much"),
        (lambda: recurrent.RNN(4, 32, gain=2.6), "too much"),
        (lambda: recurrent.RNN(4, 16), "4 inputs, 32 units"),
        (lambda: recurrent.RNN(3, 32, init="orthogonal"), "4 inputs, 32 units"),
        (lambda: recurrent.GRU(4, 32), "no gate"),
        (lambda: recurrent.AddRNN(4, 32), "no skip"),
        (lambda: WithSkip(4, 32, init="orthogonal"), "no skip"),
        (lambda: torch.nn.RNN(4, 32), "this makes something of type RNN."),
        (lambda: recurrent.RNN, "this makes something the class RNN"),
        (lambda: None, "is a return missing"),
        (lambda seed: recurrent.RNN(4, 32), "stopped with TypeError"),
        (lambda: recurrent.RNN(4, 32, init="identity"), "stopped with ValueError"),
        (recurrent.RNN, "this is the class RNN."),
        (3, "this is of type int."),
    ],
    "06-f": [
        (lambda x, W, V: irnn(x, W, V, lambda h, x: torch.relu(W @ x + V @ h)), "h itself is not added"),
        (lambda x, W, V: irnn(x, W, V, lambda h, x: h + torch.relu(W @ x + V @ h)), "outside the sum"),
        (lambda x, W, V: irnn(x, W, V, lambda h, x: torch.tanh(h + W @ x + V @ h)), "That is a tanh"),
        (lambda x, W, V: irnn(x, W, V, lambda h, x: h + W @ x + V @ h), "The ReLU is missing"),
        (lambda x, W, V: irnn(x, W, V, lambda h, x: torch.relu(h + W @ x + h @ V)), "V has to be on the left"),
        (lambda x, W, V: irnn(x, W, V, lambda h, x: torch.relu(h + W @ x)), "step by step"),
        (lambda x, W, V: irnn(x, W, V, lambda h, x: torch.sigmoid(h + W @ x + V @ h)), "step by step"),
        (lambda x, W, V: irnn(x, W, V, lambda h, x: torch.relu(2 * h + W @ x + V @ h)), "step by step"),
        (lambda x, W, V: torch.relu(x @ W.T), "step by step"),
        (lambda x, W, V: irnn(x.flip(0), W, V), "step by step"),
        (lambda x, W, V: irnn(x, W, V)[-1], "numbers of shape (7, 5), and returns (5,)"),
        (lambda x, W, V: irnn(x, W, V).T, "numbers of shape (7, 5), and returns (5, 7)"),
        (lambda x, W, V: torch.cat([torch.zeros(1, len(W)), irnn(x, W, V)]), "and returns (8, 5)"),
        (lambda x, W, V: NAN * irnn(x, W, V), "NaN"),
        (lambda x, W, V: [irnn(x, W, V)].clear(), "is a return missing"),
        (lambda x: x, "stopped with TypeError"),
        (7, "Give a function irnn(x, W, V) -> states."),
    ],
}  # fmt: skip
