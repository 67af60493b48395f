"""Exercises on the GRU as a skip: its bias, its two conventions, hops over several steps, matched gain, and a step to mend."""

import functools
import math

import numpy as np
import torch

from skiplab.base.rng import drawing
from skiplab.lesson.checks import called, compare, exercise, kind, near, one_number
from skiplab.nets.recurrent import RNN, Cell
from skiplab.probe import recurrent as lags


@exercise("06-a", todo="Give the bias of z for which σ(−bias)^20 is one half.",
          right="Twenty steps ask for a gate that is open by 3.4 %: a bias of −3.34. A default GRU "
                "keeps less than a ten-thousandth.")
def half_life(answer):
    answer = one_number(answer)
    if near(answer, -3.345, 0.03):
        return None
    if near(answer, 3.345, 0.03):
        return "The right size. In our convention z lets the new in; which sign shuts it?"
    left = (1 / (1 + math.exp(min(700.0, answer)))) ** 20
    return f"With {answer:g} there is {left:.2g} left after 20 steps. " + ("Shut it more." if left < 0.5 else "It may open more.")


@exercise("06-b", todo="Give a torch.nn.GRU(3, 8) that hands its first state through unchanged, whatever it reads.",
          right="In torch z = 1 keeps: its large bias must be positive. In the papers' other "
                "convention it would be negative.")
def shut(answer):
    if not isinstance(answer, torch.nn.GRU):
        return f"Give a torch.nn.GRU(3, 8) with changed biases; this is {kind(answer)}."
    if (answer.input_size, answer.hidden_size, answer.num_layers, answer.bidirectional, answer.bias) != (3, 8, 1, False, True):
        return f"Give a torch.nn.GRU(3, 8) with changed biases; this is {answer!r}."
    bias = (answer.bias_ih_l0 + answer.bias_hh_l0)[8:16]
    for seed in range(3):
        h, x = torch.randn(1001, 8, generator=torch.Generator().manual_seed(seed)).to(bias).split([1, 1000])
        if not torch.allclose(answer(10 * x[:, :3], h)[1], h, 0, 1e-5):
            if bias.max() < -5:
                return "Now nothing of h is left: the gate is wide open. Which sign has torch's z?"
            return "Where it reads large numbers, the last state is not the first. The rows 8 to 15 of a bias belong to z; make it larger."
    return None


@exercise("06-c", todo="Give [what is left over 100 steps, the factor a step] for hops of k = 10 "
                       "steps that keep a half each.",
          right="Ten hops instead of a hundred: the tenth root. The decay is slower, and still exponential.")
def hops(answer):
    if near(answer, [9.77e-4, 0.933], [3e-5, 0.005]):
        return None
    if near(answer, [0.933, 9.77e-4], [0.005, 3e-5]):
        return "The right two numbers: put what is left over 100 steps first."
    if near(answer, [0.5**100, 0.5], [1e-31, 0.01]):
        return "That is without a skip. With k = 10 a gradient needs ten hops, not a hundred."
    return "It takes 100/10 hops. What do they leave together, and which factor, taken 100 times, leaves the same?"


SLIPS = {  # whether z keeps, and what r multiplies
    (False, "h"): "Two things differ from torch's formula: which of h and n is multiplied by z, and where r stands.",
    (False, "U h + b"): "r is right now. In torch z = 1 keeps h.",
    (True, "h"): "z is right now. In torch r multiplies what the matrix gives, U h + b, not h.",
    (True, "U h"): "Nearly: where does the second bias of the candidate stand, inside what r multiplies or outside?",
    (False, "U h"): "r stands behind the matrix now, but not round all that it should; and z is still the other way round.",
}


@exercise("06-d", todo="Find the bug: mended_step should give what torch.nn.GRUCell gives. Mend it.",
          right="Two conventions, and both give a network that trains. Only a comparison on equal "
                "weights finds the difference.",
          function="mended_step(x, h, cell) -> the next h")
def step(answer):
    with drawing(6):
        cases = [(torch.randn(batch, inputs).double(), torch.randn(batch, width).double(), torch.nn.GRUCell(inputs, width).double())
                 for batch, inputs, width in ((4, 3, 5), (1, 2, 7), (6, 4, 2))]  # fmt: skip
    with torch.no_grad():
        return compare(answer, cases, lambda x, h, cell: [
            (cell(x, h), None), *((_step(x, h, cell, *slip), hint) for slip, hint in SLIPS.items()),
        ], "Look up the four formulas in the documentation of torch.nn.GRUCell, and compare them with yours line by line.")


def _step(x, h, cell, keep, reset):
    """A GRU step in torch's convention of z (`keep`) or ours, with the reset of "h", of "U h" or of "U h + b"."""
    a, u = ((v @ w.T + b).chunk(3, -1) for v, w, b in ((x, cell.weight_ih, cell.bias_ih), (h, cell.weight_hh, cell.bias_hh)))
    r, z = torch.sigmoid(a[0] + u[0]), torch.sigmoid(a[1] + u[1])
    U, b = cell.weight_hh.chunk(3)[2], cell.bias_hh.chunk(3)[2]
    n = torch.tanh(a[2] + {"h": (r * h) @ U.T + b, "U h": r * (h @ U.T) + b, "U h + b": r * u[2]}[reset])
    return z * h + (1 - z) * n if keep else (1 - z) * h + z * n


@exercise("06-e", todo="Give a function that makes a recurrent.RNN(4, 32, ...), without a skip, that "
                       "keeps 0.8 to 1.02 of a gradient a step.",
          right="No skip, no gate, and the gradient arrives. Before you praise a skip, give its rival the same gain.")
def gain(answer):
    such = "Give a function such as lambda: recurrent.RNN(4, 32, gain=1.0)"
    if isinstance(answer, (torch.nn.Module, type)) or not callable(answer):
        return f"{such}; this is {kind(answer)}." + isinstance(answer, Cell) * " One draw may be a lucky one."
    cells = lags.draw(functools.partial(called, answer))
    if other := [cell for cell in cells if not isinstance(cell, Cell)]:
        return f"{such}; this makes something {kind(other[0])}."
    if not all(type(cell) is RNN and cell.weight_ih.shape == (32, 4) for cell in cells):
        return "It should be a recurrent.RNN(4, 32, ...): no skip, no gate, 4 inputs, 32 units."
    if all(map(torch.equal, cells[0].parameters(), cells[1].parameters())):
        return "It gives the same network twice. Draw a new one each time: one may be lucky."
    kept = float(np.median(lags.a_step(lags.by_lag(cells, lags.noise()))))
    if 0.8 <= kept <= 1.02:
        return None
    return "The median of 8 seeds keeps " + (
        "more than 1.02 a step: that is too much." if kept > 1.02 else "less than 0.8 a step. Larger recurrent weights, or another init.")
