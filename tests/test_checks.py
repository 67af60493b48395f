"""An exercise answers every answer: a right one, each usual mistake, nonsense, and none."""

import numpy as np
import pytest
import torch

from skiplab import Add, Gate, Skip
from skiplab.checks import check
from skiplab.exercises import nb06
from skiplab.nets import recurrent, residual
from skiplab.nets.unet import align, unet
from skiplab.probe import Setting


def shut_gru(bias):
    """A GRU of torch's with that bias of z."""
    gru = torch.nn.GRU(3, 8)
    gru.bias_ih_l0.data[8:16] = bias
    return gru


BRANCH = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))


def with_block(net, zero, merge="add"):
    """The net with one block more, whose branch ends in 0 if `zero`."""
    block = residual.block(32, merge)
    if zero:
        torch.nn.init.zeros_(block[0].branch[-1].weight)
        torch.nn.init.zeros_(block[0].branch[-1].bias)
    net.blocks.append(block)
    return net


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
    }[kind]


RIGHT = {
    "00-a": [[3, 5, 2.25], (3, 5, 2.25), np.array([3, 5, 2.25])],
    "00-b": [Skip(BRANCH, Add(gamma=0)), Skip(BRANCH, Gate(0.0))],
    "00-c": [lambda x, new, z: (1 - z) * x + z * new],
    "01-a": [[-3, 3], (-3.0, 3.0)],
    "01-b": [0.6, np.float64(0.6)],
    "01-c": [(1, -1), [-0.5, 0.5]],
    "01-d": [lambda a, b, c: (2 * (a * b - c) * b, 2 * (a * b - c) * a)],
    "01-e": [(0.05, 0), [0.0, -0.1]],
    "02-a": [[0.107, 6.19], (0.11, 6.2)],
    "02-b": [0.045],
    "02-c": [Setting("add", init="he", scale="1/L"), Setting("add", init="he", scale="0")],
    "02-d": [lambda J, g, lam=1.0: torch.linalg.multi_dot([*(lam * torch.eye(4) + j for j in J.flip(0)), torch.eye(4).double()]).T @ g
             if len(J) > 1 else (lam * torch.eye(4) + J[0]).T @ g],
    "04-a": [492, 492.0],
    "04-b": [174],
    "04-c": [87, 87.0],
    "04-d": [lambda x, layers: [x := torch.cat([x, layer(x)], 1) for layer in layers][-1]],
    "05-a": [[0, 0, 1], (0, 0, 1)],
    "05-b": [11520, 11520.0],
    "05-c": [("concat", "none", "none"), ["add", "none", "none"]],
    "05-d": [align],
    "05-e": [unet(merges="self")],
    "06-a": [-3.345, np.float64(-3.34)],
    "06-b": [shut_gru(100.0)],
    "06-c": [[0.5**10, 0.5**0.1], (9.8e-4, 0.933)],
    "06-d": [lambda x, h, cell: cell(x, h), lambda x, h, cell: nb06._step(x, h, cell, keep=True, early=False)],
    "06-e": [recurrent.RNN(4, 32, init="orthogonal")],
    "07-a": [[19, 1], (19.0, 1)],
    "07-b": [5, np.int64(5)],
    "07-c": [-1, -1.0],
    "07-d": [lambda x, norm1, attention, norm2, mlp: (lambda h: h + mlp(norm2(h)))(x + attention(norm1(x)))],
    "07-e": [0.93],
    "03-a": [128 * 256 + 2 * 256, np.int64(33_280)],
    "03-b": [Add(gamma=1 / 27), Add(gamma=0.1)],
    "03-c": [lambda net: with_block(net, zero=True)],
    "03-d": [lambda x, W1, W2: torch.relu(x + torch.relu(x @ W1.T) @ W2.T)],
}  # fmt: skip
WRONG = [
    ("00-a", [3, 5, 2.75], "before F"),
    ("00-a", [2, 5, 2.25], "no skip"),
    ("00-a", 7, "formulas"),
    ("00-b", Skip(BRANCH, Add()), "not x yet"),
    ("00-b", 3, "int"),
    ("00-b", Skip(lambda x: 0 * x, "add"), "silence it in the merge"),
    ("00-c", lambda x, new, z: z * x + (1 - z) * new, "still returns F"),
    ("00-c", lambda x, new, z: x, "z = 1"),
    ("01-a", [-1, 1], "plain"),
    ("01-a", [3, -3], "smaller one first"),
    ("01-b", 1.0, "-0.4"),
    ("01-b", "0.6", "one number"),
    ("01-c", (0, 0), "origin"),
    ("01-c", (1, 1), "escapes in"),
    ("01-c", (1, -1.000001), "escapes in"),
    ("01-c", (9, 9), "diverges"),
    ("01-d", lambda a, b, c: (2 * (a * b - c) * a, 2 * (a * b - c) * b), "swapped"),
    ("01-d", lambda a, b, c: ((a * b - c) * b, (a * b - c) * a), "square"),
    ("01-d", lambda a: a, "TypeError"),
    ("01-e", (0, 0), "diagonal"),
    ("01-e", (0.5, 0), "within 0.1"),
    ("02-a", [6.19, 0.107], "lower one first"),
    ("02-a", [-0.97, 0.79], "logarithms"),
    ("02-b", 0.1, "less than a tenth"),
    ("02-b", 0.01, "larger"),
    ("02-b", 0.046, "less than a tenth"),
    ("02-c", Setting("add", init="he"), "smaller"),
    ("02-c", Setting("none", init="he"), "Keep merge"),
    ("02-d", lambda J, g, lam=1.0: g, "one block"),
    ("04-a", 504, "hands on"),
    ("04-a", 468, "came into the block"),
    ("04-a", 24, "each layer before it"),
    ("04-b", 312, "Without compression"),
    ("04-b", 87, "no transition"),
    ("04-b", 96, "came into the last block"),
    ("04-b", 120, "first block"),
    ("04-b", 5, "each transition halves"),
    ("04-c", 86, "nothing is saved"),
    ("04-c", 200, "fewer channels"),
    ("04-c", 86.4, "whole number"),
    ("04-d", lambda x, layers: x, "9 in all, not (4, 3)"),
    ("04-d", lambda x, layers: torch.cat([x, a := layers[0](x), b := layers[0](a), layers[0](b)], 1), "read 3, 2, 2"),
    ("04-d", lambda x, layers: [x := torch.cat([layer(x), x], 1) for layer in layers][-1], "order"),
    ("05-a", [1, 0, 0], "finest level first"),
    ("05-a", [44, 22, 11], "on the way down"),
    ("05-a", 1, "Halve 44"),
    ("05-b", 12096, "width 8"),
    ("05-b", 1280, "3 × 3"),
    ("05-b", 2 * 11520, "reads 2w"),
    ("05-b", "many", "one number"),
    ("05-c", ("none", "none", "concat"), "median IoU of"),
    ("05-c", ("concat", "add", "none"), "Exactly one"),
    ("05-c", "concat", "three merges"),
    ("05-d", lambda x, size: torch.nn.functional.pad(x, (size[1] - x.shape[3], 0, size[0] - x.shape[2], 0)), "first pixel moves"),
    ("05-d", lambda x, size: x, "it gives (1, 1, 4, 5)"),
    ("05-e", unet(merges="none"), "12096 parameters fewer"),
    ("05-e", unet(), "still pass"),
    ("05-e", 3, "int"),
    ("06-a", 3.345, "which sign"),
    ("06-a", -2, "Shut it more"),
    ("06-a", -1000, "may open more"),
    ("06-b", shut_gru(-100.0), "wide open"),
    ("06-b", torch.nn.GRU(3, 8), "rows 8 to 15"),
    ("06-b", torch.nn.GRU(8, 3), "GRU(8, 3)"),
    ("06-c", [0.933, 9.8e-4], "put what is left"),
    ("06-c", [0.5**100, 0.5], "ten hops"),
    ("06-c", 0.5, "100/10"),
    ("06-d", lambda x, h, cell: nb06._step(x, h, cell, keep=False, early=True), "Two things"),
    ("06-d", lambda x, h, cell: nb06._step(x, h, cell, keep=False, early=False), "z = 1 keeps"),
    ("06-d", lambda x, h, cell: nb06._step(x, h, cell, keep=True, early=True), "not h"),
    ("06-d", lambda x, h, cell: h, "line by line"),
    ("06-e", recurrent.RNN(4, 32), "Larger recurrent weights"),
    ("06-e", recurrent.RNN(4, 32, gain=4.0), "too much"),
    ("06-e", recurrent.GRU(4, 32), "no skip"),
    ("06-e", 3, "int"),
    ("03-a", 128 * 256, "scale and a shift"),
    ("03-a", 128 * 256 + 256, "no bias"),
    ("03-a", 9 * 128 * 256 + 512, "1×1"),
    ("03-a", 7, "each pair of channels"),
    ("03-b", Add(), "% wrong"),
    ("03-b", 0.1, "Add(gamma=0.1)"),
    ("03-b", "concat", "keeps the width"),
    ("03-c", lambda net: net, "4 blocks"),
    ("03-c", lambda net: with_block(net, zero=False), "output changed"),
    ("03-c", lambda net: with_block(net, zero=False, merge=Add(gamma=0.0)), "never learn"),
    ("03-d", lambda x, W1, W2: torch.relu((h := torch.relu(x @ W1.T)) + h @ W2.T), "given away"),
    ("03-d", lambda x, W1, W2: x + torch.relu(torch.relu(x @ W1.T) @ W2.T), "after the sum"),
    ("03-d", lambda x, W1, W2: x + torch.relu(x @ W1.T) @ W2.T, "missing"),
    ("03-d", lambda x, W1, W2: torch.relu(torch.relu(x @ W1.T) @ W2.T), "no skip"),
    ("03-d", lambda x, W1, W2: x.relu_(), "in place"),
    ("03-d", lambda x, W1, W2: 3, "shaped as x"),
    ("07-a", [1, 19], "way through the GRUs first"),
    ("07-a", [20, 1], "Nearly"),
    ("07-a", [19, 19], "places lie between"),
    ("07-a", 19, "Count the steps"),
    ("07-b", 4, "not below −7 yet"),
    ("07-b", 3, "from the start"),
    ("07-b", 7, "Triple the exponent"),
    ("07-b", "five", "one whole number"),
    ("07-c", 0, "the mean too"),
    ("07-c", 1, "with the gain 2"),
    ("07-d", wrong_norms("early"), "before the split"),
    ("07-d", wrong_norms("post"), "post-LN"),
    ("07-d", wrong_norms("behind"), "behind the branch"),
    ("07-d", wrong_norms("once"), "lost its norm"),
    ("07-d", wrong_norms("shared"), "a norm of its own"),
    ("07-d", wrong_norms("twice"), "added twice"),
    ("07-d", lambda x, *rest: x, "Write both halves"),
    ("07-e", 0.9, "too weak"),
    ("07-e", 0.97, "weaker skip would do"),
    ("07-e", 2, "from 0 to 1"),
]


@pytest.mark.parametrize(("name", "answer"), [(name, answer) for name, answers in RIGHT.items() for answer in answers])
def test_a_right_answer_is_right(name, answer, capsys):
    check(name, answer)
    assert capsys.readouterr().out.startswith(f"✓ {name} · right. ")


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG)
def test_a_mistake_gets_its_hint(name, answer, hint, capsys):
    check(name, answer)
    said = capsys.readouterr().out
    assert said.startswith(f"✗ {name} · not yet. ")
    assert hint in said


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("answer", [None, "?", float("nan"), [], {}, object, [1, 2, 3, 4], True], ids=repr)
def test_nonsense_never_raises_and_is_never_right(name, answer, capsys):
    check(name, answer)
    assert capsys.readouterr().out.startswith(f"✗ {name} · not yet. ")


@pytest.mark.parametrize("name", RIGHT)
def test_no_answer_yet(name, capsys):
    check(name)
    check(name, ...)
    first, second, _ = capsys.readouterr().out.split("\n")
    assert first == second
    assert first.startswith(f"○ {name} · not answered yet. ")


@pytest.mark.parametrize("name", ["99-a", "00-z", "zero", 3, ""])
def test_an_unknown_exercise_is_an_error_that_names_it(name):
    with pytest.raises(ValueError, match="name: "):
        check(name)
