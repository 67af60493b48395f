"""What does not fit into a Skip is refused with both shapes and with advice that works."""

import itertools
import re

import torch
from skips import double, equal, mlp, refusal  # noqa: F401
from torch import nn
from torch.func import vmap

from skiplab.skip import Add, Concat, Gate, Plain, Skip

NAN, INF = float("nan"), float("inf")
ADVICE = re.compile(r"shortcut=(nn\.\w+\((?:[^()]|\([^()]*\))*\))")
MISFITS = {
    "wider vectors": (lambda: nn.Linear(6, 9), (2, 6), True),
    "narrower sequences": (lambda: nn.Linear(6, 3), (2, 5, 6), True),
    "more channels": (lambda: nn.Conv2d(6, 8, 3, padding=1), (2, 6, 8, 8), True),
    "half as large": (lambda: nn.Conv2d(6, 8, 3, stride=2, padding=1), (2, 6, 8, 8), True),
    "half of an odd size": (lambda: nn.Conv2d(6, 6, 3, stride=2, padding=1), (2, 6, 9, 9), True),
    "a quarter": (lambda: nn.AvgPool2d(4), (2, 6, 16, 16), True),
    "no padding": (lambda: nn.Conv2d(6, 6, 3), (2, 6, 8, 8), False),
    "no padding, a third": (lambda: nn.Conv2d(6, 8, 3, stride=3), (2, 6, 10, 10), False),
    "twice as large": (lambda: nn.Upsample(scale_factor=2), (2, 6, 4, 4), False),
    "half as wide": (lambda: nn.Conv2d(6, 8, 3, stride=(1, 2), padding=1), (2, 6, 8, 8), False),
    "pixels as features": (lambda: nn.Linear(8, 6), (2, 6, 8, 8), False),
    "channels of a signal": (lambda: nn.Conv1d(6, 8, 3, padding=1), (2, 6, 10), False),
    "one axis less": (lambda: nn.Flatten(), (2, 6, 5), False),
}


def test_misfits_are_told_both_shapes_and_the_advice_works(subtests):
    for (name, (make, shape, easy)), merge in itertools.product(MISFITS.items(), (Add(), Gate(0.5))):
        with subtests.test(name=name, merge=merge):
            branch, x = make(), torch.randn(shape)
            text = refusal(ValueError, Skip(branch, merge), x)
            assert str(tuple(shape)) in text
            assert str(tuple(branch(x).shape)) in text
            advised = ADVICE.findall(text)
            assert advised or ("shortcut" in text and not easy)
            for line in advised:
                assert Skip(branch, merge, shortcut=eval(line, {"nn": nn}))(x).shape == branch(x).shape
            for other in re.findall(r"merge='(\w+)'", text):
                Skip(branch, other)(x)


FACTORS = {
    "lam": lambda factor: Add(lam=factor),
    "gamma": lambda factor: Add(gamma=factor),
    "gate": lambda factor: Gate(factor),
    "transform": lambda factor: Gate(factor, carry=0.5),
    "carry": lambda factor: Gate(0.5, carry=factor),
}


def test_a_factor_that_would_change_the_shape_is_refused_by_name(subtests):
    shapes = (4, 1, 1), (7, 5, 6), (1, 5, 6), (3,), (2, 6), (5, 2)
    forms = {"tensor": lambda f: f, "function": lambda f: lambda x, *context: f}
    for name, shape, form in itertools.product(FACTORS, shapes, forms):
        with subtests.test(name=name, shape=shape, form=form):
            block = Skip(mlp(), FACTORS[name](forms[form](torch.rand(shape))))
            text = refusal(ValueError, block, torch.randn(5, 6))
            assert {"transform": "gate"}.get(name, name) + ": " in text
            assert "'add'" in text or "'gate'" in text
            assert "(5, 6)" in text
            assert text.endswith(f"got shape {shape}.")


def test_a_factor_that_keeps_the_shape_is_taken(subtests):
    for name, shape in itertools.product(FACTORS, [(), (1,), (6,), (5, 1), (1, 6), (5, 6)]):
        with subtests.test(name=name, shape=shape):
            factor, x = torch.rand(shape), torch.randn(5, 6)
            whole = FACTORS[name](factor.expand(5, 6).clone())
            equal(Skip(torch.sin, FACTORS[name](factor))(x), Skip(torch.sin, whole)(x))
            assert Skip(torch.sin, FACTORS[name](factor.to("meta")))(x.to("meta")).shape == (5, 6)
            many = vmap(lambda factor, x, make=FACTORS[name]: Skip(torch.sin, make(factor))(x))
            equal(many(factor.expand(3, *shape), x.expand(3, 5, 6)), Skip(torch.sin, whole)(x).expand(3, 5, 6))


def test_a_function_of_x_must_give_numbers(subtests):
    for given in ["a", None, (1, 2)]:
        with subtests.test(given=given):
            text = refusal(TypeError, Skip(mlp(), Add(gamma=lambda x, given=given: given)), torch.randn(5, 6))
            assert "gamma: " in text
            assert repr(given) in text


def test_a_branch_that_gives_no_tensor_is_told_what_it_gave(subtests):
    for merge, given in itertools.product((Plain(), Add(), Concat(), Gate(0.5)), (None, 3.0, (torch.ones(2), 1))):
        with subtests.test(merge=merge, given=given):
            text = refusal(TypeError, Skip(lambda x, given=given: given, merge), torch.randn(5, 6))
            assert text.startswith("branch: expected a torch.Tensor, got ")
            assert type(given).__name__ in text


def test_a_shortcut_that_gives_no_tensor_is_told_so():
    text = refusal(TypeError, lambda: Skip(mlp(), "add", shortcut=lambda x: None)(torch.randn(5, 6)))
    assert text.startswith("shortcut: expected a torch.Tensor, got None")


def test_concat_of_what_does_not_fit_names_the_axis_and_both_shapes():
    text = refusal(ValueError, lambda: Skip(nn.Conv2d(6, 4, 3), "concat")(torch.randn(2, 6, 8, 8)))
    assert "axis 1" in text
    assert "(2, 6, 8, 8)" in text
    assert "(2, 4, 6, 6)" in text
    assert "Crop or pad" in text
    assert Skip(nn.Conv2d(6, 4, 3), "concat", shortcut=nn.ZeroPad2d(-1))(torch.randn(2, 6, 8, 8)).shape == (2, 10, 6, 6)
    refusal(ValueError, lambda: Skip(nn.Flatten(), "concat")(torch.randn(2, 6, 5)))
    refusal(ValueError, lambda: Skip(mlp(), Concat(dim=7))(torch.randn(2, 6)))


def test_what_cannot_be_a_skip_says_why(subtests):
    for call, kind, said in [
        (lambda: Skip(mlp(), "ad"), ValueError, ("merge: ", "'none', 'add', 'concat', 'gate'", "'ad'")),
        (lambda: Skip(mlp(), None), TypeError, ("merge: ", "'none', 'add', 'concat', 'gate'", "None")),
        (lambda: Skip(mlp(), 3), TypeError, ("merge: ", "'none', 'add', 'concat', 'gate'", "3")),
        (lambda: Skip(mlp(), torch.add), TypeError, ("merge: ", "'none', 'add', 'concat', 'gate'")),
        (lambda: Skip(mlp(), Add), TypeError, ("merge: ", "Add(")),
        (lambda: Skip(3), TypeError, ("branch: ", "function of x", "3 (int)")),
        (lambda: Skip("relu"), TypeError, ("branch: ", "function of x", "'relu' (str)")),
        (lambda: Skip(mlp(), shortcut=3), TypeError, ("shortcut: ", "function of x", "3 (int)")),
        (lambda: Add(lam=NAN), ValueError, ("lam: ", "finite", "nan")),
        (lambda: Add(gamma=INF), ValueError, ("gamma: ", "finite", "inf")),
        (lambda: Add(lam=True), TypeError, ("lam: ", "number", "True (bool)")),
        (lambda: Add(gamma="1"), TypeError, ("gamma: ", "number", "'1' (str)")),
        (lambda: Add(lam=None), TypeError, ("lam: ", "number", "None")),
        (lambda: Add(gamma=1j), TypeError, ("gamma: ", "number", "1j")),
        (lambda: Gate(NAN), ValueError, ("gate: ", "finite", "nan")),
        (lambda: Gate(False), TypeError, ("gate: ", "number", "False")),
        (lambda: Gate(5), ValueError, ("gate: ", "from 0 to 1", "5 (int)")),
        (lambda: Gate(-1.0), ValueError, ("gate: ", "from 0 to 1", "-1.0 (float)")),
        (lambda: Gate.linear(-3), ValueError, ("width: ", "from 1 to", "-3 (int)")),
        (lambda: Gate.linear(0), ValueError, ("width: ", "from 1 to", "0 (int)")),
        (lambda: Gate.linear("a"), TypeError, ("width: ", "from 1 to", "'a' (str)")),
        (lambda: Gate.linear(6, bias="a"), TypeError, ("bias: ", "number", "'a' (str)")),
        (lambda: Gate(0.5, carry="all"), TypeError, ("carry: ", "number", "'all'")),
        (lambda: Concat(dim=True), TypeError, ("dim: ", "whole number", "True")),
        (lambda: Concat(dim=1.0), TypeError, ("dim: ", "whole number", "1.0")),
    ]:
        with subtests.test(kind=kind, said=said):
            text = refusal(kind, call)
            assert text.startswith(said[0])
            for words in said:
                assert words in text


def test_a_gate_by_name_is_as_wide_as_the_last_linear_layer_and_else_says_what_to_do():
    assert Skip(mlp(6, 6), "gate").merge.gate[0].weight.shape == (6, 6)
    assert Skip(nn.Linear(6, 6), "gate")(torch.randn(2, 6)).shape == (2, 6)
    for branch in (torch.tanh, nn.Tanh(), nn.Conv2d(3, 3, 1)):
        text = refusal(ValueError, lambda branch=branch: Skip(branch, "gate"))
        assert "Gate.linear(width)" in text
        assert "Gate(module)" in text
    assert Skip(torch.tanh, Gate.linear(6))(torch.randn(2, 6)).shape == (2, 6)
