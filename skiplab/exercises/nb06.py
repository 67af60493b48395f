"""Exercises on the GRU as a skip: its bias, its two conventions, hops over several steps, matched gain, and a step to mend."""

import math

from skiplab.checks import exercise, near, real


@exercise(
    "06-a",
    todo="Give the bias of z for which σ(−bias)^20 is one half.",
    right="Twenty steps ask for a gate that is open by 3.4 %: a bias of −3.34. A default GRU keeps less than a ten-thousandth.",
)
def half_life(answer):
    answer = real(answer)
    if answer is None:
        return "Give one number."
    if near(answer, -3.345, 0.03):
        return None
    if near(answer, 3.345, 0.03):
        return "The right size. In our convention z lets the new in; which sign shuts it?"
    left = (1 / (1 + math.exp(min(700.0, answer)))) ** 20
    return f"With {answer:g} there is {left:.2g} left after 20 steps. " + ("Shut it more." if left < 0.5 else "It may open more.")


@exercise(
    "06-b",
    todo="Give a torch.nn.GRU(3, 8) that hands its first state through unchanged, whatever it reads.",
    right="In torch z = 1 keeps: its large bias must be positive. In the papers' other convention it would be negative.",
)
def shut(answer):
    import torch

    if not isinstance(answer, torch.nn.GRU):
        return f"Give a torch.nn.GRU(3, 8) with changed biases; this is a {type(answer).__name__}."
    if (answer.input_size, answer.hidden_size, answer.num_layers, answer.bidirectional, answer.bias) != (3, 8, 1, False, True):
        return f"Give a torch.nn.GRU(3, 8) with changed biases; this is {answer!r}."
    x, h = (torch.linspace(-n, n, size).to(answer.weight_ih_l0).view(-1, wide) for n, size, wide in ((2, 30, 3), (1, 8, 8)))
    with torch.no_grad():
        gap = (answer(x, h)[1] - h).abs().max().item()
        bias = (answer.bias_ih_l0 + answer.bias_hh_l0)[8:16]
    if gap < 1e-5:
        return None
    if bias.max() < -5:
        return "Now nothing of h is left: the gate is wide open. Which sign has torch's z?"
    return f"The last state is still {gap:.2g} away from the first. The rows 8 to 15 of a bias belong to z; make it larger."


@exercise(
    "06-c",
    todo="Give [what is left over 100 steps, the factor a step] for hops of k = 10 steps that keep a half each.",
    right="Ten hops instead of a hundred: the tenth root. The decay is slower, and still exponential.",
)
def hops(answer):
    if near(answer, [9.77e-4, 0.933], [2e-5, 0.001]):
        return None
    if near(answer, [0.933, 9.77e-4], [0.001, 2e-5]):
        return "The right two numbers: put what is left over 100 steps first."
    if near(answer, [0.5**100, 0.5], [1e-31, 0.01]):
        return "That is without a skip. With k = 10 a gradient needs ten hops, not a hundred."
    return "It takes 100/10 hops. What do they leave together, and which factor, taken 100 times, leaves the same?"


@exercise(
    "06-d",
    todo="Find the bug: mended_step should give what torch.nn.GRUCell gives. Mend it.",
    right="Two conventions, and both give a network that trains. Only a comparison on equal weights finds the difference.",
)
def step(answer):
    import torch

    from skiplab.draws import drawing

    if not callable(answer):
        return "Give a function (x, h, cell) -> the next h."
    with drawing(6):
        cell, x, h = torch.nn.GRUCell(3, 5).double(), torch.randn(4, 3).double(), torch.randn(4, 5).double()
    with torch.no_grad():
        wanted = cell(x, h)
        given = answer(x.clone(), h.clone(), cell)
        swapped, before, both = (_step(x, h, cell, keep, early) for keep, early in ((False, False), (True, True), (False, True)))
    if near(given, wanted, 1e-9):
        return None
    if near(given, both, 1e-9):
        return "Two things differ from torch's formula: which of h and n is multiplied by z, and where r stands."
    if near(given, swapped, 1e-9):
        return "r is right now. In torch z = 1 keeps h."
    if near(given, before, 1e-9):
        return "z is right now. In torch r multiplies what the matrix gives, U h + b, not h."
    return "Look up the four formulas in the documentation of torch.nn.GRUCell, and compare them with yours line by line."


def _step(x, h, cell, keep, early):
    """A GRU step in torch's convention of z (`keep`) or ours, with the reset before the matrix (`early`) or after it."""
    import torch

    a, u = ((v @ w.T + b).chunk(3, -1) for v, w, b in ((x, cell.weight_ih, cell.bias_ih), (h, cell.weight_hh, cell.bias_hh)))
    r, z = torch.sigmoid(a[0] + u[0]), torch.sigmoid(a[1] + u[1])
    width = h.shape[-1]
    reset = (r * h) @ cell.weight_hh[2 * width :].T + cell.bias_hh[2 * width :] if early else r * u[2]
    n = torch.tanh(a[2] + reset)
    return z * h + (1 - z) * n if keep else (1 - z) * h + z * n


@exercise(
    "06-e",
    todo="Give a recurrent.RNN(4, 32, ...), which has no skip, that keeps 0.8 to 1.02 of a gradient a step.",
    right="No skip, no gate, and the gradient arrives. Before you praise a skip, give its rival the same gain.",
)
def gain(answer):
    from skiplab import lags
    from skiplab.nets.recurrent import RNN, Cell

    if not isinstance(answer, Cell):
        return f"Give a recurrent.RNN, such as recurrent.RNN(4, 32, gain=1.0); this is a {type(answer).__name__}."
    if not isinstance(answer, RNN) or answer.weight_ih.shape != (32, 4):
        return "It should be a recurrent.RNN(4, 32, ...): no skip, no gate, 4 inputs, 32 units."
    kept = float(lags.a_step(lags.by_lag([answer], lags.noise()))[0])
    if 0.8 <= kept <= 1.02:
        return None
    return f"This one keeps {kept:.2f} a step. " + ("Larger recurrent weights, or another init." if kept < 0.8 else "That is too much.")
