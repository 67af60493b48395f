"""What readers answer to the exercises of notebooks 06 and 07: right answers in many forms, and mistakes with words of their hints."""

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


def pre_ln(x, norm1, attention, norm2, mlp):
    x = x + attention(norm1(x))
    return x + mlp(norm2(x))


class PreLN(torch.nn.Module):
    """The same as a module."""

    def forward(self, x, norm1, attention, norm2, mlp):
        h = x + attention(norm1(x))
        return h + mlp(norm2(h))


def added_in_place(x, norm1, attention, norm2, mlp):
    x += attention(norm1(x))
    x += mlp(norm2(x))
    return x


def from_outside(x, norm1, attention, norm2, mlp):
    """The second skip begins at x."""
    return x + mlp(norm2(x + attention(norm1(x))))


def side_by_side(x, norm1, attention, norm2, mlp):
    return x + attention(norm1(x)) + mlp(norm2(x))


def wrong_norms(kind):
    """A Transformer block with a usual mistake in where its norms stand."""

    def late(x, n1, a, n2, m):
        h = n1(x + a(x))
        return n2(h + m(h))

    def mended_half(second):
        return lambda x, n1, a, n2, m: (lambda h: second(h, n1, n2, m))(x + a(n1(x)))

    return {
        "early": lambda x, n1, a, n2, m: (lambda h: n2(h) + m(n2(h)))(n1(x) + a(n1(x))),
        "post": late,
        "behind": lambda x, n1, a, n2, m: (lambda h: h + n2(m(h)))(x + n1(a(x))),
        "once": mended_half(lambda h, n1, n2, m: h + m(h)),
        "shared": mended_half(lambda h, n1, n2, m: h + m(n1(h))),
        "twice": mended_half(lambda h, n1, n2, m: h + n2(h) + m(n2(h))),
        "half": mended_half(lambda h, n1, n2, m: n2(h) + m(n2(h))),
    }[kind]


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
    "07-a": [[19, 1], (19.0, 1), np.array([19, 1]), torch.tensor([19, 1])],
    "07-b": [5, np.int64(5), 5.0, torch.tensor(5)],
    "07-c": [-1, -1.0, np.float32(-1), torch.tensor(-1)],
    "07-d": [pre_ln, PreLN(), lambda x, norm1, attention, norm2, mlp: (lambda h: h + mlp(norm2(h)))(x + attention(norm1(x))),
             lambda x, n1, a, n2, m: pre_ln(x, n1, a, n2, m).float().numpy()],
    "07-e": [0.93, np.float64(0.93), torch.tensor(0.93)],
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
    "07-a": [
        ([1, 19], "way through the GRUs first"),
        ([20, 1], "Nearly"),
        ([18, 1], "Nearly"),
        ([19, 19], "places lie between"),
        ([19, 10], "places lie between"),
        ([10, 1], "Count the steps"),
        ([9, 1], "Count the steps"),
        ([19, 2], "Count the steps"),
        ([19, 0], "Count the steps"),
        ([19.004, 1], "Count the steps"),
        ([19], "Count the steps"),
        ([19, 1, 1], "Count the steps"),
        ([19, True], "Count the steps"),
        (19, "Count the steps"),
        ("2T - 1, 1", "Count the steps"),
    ],
    "07-b": [
        (4, "not below −7 yet"),
        (3, "from the start"),
        (2, "Triple the exponent"),
        (6, "Triple the exponent"),
        (7, "Triple the exponent"),
        (10, "Triple the exponent"),
        (0, "Triple the exponent"),
        (-5, "Triple the exponent"),
        (4.1, "whole number"),
        (5.004, "whole number"),
        (INF, "whole number"),
        (1e-7, "whole number"),
        ("five", "one number"),
        ([5], "one number"),
        (True, "one number"),
    ],
    "07-c": [
        (0, "the mean too"),
        (1, "with the gain 2"),
        (-3, "with the gain -2"),
        (-0.5, "with the gain 0.5"),
        (0.5, "with the gain 1.5"),
        (-1.01, "with the gain -0.01"),
        (-1 / 16, "with the gain 0.938"),
        (100, "with the gain 101"),
        (-INF, "with the gain -inf"),
        ("-1", "one number"),
        ([-1], "one number"),
        (NAN, "one number"),
        (lambda x: -x, "one number"),
    ],
    "07-d": [
        (wrong_norms("early"), "before the split"),
        (wrong_norms("post"), "post-LN"),
        (wrong_norms("behind"), "behind the branch"),
        (wrong_norms("once"), "lost its norm"),
        (wrong_norms("shared"), "a norm of its own"),
        (wrong_norms("twice"), "added twice"),
        (wrong_norms("half"), "Write both halves"),
        (from_outside, "Write both halves"),
        (side_by_side, "Write both halves"),
        (lambda x, n1, a, n2, m: x, "Write both halves"),
        (lambda x, n1, a, n2, m: pre_ln(x, n2, a, n1, m), "Write both halves"),
        (lambda x, n1, a, n2, m: pre_ln(x, n1, m, n2, a), "Write both halves"),
        (lambda x, n1, a, n2, m: x + m(n2(a(n1(x)))), "Write both halves"),
        (lambda x, n1, a, n2, m: pre_ln(x, n1, a, n2, m)[0], "numbers of shape (5, 8), and returns (8,)"),
        (lambda x, n1, a, n2, m: NAN * x, "NaN"),
        (added_in_place, "in place"),
        (lambda x, *parts: [pre_ln(x, *parts)].clear(), "is a return missing"),
        (lambda x: x, "stopped with TypeError"),
    ],
    "07-e": [
        (0.9, "too weak"),
        (0.92, "too weak"),
        (0, "too weak"),
        (0.94, "weaker by 0.01 would do"),
        (1, "weaker by 0.01 would do"),
        (2, "from 0 to 1"),
        (-0.93, "from 0 to 1"),
        (93, "from 0 to 1"),
        (NAN, "one number"),
        ("0.93", "one number"),
        ([0.93], "one number"),
        (True, "one number"),
    ],
}  # fmt: skip
