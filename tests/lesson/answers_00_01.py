"""What readers answer to the exercises of notebooks 00 and 01: right answers in many forms, and mistakes with words of their hints."""

import copy
from fractions import Fraction

import numpy as np
import torch

from skiplab import Add, Concat, Gate, Skip
from skiplab.theory import saddle

NAN, INF = float("nan"), float("inf")
BRANCH = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
TANH = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))


def silent(*layers):
    """The branch with 0 in all parameters of these layers."""
    branch = copy.deepcopy(BRANCH)
    for layer in layers:
        torch.nn.init.zeros_(branch[layer].weight)
        torch.nn.init.zeros_(branch[layer].bias)
    return branch


class Mended(torch.nn.Module):
    """A gate as a reader writes it who has just learned of modules."""

    def forward(self, x, new, z):
        return torch.lerp(x, new, z)


def by_autograd(w1, w2, alpha):
    w = torch.tensor([w1, w2], requires_grad=True)
    (w[0] * w[1] - alpha).square().backward()
    return w.grad


def by_differences(w1, w2, alpha, h=1e-4):
    def loss(a, b):
        return (a * b - alpha) ** 2

    return (loss(w1 + h, w2) - loss(w1 - h, w2)) / (2 * h), (loss(w1, w2 + h) - loss(w1, w2 - h)) / (2 * h)


RIGHT = {
    "00-a": [[3, 5, 2.25], (3, 5, 2.25), np.array([3, 5, 2.25]), torch.tensor([3, 5, 2.25]), [3, 5, Fraction(9, 4)]],
    "00-b": [Skip(BRANCH, Add(gamma=0)), Skip(BRANCH, Gate(0.0)), Skip(copy.deepcopy(BRANCH).double(), Add(gamma=0)),
             Skip(BRANCH, Add(gamma=torch.nn.Parameter(torch.zeros(())))), Skip(BRANCH, Gate(0.0, carry=1.0)),
             Skip(BRANCH, Gate(lambda x: torch.zeros_like(x))), Skip(BRANCH, Add(0.5, gamma=0), shortcut=lambda x: 2 * x)],
    "00-c": [lambda x, new, z: (1 - z) * x + z * new, lambda x, new, z: x + z * (new - x), Mended(), torch.lerp,
             lambda x, new, z: new - (1 - z) * (new - x), lambda x, new, z: Gate(z)(x, new),
             lambda x, new, z: ((1 - z) * x.numpy() + z * new.numpy()).tolist()],
    "01-a": [[-3, 3], (-3.0, 3.0), np.array([-3, 3]), saddle.eigenvalues(saddle.Toy(-0.5, "block"), [0, 0])],
    "01-b": [0.6, np.float64(0.6), torch.tensor(0.6), Fraction(3, 5)],
    "01-c": [(1, -1), [-0.5, 0.5], np.array([2, -2]), torch.tensor([0.1, -0.1]), (4, -4)],
    "01-d": [lambda a, b, c: (2 * (a * b - c) * b, 2 * (a * b - c) * a), by_autograd, by_differences,
             lambda a, b, c: saddle.gradient(saddle.Toy(c), [a, b]), lambda a, b, c: 2 * (a * b - c) * np.array([b, a]),
             lambda a, b, c: [2 * a * b**2 - 2 * c * b, 2 * a**2 * b - 2 * c * a]],
    "01-e": [(0.05, 0), [0.0, -0.1], np.array([0.1, -0.1]), torch.tensor([-0.1, 0.1]), (0, 1e-16)],
}  # fmt: skip

WRONG = {
    "00-a": [
        ([3, 5, 2.75], "before F"),
        ([2, 5, 2.25], "no skip"),
        ([5, 3, 2.25], "three formulas"),
        ([3, 6, 2.25], "three formulas"),
        ([3, 5, 0.75], "three formulas"),
        ([3, 5, 2.5], "three formulas"),
        ([2.25, 5, 3], "three formulas"),
        ([3, 5], "three formulas"),
        ([3, [5], 2.25], "three formulas"),
        ([3, 5, NAN], "three formulas"),
        ({"none": 3, "add": 5, "gate": 2.25}, "three formulas"),
        ("[3, 5, 2.25]", "three formulas"),
        (7, "three formulas"),
    ],
    "00-b": [
        (Skip(BRANCH), "not x yet"),
        (Skip(BRANCH, "none"), "not x yet"),
        (Skip(BRANCH, Add(lam=0)), "not x yet"),
        (Skip(BRANCH, Gate(1.0)), "not x yet"),
        (Skip(BRANCH, Gate(0.5)), "not x yet"),
        (Skip(BRANCH, Concat()), "not x yet"),
        (Skip(BRANCH, Add(gamma=1e-9)), "A little of the branch still arrives"),
        (Skip(BRANCH, Gate(1e-12)), "A little of the branch still arrives"),
        (Skip(BRANCH, Add(gamma=0), shortcut=torch.nn.ReLU()), "not x yet"),
        (Skip(BRANCH, Add(gamma=NAN * torch.ones(()))), "not x yet"),
        (Skip(silent(0, 2)), "silence it in the merge"),
        (Skip(silent(2)), "silence it in the merge"),
        (Skip(TANH, Add(gamma=0)), "Keep the branch above as it is"),
        (Skip(torch.nn.Linear(3, 3), Add(gamma=0)), "Keep the branch above"),
        (Skip(torch.nn.Identity(), "none"), "Keep the branch above"),
        (Skip(lambda x: 0 * x), "Keep the branch above"),
        (BRANCH, "this is of type Sequential."),
        (Add(gamma=0), "this is of type Add."),
        (Skip, "this is the class Skip."),
        (3, "this is of type int."),
    ],
    "00-c": [
        (lambda x, new, z: z * x + (1 - z) * new, "still returns F"),
        (lambda x, new, z: new, "With z = 0 it should return x"),
        (lambda x, new, z: x, "with z = 1 F(x)"),
        (lambda x, new, z: x + z * new, "With z = 1 x is still in it"),
        (lambda x, new, z: x + z, "three quarters"),
        (lambda x, new, z: x + new, "With z = 0 it should return x"),
        (lambda x, new, z: (1 - z) * x, "with z = 1 F(x)"),
        (lambda x, new, z: z * x + z * new, "With z = 0 it should return x"),
        (lambda x, new, z: x if z == 0 else z * x + (1 - z) * new, "with z = 1 F(x)"),
        (lambda x, new, z: x if z < 0.5 else new, "three quarters"),
        (lambda x, new, z: x + z * z * (new - x), "three quarters"),
        (lambda x, new, z: x + round(4 * z) / 4 * (new - x), "three quarters"),
        (lambda x, new, z: [(1 - z) * x + z * new], "numbers of shape (), and returns (1,)"),
        (lambda x, new, z: ((1 - z) * x + z * new).mean(), "numbers of shape (5,), and returns ()"),
        (lambda x, new, z: x.lerp_(new, z), "in place"),
        (lambda x, new, z: print(end=""), "is a return missing"),
        (lambda x, new: x, "stopped with TypeError"),
        (3, "Give a function mended_gate(x, new, z) -> y."),
    ],
    "01-a": [
        ([-1, 1], "plain"),
        ([3, -3], "smaller one first"),
        ([-1.5, 1.5], "±2 (α − λ)"),
        ([-0.5, 0.5], "±2 (α − λ)"),
        ([1, 3], "±2 (α − λ)"),
        ([-3, -3], "±2 (α − λ)"),
        ([0, 3], "±2 (α − λ)"),
        (3, "±2 (α − λ)"),
        ("±3", "±2 (α − λ)"),
        ([[-3, 3]], "±2 (α − λ)"),
        ([-3, NAN], "±2 (α − λ)"),
        ([-INF, INF], "±2 (α − λ)"),
    ],
    "01-b": [
        (1.0, "With λ = 1 the skip alone does more than is asked"),
        (0, "With λ = 0 the skip alone does less than is asked"),
        (-0.6, "With λ = -0.6 the skip alone does less than is asked"),
        (0.4, "With λ = 0.4 the skip alone does less than is asked"),
        (0.5, "With λ = 0.5 the skip alone does less than is asked"),
        (0.61, "With λ = 0.61 the skip alone does more than is asked"),
        (1.2, "With λ = 1.2 the skip alone does more than is asked"),
        (0.36, "With λ = 0.36 the skip alone does less than is asked"),
        ("0.6", "one number"),
        ("alpha", "one number"),
        ([0.6], "one number"),
        (NAN, "one number"),
        (True, "one number"),
    ],
    "01-c": [
        ((0, 0), "origin"),
        ((0.0005, -0.0005), "origin"),
        ((1, 1), "escapes in 0 steps"),
        ((0.1, 0.1), "escapes in"),
        ((1, 0), "escapes in"),
        ((-1, -1), "escapes in"),
        ((1, -1.000001), "escapes in"),
        ((1, -1 - 1e-12), "escapes in"),
        ((0.5, -0.4), "escapes in"),
        ((9, 9), "diverges"),
        ((9, -9), "diverges"),
        ((1, NAN), "two numbers"),
        ((INF, -INF), "two numbers"),
        ((1, -1, 0), "two numbers"),
        (1, "two numbers"),
    ],
    "01-d": [
        (lambda a, b, c: (2 * (a * b - c) * a, 2 * (a * b - c) * b), "swapped"),
        (lambda a, b, c: ((a * b - c) * b, (a * b - c) * a), "square"),
        (lambda a, b, c: (2 * b, 2 * a), "holding w2 still"),
        (lambda a, b, c: (2 * (c - a * b) * b, 2 * (c - a * b) * a), "holding w2 still"),
        (lambda a, b, c: (2 * (a * b - c), 2 * (a * b - c)), "holding w2 still"),
        (lambda a, b, c: (2 * (a * b) * b, 2 * (a * b) * a), "holding w2 still"),
        (lambda a, b, c: (2 * (a * b - c) * b, 2 * (a * b - c) * b), "holding w2 still"),
        (lambda a, b, c: (2 * (a * b - 1) * b, 2 * (a * b - 1) * a), "holding w2 still"),
        (lambda a, b, c: (abs(a * b - c) * 2 * b, abs(a * b - c) * 2 * a), "holding w2 still"),
        (lambda a, b, c: (a * b - c) ** 2, "numbers of shape (2,), and returns ()"),
        (lambda a, b, c: [[2 * (a * b - c) * b, 2 * (a * b - c) * a]], "returns (1, 2)"),
        (lambda a, b, c: (NAN, NAN), "NaN"),
        (lambda a, b, c: ("dL/dw1", "dL/dw2"), "returns something else"),
        (lambda a: a, "TypeError"),
    ],
    "01-e": [
        ((0, 0), "diagonal"),
        ((0.1, 0.1), "diagonal"),
        ((-0.1, -0.1), "diagonal"),
        ((0.01, 0.01), "diagonal"),
        ((-0.05, -0.05), "ends at 1.00"),
        ((0.5, 0), "within 0.1"),
        ((0.11, 0), "within 0.1"),
        ((-1, -1), "within 0.1"),
        ((-2, 0), "within 0.1"),
        ((0.1, NAN), "two numbers"),
        (0.05, "two numbers"),
        ("(0.05, 0)", "two numbers"),
    ],
}  # fmt: skip
