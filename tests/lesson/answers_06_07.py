"""What readers answer to the exercises of notebooks 06 and 07: right answers in many forms, and mistakes with words of their hints."""

import functools
import math

import numpy as np
import torch

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
    "06-c": [[0.5**10, 0.5**0.1], (9.8e-4, 0.933), (9.8e-4, 0.93), (0.001, 0.93), (0.001, 0.933), (0.00098, 0.932),
             np.array([0.5**10, 0.5**0.1])],
    "06-d": [lambda x, h, cell: cell(x, h), by_hand(), in_numpy, by_sequence],
    "06-e": [lambda: recurrent.RNN(4, 32, init="orthogonal"), lambda: recurrent.RNN(4, 32, gain=1.6),
             lambda: recurrent.RNN(4, 32, gain=1.8), lambda: recurrent.RNN(4, 32, gain=2),
             functools.partial(recurrent.RNN, 4, 32, init="orthogonal"), as_identity],
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
        ([0.933, 9.8e-4], "put what is left"),
        ([0.93, 0.001], "put what is left"),
        ([0.5**100, 0.5], "ten hops"),
        ([0.001, 0.5], "100/10"),
        ([0.5**10, 0.05], "100/10"),
        ([0.05, 0.933], "100/10"),
        ([10, 0.5], "100/10"),
        ([9.8e-4, 0.94], "100/10"),
        ([9e-4, 0.93], "100/10"),
        ([0, 0.933], "100/10"),
        ([0.001], "100/10"),
        (0.5, "100/10"),
        ("0.001, 0.93", "100/10"),
        ([NAN, 0.933], "100/10"),
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
        (lambda: recurrent.RNN(4, 32), "less than 0.8 a step"),
        (lambda: recurrent.RNN(4, 32, gain=1.2), "less than 0.8 a step"),
        (lambda: recurrent.RNN(4, 32, gain=0.0), "less than 0.8 a step"),
        (lambda: recurrent.RNN(4, 32, gain=3.0), "too much"),
        (lambda: recurrent.RNN(4, 32, init="orthogonal", gain=1.5), "too much"),
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
