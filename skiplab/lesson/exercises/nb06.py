"""Exercises on the GRU as a skip: its bias and its two conventions, a Highway layer and an IRNN to write, gain, and a step to mend."""

import functools
import math

import numpy as np
import torch

from skiplab.base.rng import drawing
from skiplab.lesson.checks import called, compare, exercise, first_hint, kind, near, one_number
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


@exercise("06-c", todo="Give a function that makes a Highway layer of a branch and a gate, as a module.",
          right="One gate for both paths: what it lets in of the new it takes from the old.",
          function="highway(branch, gate) -> module")
def highway(answer):
    for width, batch in ((4, 3), (6, 2)):
        with drawing(width):
            branch, gate = torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.Tanh()), torch.nn.Linear(width, width)
            x = torch.randn(batch, width)
        module = answer(branch, gate)
        if not isinstance(module, torch.nn.Module):
            return f"Return an nn.Module; this is {kind(module)}."
        if sum(p.numel() for p in module.parameters() if p.requires_grad) < 2 * width * (width + 1):
            return "The branch or the gate is no part of your module that can learn: keep both as attributes."
        out = module(x)
        if not isinstance(out, torch.Tensor) or out.shape != x.shape:
            return f"For x of shape {tuple(x.shape)} the module should give a tensor of that shape."
        wrong = "Compare it with (1 − z) x + z branch(x), where z = σ(gate(x))."
        if hint := first_hint(out, _highways(x, branch(x), gate(x)), wrong, 1e-5):
            return hint
    return None


def _highways(x, new, gate):
    """(what a layer gives, the hint for it): the right one, and the usual mistakes."""
    z = torch.sigmoid(gate)
    yield (1 - z) * x + z * new, None
    yield z * x + (1 - z) * new, "z should let the new in: which of x and branch(x) does it multiply?"
    yield x + z * new, "Here x always passes whole. What should be left of x where z is 1?"
    yield (1 - gate) * x + gate * new, "gate(x) may be any number: what brings it between 0 and 1?"
    yield z * new, "There is no skip in it."


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
                       "keeps 0.8 to 1.02 of a gradient a step, and no orthogonal matrix.",
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
    if all(_orthogonal(cell.weight_hh.detach()) for cell in cells):
        return "That is an orthogonal matrix, which you know: find another start."
    kept = float(np.median(lags.a_step(lags.by_lag(cells, lags.noise()))))
    if 0.8 <= kept <= 1.02:
        return None
    return "The median of 8 seeds keeps " + (
        "more than 1.02 a step: that is too much." if kept > 1.02 else "less than 0.8 a step. Larger recurrent weights, or another init.")


def _orthogonal(matrix):
    """Whether a square matrix keeps all lengths, up to one factor."""
    square = matrix @ matrix.T
    return torch.allclose(square, square[0, 0] * torch.eye(len(matrix)).to(square), 0, 1e-3) and bool(square[0, 0] > 0)


@exercise("06-f", todo="Give a function that returns every state of an IRNN, h = relu(h + W x_t + V h), from h = 0 on.",
          right="A residual block, used again at each step: five lines, and no gate.",
          function="irnn(x, W, V) -> states")
def irnn(answer):
    rng = torch.Generator().manual_seed(3)
    cases = [[torch.randn(*shape, generator=rng).double() / 2 for shape in ((steps, inputs), (width, inputs), (width, width))]
             for steps, inputs, width in ((7, 3, 5), (4, 2, 3), (9, 4, 4))]  # fmt: skip
    wrong = "Compare it with h = relu(h + W x_t + V h), step by step. Does each step begin at the state before?"
    return compare(answer, cases, _irnns, wrong)


def _irnns(x, W, V):
    """(all states, the hint for them): the right ones, and the usual mistakes."""
    relu = torch.relu
    for step, hint in [
        (lambda h, x: relu(h + W @ x + V @ h), None),
        (lambda h, x: relu(W @ x + V @ h), "h itself is not added: there is no skip in it."),
        (lambda h, x: h + relu(W @ x + V @ h), "The ReLU should be outside the sum, as in He's block: relu(h + …)."),
        (lambda h, x: torch.tanh(h + W @ x + V @ h), "That is a tanh. Does it hand on what it gets, as a ReLU does?"),
        (lambda h, x: h + W @ x + V @ h, "The ReLU is missing."),
        (lambda h, x: relu(h + W @ x + h @ V), "V has to be on the left of h: V @ h, or h @ V.T."),
    ]:
        h, states = W.new_zeros(len(W)), []
        for x_t in x:
            h = step(h, x_t)
            states.append(h)
        yield torch.stack(states), hint
