"""An exercise answers every answer: a right one, each usual mistake, nonsense, and none."""

import copy
import itertools
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from skiplab import Add, Concat, Gate, Skip, data
from skiplab.base.rng import drawing
from skiplab.lesson.checks import Mistake, called, check, near, real
from skiplab.lesson.exercises import nb03, nb06
from skiplab.nets import recurrent, residual
from skiplab.nets.unet import align, unet
from skiplab.probe.stack import Config

WEAK = "what weakens them?"
NAN, INF = float("nan"), float("inf")


def drawn(cell, **how):
    """A cell with 4 inputs and 32 units, always the same one."""
    with drawing(0):
        return cell(4, 32, **how)


def shut_gru(bias):
    """A GRU of torch's with that bias of z."""
    gru = torch.nn.GRU(3, 8)
    gru.bias_ih_l0.data[8:16] = bias
    return gru


def with_ballast(net):
    """The net with as many parameters as unet(), of which some are used by nothing."""
    count, now = (sum(p.numel() for p in some.parameters()) for some in (unet(), net))
    net.ballast = torch.nn.Parameter(torch.zeros(count - now))
    return net


BRANCH = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))


FIRST, LAST = ("0.weight", "0.bias"), ("2.weight", "2.bias")  # the layers of a branch


def with_block(net, zero, merge="add", first=False, learns=True):
    """The net with one block more, at the end or `first`, in whose branch the parameters named in `zero` are 0."""
    block = residual.block(32, merge)
    for name in zero:
        torch.nn.init.zeros_(block[0].branch.get_parameter(name))
    net.blocks.insert(0 if first else len(net.blocks), block.requires_grad_(learns))
    return net


def with_layer(net):
    """The net with one block more, of a single linear layer that is 0."""
    layer = torch.nn.Linear(32, 32)
    for weight in layer.parameters():
        torch.nn.init.zeros_(weight)
    net.blocks.append(Skip(layer))
    return net


def with_the_rest_frozen(net):
    """The net with one block more, the only one that can learn."""
    return with_block(net.requires_grad_(False), LAST)


def with_nothing(net):
    net.blocks.append(torch.nn.Identity())
    return net


def dense(dim):
    """A dense block that joins along that axis."""
    return lambda x, layers: [x := torch.cat([x, layer(x)], dim) for layer in layers][-1]


def added_in_place(x, norm1, attention, norm2, mlp):
    x += attention(norm1(x))
    x += mlp(norm2(x))
    return x


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
    "00-b": [Skip(BRANCH, Add(gamma=0)), Skip(BRANCH, Gate(0.0)), Skip(copy.deepcopy(BRANCH).double(), Add(gamma=0))],
    "00-c": [lambda x, new, z: (1 - z) * x + z * new],
    "01-a": [[-3, 3], (-3.0, 3.0)],
    "01-b": [0.6, np.float64(0.6)],
    "01-c": [(1, -1), [-0.5, 0.5]],
    "01-d": [lambda a, b, c: (2 * (a * b - c) * b, 2 * (a * b - c) * a)],
    "01-e": [(0.05, 0), [0.0, -0.1]],
    "02-a": [[0.107, 6.19], (0.11, 6.2)],
    "02-b": [0.045],
    "02-c": [Config("add", init="he", gamma="1/L"), Config("add", init="he", norm="layer")],
    "02-d": [lambda J, g, lam=1.0: torch.linalg.multi_dot([*(lam * torch.eye(4) + j for j in J.flip(0)), torch.eye(4).double()]).T @ g
             if len(J) > 1 else (lam * torch.eye(4) + J[0]).T @ g],
    "04-a": [492, 492.0],
    "04-b": [174],
    "04-c": [87, 87.0],
    "04-d": [dense(1), dense(-3), lambda x, layers: torch.nn.Sequential(*(Skip(layer, "concat") for layer in layers))(x)],
    "05-a": [[0, 0, 1], (0, 0, 1)],
    "05-b": [11520, 11520.0],
    "05-c": [("concat", "none", "none"), ["add", "none", "none"], np.array(["concat", "none", "none"])],
    "05-d": [align],
    "05-e": [unet(merges="self")],
    "06-a": [-3.345, np.float64(-3.34)],
    "06-b": [shut_gru(100.0), shut_gru(100.0).double()],
    "06-c": [[0.5**10, 0.5**0.1], (9.8e-4, 0.933), (9.8e-4, 0.93), (0.001, 0.93), (0.001, 0.933), (0.00098, 0.932)],
    "06-d": [lambda x, h, cell: cell(x, h), lambda x, h, cell: nb06._step(x, h, cell, keep=True, reset="U h + b")],
    "06-e": [drawn(recurrent.RNN, init="orthogonal"), lambda: recurrent.RNN(4, 32, init="orthogonal"),
             lambda: recurrent.RNN(4, 32, gain=1.6), lambda: recurrent.RNN(4, 32, gain=1.8), lambda: recurrent.RNN(4, 32, gain=2)],
    "07-a": [[19, 1], (19.0, 1)],
    "07-b": [5, np.int64(5)],
    "07-c": [-1, -1.0],
    "07-d": [lambda x, norm1, attention, norm2, mlp: (lambda h: h + mlp(norm2(h)))(x + attention(norm1(x)))],
    "07-e": [0.93],
    "03-a": [128 * 256 + 2 * 256, np.int64(33_280)],
    "03-b": [Add(gamma=1 / 27), Add(gamma=0.1), Add(gamma=torch.nn.Parameter(torch.zeros(()))), Add(lam=0.97, gamma=0.1)],
    "03-c": [lambda net: with_block(net, LAST), lambda net: with_block(net, LAST, first=True), with_layer, with_the_rest_frozen,
             lambda net: with_block(copy.deepcopy(net), LAST), lambda net: with_block(net, (*LAST, "0.weight")),
             lambda net: with_block(net, (), Add(gamma=torch.nn.Parameter(torch.zeros(()))))],
    "03-d": [lambda x, W1, W2: torch.relu(x + torch.relu(x @ W1.T) @ W2.T),
             lambda x, W1, W2: torch.relu(x + torch.relu(x @ W1.T) @ W2.T).float().numpy()],
}  # fmt: skip
WRONG = [
    ("00-a", [3, 5, 2.75], "before F"),
    ("00-a", [2, 5, 2.25], "no skip"),
    ("00-a", 7, "formulas"),
    ("00-b", Skip(BRANCH, Add()), "not x yet"),
    ("00-b", 3, "int"),
    ("00-b", Skip(torch.nn.Identity(), "none"), "silence it in the merge"),
    ("00-b", Skip(torch.nn.Identity(), Gate(0.5)), "silence it in the merge"),
    ("00-b", Skip(lambda x: 3 * x, Add(lam=-2.0)), "silence it in the merge"),
    ("00-c", lambda x, new, z: x + z, "z = 1"),
    ("00-c", lambda x, new, z: x + z * z * (new - x), "three quarters"),
    ("00-c", lambda x, new, z: x + z * z * (4 if z == 0.25 else 1) * (new - x), "mean of x"),
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
    ("02-a", [0.1, 6.19], "The lower bound"),
    ("02-b", -1e300, "from 0 to 1"),
    ("02-c", Config("add", init="he", gamma="0"), "silent"),
    ("02-b", 0.1, "less than a tenth"),
    ("02-b", 0.01, "larger"),
    ("02-b", 0.046, "less than a tenth"),
    ("02-c", Config("add", init="he"), "smaller"),
    ("02-c", Config("none", init="he"), "Keep merge"),
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
    ("04-d", lambda x, layers: x, "(2, 8, 3, 3), not (2, 2, 3, 3)"),
    ("04-d", lambda x, layers: torch.cat([x, a := layers[0](x), b := layers[0](a), layers[0](b)], 1), "read 2, 2, 2"),
    ("04-d", lambda x, layers: [x := torch.cat([layer(x), x], 1) for layer in layers][-1], "order"),
    ("04-d", lambda x, layers: [x := torch.cat([x, layers[0](x)], 1) for _ in layers][-1], "used once"),
    ("04-d", lambda x, layers: [x := torch.cat([x, layer(x)], 1) for layer in reversed(layers)][-1], "in their order"),
    ("04-d", lambda x, layers: x.repeat(1, 4, 1, 1), "read no channels"),
    ("04-d", dense(-1), "(2, 8, 3, 3), not (2, 2, 3, 24)"),
    ("04-d", dense(0), "(2, 8, 3, 3), not (16, 2, 3, 3)"),
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
    ("05-d", lambda x, size: align(align(x, (3, 4)), size), "move or are lost"),
    ("05-e", unet(), "still pass"),
    ("05-e", with_ballast(unet(merges="none")), "no part in the answer"),
    ("05-e", unet(merges="self", outputs=1, channels=1)[:2], "fewer"),
    ("05-e", torch.nn.Linear, "type"),
    ("05-e", 3, "int"),
    ("06-a", 3.345, "which sign"),
    ("06-a", -2, "Shut it more"),
    ("06-a", -1000, "may open more"),
    ("06-b", shut_gru(-100.0), "wide open"),
    ("06-b", torch.nn.GRU(3, 8), "rows 8 to 15"),
    ("06-b", torch.nn.GRU(8, 3), "GRU(8, 3)"),
    ("06-b", torch.nn.GRU(3, 8, bidirectional=True), "bidirectional"),
    ("06-b", torch.nn.GRU(3, 8, bias=False), "bias=False"),
    ("06-c", [0.933, 9.8e-4], "put what is left"),
    ("06-c", [0.5**100, 0.5], "ten hops"),
    ("06-c", 0.5, "100/10"),
    ("06-c", [9.8e-4, 0.94], "100/10"),
    ("06-c", [9e-4, 0.93], "100/10"),
    ("06-c", [0.93, 0.001], "put what is left"),
    ("06-d", lambda x, h, cell: nb06._step(x, h, cell, keep=False, reset="h"), "Two things"),
    ("06-d", lambda x, h, cell: nb06._step(x, h, cell, keep=False, reset="U h + b"), "z = 1 keeps"),
    ("06-d", lambda x, h, cell: nb06._step(x, h, cell, keep=True, reset="h"), "not h"),
    ("06-d", lambda x, h, cell: nb06._step(x, h, cell, keep=True, reset="U h"), "inside what r multiplies or outside"),
    ("06-d", lambda x, h, cell: nb06._step(x, h, cell, keep=False, reset="U h"), "the other way round"),
    ("06-d", lambda x, h, cell: (cell(x, h), h), "one tensor, shaped as h"),
    ("06-d", lambda x, h, cell: h, "line by line"),
    ("06-e", drawn(recurrent.RNN), "Larger recurrent weights"),
    ("06-e", drawn(recurrent.RNN, gain=4.0), "too much"),
    ("06-e", drawn(recurrent.GRU), "no skip"),
    ("06-e", 3, "int"),
    ("06-e", drawn(recurrent.RNN), "This draw keeps"),
    ("06-e", lambda: recurrent.RNN(4, 32, gain=1.2), "The median of 8 seeds keeps 0."),
    ("06-e", lambda: recurrent.RNN(4, 32, gain=3.0), "too much"),
    ("06-e", lambda: recurrent.RNN(4, 16), "4 inputs, 32 units"),
    ("06-e", lambda: recurrent.GRU(4, 32), "no gate"),
    ("06-e", lambda: torch.nn.RNN(4, 32), "this is a RNN"),
    ("06-e", lambda: None, "is a return missing"),
    ("06-e", recurrent.RNN, "this is a type"),
    ("03-a", 128 * 256, "scale and a shift"),
    ("03-a", 128 * 256 + 256, "no bias"),
    ("03-a", 9 * 128 * 256 + 512, "1×1"),
    ("03-a", 7, "each pair of channels"),
    ("03-b", Add(), "labels most of the digits wrong. The untrained blocks multiply the signal by 10^"),
    ("03-b", Add(gamma=1e-3), "digits wrong. The branches are so small"),
    ("03-b", Gate(0.1), "digits wrong. The shortcuts alone hand on 0.058 of the signal"),
    ("03-b", Add(gamma=27**-0.5), "1/√L, which you know"),
    ("03-b", Add(gamma=0.19), "1/√L, which you know"),
    ("03-b", residual.mlp(64, 10, 4), "this is a Sequential.\n"),
    ("03-b", {}, "such as Add(gamma=1.0), or the name of one; this is a dict.\n"),
    ("03-b", 0.1, "Add(gamma=0.1)"),
    ("03-b", "concat", "keeps the width"),
    ("03-b", Concat(), "keeps the width"),
    ("03-b", torch.tensor(0.5), "Add(gamma=0.5)"),
    ("03-b", Add, "Give a merge"),
    ("03-b", "sum", "Give a merge"),
    ("03-b", Add(gamma=0.0), "Only the stem and the head learn"),
    ("03-c", lambda net: net, "4 blocks"),
    ("03-c", lambda net: with_block(net, ()), "output changed"),
    ("03-c", lambda net: with_block(net, (), Add(gamma=0.0)), "never learn"),
    ("03-c", lambda net: with_block(net, (), Add(gamma=0.0), first=True), "never learn"),
    ("03-c", lambda net: with_block(net, LAST, learns=False), "never learn"),
    ("03-c", with_nothing, "never learn"),
    ("03-c", lambda net: with_block(net, (*FIRST, *LAST)), "Only a bias"),
    ("03-c", lambda net: with_block(net, (*FIRST, *LAST), first=True), "Only a bias"),
    ("03-c", lambda net: with_block(net, (*FIRST, "2.weight")), "output changed"),
    ("03-c", lambda net: with_block(net, (*FIRST, "2.bias")), "Only a bias"),
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
    ("07-b", 5.004, "whole number"),
    ("07-a", [19.004, 1], "Count the steps"),
    ("07-e", 0.94, "weaker skip would do"),
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
    ("07-d", added_in_place, "in place"),
    ("03-d", lambda x, W1, W2: torch.relu(x.add_(torch.relu(x @ W1.T) @ W2.T)), "in place"),
    ("02-d", lambda J, head, lam=1.0: head.add_(1), "in place"),
    ("07-e", 0.9, "too weak"),
    ("07-e", 0.97, "weaker skip would do"),
    ("07-e", 2, "from 0 to 1"),
]
NONSENSE = [None, "?", NAN, [], {}, object, [1, 2, 3, 4], True]


@pytest.fixture(params=sorted({name[:2] for name in RIGHT}), ids="nb{}".format)
def exercises(request):
    """The names of one lesson's exercises."""
    return [name for name in RIGHT if name.startswith(request.param)]


@pytest.fixture
def said(capsys):
    """What `check` prints to an answer."""

    def ask(name, answer):
        check(name, answer)
        return capsys.readouterr().out

    return ask


def test_a_right_answer_is_right(exercises, said, subtests):
    for name in exercises:
        for answer in RIGHT[name]:
            with subtests.test(name=name, answer=answer):
                assert said(name, answer).startswith(f"✓ {name} · right. ")


def test_a_mistake_gets_its_hint(exercises, said, subtests):
    for name, answer, hint in (wrong for wrong in WRONG if wrong[0] in exercises):
        with subtests.test(name=name, answer=answer, hint=hint):
            told = said(name, answer)
            assert told.startswith(f"✗ {name} · not yet. ")
            assert hint in told


def test_nonsense_never_raises_and_is_never_right(exercises, said, subtests):
    for name, answer in itertools.product(exercises, NONSENSE):
        with subtests.test(name=name, answer=answer):
            assert said(name, answer).startswith(f"✗ {name} · not yet. ")


def test_the_hint_to_a_merge_fits_what_it_makes_of_the_signal(subtests):
    for merge, hint in [
        ("add", "Smaller branches?"), (Add(gamma=0.5), "multiply the signal by 10^"), (Add(gamma=-1.0), "multiply the signal"),
        (Gate(0.01), "no time to grow"), (Add(gamma=1e-6), "no time to grow"), (Gate.linear(32, bias=-6.0), "no time to grow"),
        ("gate", WEAK), (Gate(0.05, carry=0.9), "hand on 0.058 of"), (Add(lam=0.9, gamma=0.1), "hand on 0.058 of"), (Add(lam=0.5), WEAK),
        ("none", "There is no skip in it."), (Add(lam=0.0), "There is no skip in it."), (Add(lam=-1.0, gamma=0.1), "changes a signal less"),
    ]:
        with subtests.test(merge=merge):
            assert hint in nb03._why(merge, data.digits().x)


FORMS = {
    "floats": lambda v: v,
    "array": np.array,
    "float32": np.float32,
    "tensor": torch.tensor,
    "double": lambda v: torch.tensor(v, dtype=torch.float64, requires_grad=True),
    "float32 tensor": lambda v: torch.tensor(v, dtype=torch.float32, requires_grad=True),
    "fractions": lambda v: [Fraction(str(part)) for part in v] if isinstance(v, tuple) else Fraction(str(v)),
    "decimals": lambda v: [Decimal(str(part)) for part in v] if isinstance(v, tuple) else Decimal(str(v)),
}
LISTS = [list, lambda v: [torch.tensor(float(part)) for part in v], lambda v: tuple(map(np.array, v))]
NUMBERS = {"01-b": 0.6, "02-b": 0.045, "03-a": 33_280, "04-a": 492, "04-b": 174, "04-c": 87, "05-b": 11_520, "06-a": -3.34, "07-b": 5,
           "07-c": -1, "07-e": 0.93}  # fmt: skip
PAIRS = {"00-a": (3, 5, 2.25), "01-a": (-3, 3), "01-c": (0.5, -0.5), "01-e": (0.1, 0), "02-a": (0.107, 6.19), "05-a": (0, 0, 1),
         "06-c": (0.000977, 0.933), "07-a": (19, 1)}  # fmt: skip
FUNCTIONS = {"00-c", "01-d", "02-d", "03-c", "03-d", "04-d", "05-d", "06-d", "07-d"}


@pytest.mark.slow
def test_a_right_number_is_right_in_whatever_form(exercises, said, subtests):
    for name, value in ((name, value) for name, value in (NUMBERS | PAIRS).items() if name in exercises):
        for form in [*FORMS.values(), *(LISTS if name in PAIRS else ())]:
            with subtests.test(name=name, answer=form(value)):
                assert said(name, form(value)).startswith(f"✓ {name} · right. ")


def test_text_and_complex_numbers_are_no_numbers(exercises, said, subtests):
    for name, value in ((name, np.array(value)) for name, value in (NUMBERS | PAIRS).items() if name in exercises):
        for wrong in (value.astype(str), value + 0j, value.astype(str).tolist(), value[None]):
            with subtests.test(name=name, answer=wrong):
                assert said(name, wrong).startswith(f"✗ {name} · not yet. ")


STRANGE = [
    "abc", "", b"abc", 3j, {1: 2}, {1, 2}, iter([1, 2]), [[1], [2, 3]], [...], NotImplemented, np.array("a"), ["none", "none", "x"],
    10**400, -(10**400), INF, -INF, [NAN, NAN], [INF, 1], (1e308, 1e308), [10**400, 1], np.arange(100.0), [np.ones(3)] * 3,
    torch.ones(2, requires_grad=True), torch.tensor(NAN), torch.empty(2, device="meta"), Fraction(1, 3), Decimal("sNaN"), np.True_,
    torch.tensor(True), Add, torch.nn.Linear, torch.nn.Linear(3, 3),
]  # fmt: skip


def test_a_strange_answer_gets_the_hint_of_the_exercise(exercises, said, subtests):
    for name, answer in itertools.product(sorted(set(exercises) - FUNCTIONS), STRANGE):
        with subtests.test(name=name, answer=answer):
            told = said(name, answer)
            assert told.startswith(f"✗ {name} · not yet. ")
            assert "stopped with" not in told


def leave(*_):
    raise SystemExit(3)


def interrupt(*_):
    raise KeyboardInterrupt


def test_a_function_without_return_is_told_so(exercises, said, subtests):
    for name in FUNCTIONS.intersection(exercises):
        with subtests.test(name=name):
            told = said(name, lambda *given, right=RIGHT[name][0]: [right(*given)].clear())
            assert told == f"✗ {name} · not yet. Your function gives nothing back: is a return missing?\n"


def test_where_a_function_is_asked_for_anything_else_is_told_which(exercises, said, subtests):
    for name in FUNCTIONS.intersection(exercises):
        with subtests.test(name=name):
            assert said(name, 3).startswith(f"✗ {name} · not yet. Give a function (")


def test_what_an_answer_changes_in_place_is_a_copy():
    kept = torch.ones(2)
    with pytest.raises(Mistake, match="in place"):
        called(lambda x: x.add_(1), kept)
    assert torch.equal(kept, torch.ones(2))
    assert called(lambda x, y: (x, y), kept, 3)[1] == 3


def test_the_verdict_on_a_function_that_draws_does_not_depend_on_what_was_drawn_before(capsys):
    for seed in range(3):
        torch.manual_seed(seed)
        check("06-e", lambda: recurrent.RNN(4, 32, gain=1.5))
    assert len(set(capsys.readouterr().out.splitlines())) == 1


def test_an_answer_that_leaves_does_not_end_the_kernel_and_an_interrupt_is_the_readers(exercises, said, subtests):
    for name in FUNCTIONS.intersection(exercises):
        with subtests.test(name=name):
            assert said(name, leave) == f"✗ {name} · not yet. Your answer stopped with SystemExit: 3\n"
            with pytest.raises(KeyboardInterrupt):
                check(name, interrupt)


def test_near_knows_only_real_numbers():
    answers = ["5", True, np.True_, 5 + 0j, [5], None, "", torch.tensor(True), np.array("5"), {5}, b"5"]
    assert [answer for answer in answers if near(answer, 5) or real(answer) is not None] == []


def test_near_knows_a_bool_among_numbers():
    assert near([19, 1], [19, 1])
    assert not near([19, True], [19, 1])
    assert not near([19.0, np.True_], [19, 1])


def test_no_answer_yet(exercises, capsys, subtests):
    for name in exercises:
        with subtests.test(name=name):
            check(name)
            check(name, ...)
            first, second, _ = capsys.readouterr().out.split("\n")
            assert first == second
            assert first.startswith(f"○ {name} · not answered yet. ")


def test_an_unknown_exercise_is_an_error_that_says_which_there_are(subtests):
    for name in ["99-a", "00-z", "zero", 3, "", ".-a", "..x-a", "00.x-a", "nb00-a", "-", "00-A", "ß-a", None, ["00-a"]]:
        with subtests.test(name=name):
            with pytest.raises(ValueError, match="name: ") as caught:
                check(name)
            its = str(name)[:2] if re.match(r"0[0-7]", str(name)) else ""
            assert all((there in str(caught.value)) == there.startswith(its) for there in RIGHT)
            assert f"got {name!r}" in str(caught.value)
