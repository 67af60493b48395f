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


class Stack(torch.nn.Module):
    """Blocks λx + F(x) in a row."""

    keep = torch.nn.ModuleList
    start = staticmethod(lambda: torch.nn.Parameter(torch.ones(())))

    def __init__(self, branches):
        super().__init__()
        self.branches, self.lam = self.keep(branches), self.start()

    def forward(self, x):
        for branch in self.branches:
            x = self.block(x, branch(x))
        return x

    def block(self, x, new):
        return self.lam * x + new


class Chain(torch.nn.Sequential):
    """The same by a list that is a module itself."""

    def __init__(self, branches):
        super().__init__(*branches)
        self.register_parameter("lam", torch.nn.Parameter(torch.ones(1)))

    def forward(self, x):
        for branch in self:
            x = branch(x).add(self.lam * x)
        return x


class Recursive(Stack):
    """The same without a loop."""

    def forward(self, x, done=0):
        return x if done == len(self.branches) else Recursive.forward(self, self.lam * x + self.branches[done](x), done + 1)


def stacked(block=None, forward=None, **others):
    """The class with another block or another way forward, or another list or λ."""
    methods = {name: method for name, method in (("block", block), ("forward", forward)) if method}
    return type("Stack", (Stack,), methods | others)


def mine(number=1.0):
    return staticmethod(lambda: torch.nn.Parameter(torch.tensor(number)))


def each_weight(alpha, lam, start, lr, steps, factor=2, at_once=True, whole=True, sign=1, swapped=False, own=True):
    """Descent with a skip round each weight, or one that a reader got wrong."""
    a, b = start
    path = [[a, b]]
    for _ in range(steps):
        gap = sign * factor * lr * ((lam + a) * (lam + b) - alpha)
        slope_a, slope_b = (lam * own + b, lam * own + a) if not swapped else (lam + a, lam + b)
        a = a - gap * slope_a
        b = b - gap * (slope_b if at_once else lam + a)
        path.append([a, b])
    return path if whole else path[1:]


def by_autograd(alpha, lam, start, lr, steps):
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    path, optimizer = [w.detach().clone()], torch.optim.SGD([w], lr)
    for _ in range(steps):
        optimizer.zero_grad()
        ((lam + w).prod() - alpha).square().backward()
        optimizer.step()
        path.append(w.detach().clone())
    return torch.stack(path)


def trained(net, x, y, lr, steps, momentum=0.9, clear="before", optimizer=torch.optim.SGD, loss=torch.nn.functional.mse_loss, sign=1):
    """A loop of torch; `clear` says when gradients are set to zero."""
    made = optimizer(net.parameters(), lr=lr, **({"momentum": momentum} if momentum else {}))
    for _ in range(steps):
        if clear == "before":
            made.zero_grad()
        (sign * loss(net(x), y)).backward()
        if clear == "between":
            made.zero_grad()
        made.step()
        if clear == "after":
            made.zero_grad()
    return net


def by_hand(net, x, y, lr, steps, tenth=False, late=False, kept=0.9):
    """Momentum without an optimiser."""
    velocity = [torch.zeros_like(p) for p in net.parameters()]
    for _ in range(steps):
        net.zero_grad()
        (net(x) - y).square().mean().backward()
        with torch.no_grad():
            for p, v in zip(net.parameters(), velocity, strict=True):
                before = v.clone()
                v.mul_(kept).add_(p.grad, alpha=1 - kept if tenth else 1)
                p -= lr * (before if late else v)
    return net


def lazy(net, x, y, lr, steps):
    """The parameters are replaced by names, and the network stays as it is."""
    for _ in range(steps):
        net.zero_grad()
        (net(x) - y).square().mean().backward()
        for p in net.parameters():
            p = p - lr * p.grad
    return net


def without(loop, *hidden, **given):
    """That loop, with some settings of it fixed."""
    return lambda net, x, y, lr, steps: loop(net, x, y, lr, steps, *hidden, **given)


def plain(*hidden, **given):
    return without(trained, 0, *hidden, **given)


RIGHT = {
    "00-a": [[3, 5, 2.25], (3, 5, 2.25), np.array([3, 5, 2.25]), torch.tensor([3, 5, 2.25]), [3, 5, Fraction(9, 4)]],
    "00-b": [Skip(BRANCH, Add(2, gamma=0)), Skip(BRANCH, Gate(0.0, carry=2.0)), Skip(copy.deepcopy(BRANCH).double(), Add(2, gamma=0)),
             Skip(BRANCH, Add(lam=2.0, gamma=torch.nn.Parameter(torch.zeros(())))), Skip(BRANCH, Add(gamma=0), shortcut=lambda x: x + x),
             Skip(BRANCH, Gate(lambda x: torch.zeros_like(x), 2.0)), Skip(BRANCH, Add(0.5, gamma=0), shortcut=lambda x: 4 * x)],
    "00-c": [lambda x, new, z: (1 - z) * x + z * new, lambda x, new, z: x + z * (new - x), Mended(), torch.lerp,
             lambda x, new, z: new - (1 - z) * (new - x), lambda x, new, z: Gate(z)(x, new),
             lambda x, new, z: ((1 - z) * x.numpy() + z * new.numpy()).tolist()],
    "00-d": [Stack, Chain, Recursive, lambda branches: Chain(branches), stacked(lambda self, x, new: Add(lam=self.lam)(x, new))],
    "01-a": [each_weight, by_autograd, lambda *given: np.array(each_weight(*given)),
             lambda alpha, lam, start, lr, steps: saddle.descend(saddle.Toy(alpha, "weight", lam), start, steps, lr)],
    "01-b": [0.6**0.5, np.float64(0.7746), torch.tensor(0.7746), Fraction(7746, 10000), -(0.6**0.5), 0.775],
    "01-c": [by_hand, trained, without(trained, clear="after"), lambda *task: by_hand(*task).eval()],
    "01-d": [plain(), plain(clear="after"), plain(loss=lambda out, y: ((out - y) ** 2).mean()), without(by_hand, kept=0)],
    "01-e": [(1.5, 1.5), [-1.6, -1.6], np.array([2, 2]), torch.tensor([1.5, 1.5]), (-3, -3), (2**0.5, 2**0.5)],
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
        (Skip(BRANCH), "not 2x yet"),
        (Skip(BRANCH, Add(lam=2)), "not 2x yet"),
        (Skip(BRANCH, "none"), "not 2x yet"),
        (Skip(BRANCH, Add(lam=0)), "not 2x yet"),
        (Skip(BRANCH, Add(gamma=0)), "y is x. Which factor"),
        (Skip(BRANCH, Gate(0.0)), "y is x. Which factor"),
        (Skip(BRANCH, Add(lam=0, gamma=2)), "not 2x yet"),
        (Skip(BRANCH, Gate(0.5)), "not 2x yet"),
        (Skip(BRANCH, Concat()), "not 2x yet"),
        (Skip(BRANCH, Add(2, gamma=1e-9)), "A little of the branch still arrives"),
        (Skip(BRANCH, Gate(1e-12, carry=2.0)), "A little of the branch still arrives"),
        (Skip(BRANCH, Add(2, gamma=0), shortcut=torch.nn.ReLU()), "not 2x yet"),
        (Skip(BRANCH, Add(2, gamma=NAN * torch.ones(()))), "not 2x yet"),
        (Skip(silent(0, 2), Add(2)), "silence it in the merge"),
        (Skip(silent(2), Add(2)), "silence it in the merge"),
        (Skip(TANH, Add(2, gamma=0)), "Keep the branch above as it is"),
        (Skip(torch.nn.Linear(3, 3), Add(2, gamma=0)), "Keep the branch above"),
        (Skip(torch.nn.Identity(), "none"), "Keep the branch above"),
        (Skip(lambda x: 0 * x), "Keep the branch above"),
        (BRANCH, "this is of type Sequential."),
        (Add(2, gamma=0), "this is of type Add."),
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
    "00-d": [
        (stacked(lambda self, x, new: x + new), "where does λ come in?"),
        (stacked(lambda self, x, new: x + self.lam * new), "λ stands before F(x)"),
        (stacked(lambda self, x, new: self.lam * (x + new)), "the whole sum"),
        (stacked(lambda self, x, new: new), "There is no skip in it yet"),
        (stacked(lambda self, x, new: self.lam.item() * x + new), "No gradient arrives at λ"),
        (stacked(lambda self, x, new: self.lam * x), "is the x of the next one"),
        (stacked(forward=lambda self, x: self.lam * x + torch.nn.Sequential(*self.branches)(x)), "one skip round all branches"),
        (stacked(forward=lambda self, x: self.lam * x + sum(branch(x) for branch in self.branches)), "All branches read the first x"),
        (stacked(forward=lambda self, x: self.lam * x + self.branches[0](x)), "return too early"),
        (stacked(forward=lambda self, x: x.mul_(self.lam.item())), "in place"),
        (stacked(forward=lambda self, x: None), "is a return missing"),
        (stacked(forward=lambda self, x: (self.lam * x).sum()), "numbers of shape (4, 3), and returns ()"),
        (stacked(keep=list), "a torch.nn.ModuleList does not"),
        (stacked(keep=lambda self, branches: branches), "a torch.nn.ModuleList does not"),
        (stacked(start=lambda self: 1.0), "Let self.lam be a torch.nn.Parameter"),
        (stacked(start=lambda self: torch.ones((), requires_grad=True)), "Let self.lam be a torch.nn.Parameter"),
        (stacked(start=lambda self: torch.nn.Parameter(torch.ones(3))), "Let self.lam be a torch.nn.Parameter"),
        (stacked(start=mine(0.5)), "λ should be 1"),
        (stacked(lambda self, x: x), "stopped with TypeError"),
        (Stack([BRANCH]), "stopped with"),
        (lambda branches: branches, "what it makes is of type tuple."),
        (3, "Give a function Stack(branches) -> net."),
    ],
    "01-a": [
        (lambda *given: each_weight(*given, factor=1), "factor of 2"),
        (lambda *given: each_weight(*given, at_once=False), "before either weight moves"),
        (lambda *given: each_weight(*given, sign=-1), "climbs"),
        (lambda *given: each_weight(*given, swapped=True), "swapped"),
        (lambda *given: each_weight(*given, own=False), "holding w2 still"),
        (lambda *given: each_weight(*given, factor=4), "holding w2 still"),
        (lambda alpha, lam, *rest: each_weight(alpha, 1, *rest), "holding w2 still"),
        (lambda alpha, *rest: each_weight(1, *rest), "holding w2 still"),
        (lambda alpha, lam, *rest: saddle.descend(saddle.Toy(alpha), rest[0], rest[2], rest[1]), "no skip"),
        (lambda alpha, lam, *rest: each_weight(alpha, 0, *rest), "no skip"),
        (lambda alpha, lam, start, lr, steps: saddle.descend(saddle.Toy(alpha, "block", lam), start, steps, lr), "round both"),
        (lambda *given: each_weight(*given[:4], given[4] + 1)[1:], "begin with the start"),
        (lambda *given: each_weight(*given, whole=False), "numbers of shape (2, 2), and returns (1, 2)"),
        (lambda *given: each_weight(*given)[-1], "returns (2,)"),
        (lambda alpha, lam, start, lr, steps: [start] * (steps + 1), "holding w2 still"),
        (lambda *given: np.full((given[4] + 1, 2), NAN), "NaN"),
        (lambda *given: None, "is a return missing"),
        (lambda start: [start], "TypeError"),
        ([[0.1, 0.1]], "Give a function descend_each(alpha, lam, start, lr, steps) -> path."),
    ],
    "01-b": [
        (0.6, "two of them"),
        (1.0, "With λ = 1 the two skips alone do more than is asked"),
        (0, "With λ = 0 the two skips alone do less than is asked"),
        (-0.6, "With λ = -0.6 the two skips alone do less than is asked"),
        (0.36, "With λ = 0.36 the two skips alone do less than is asked"),
        (0.3, "do less than is asked"),
        (0.77, "do less than is asked"),
        (0.78, "do more than is asked"),
        (1.2, "do more than is asked"),
        (INF, "do more than is asked"),
        ("0.7746", "one number"),
        ("alpha", "one number"),
        ([0.7746], "one number"),
        (NAN, "one number"),
        (True, "one number"),
    ],
    "01-c": [
        (without(by_hand, kept=0), "plain descent"),
        (plain(), "plain descent"),
        (lambda net, x, y, lr, steps: net, "not changed"),
        (lazy, "not changed"),
        (without(trained, clear="between"), "not changed"),
        (without(trained, clear="never"), "gradients of all steps add up"),
        (plain(clear="never"), "no velocity besides"),
        (without(trained, sign=-1), "climbs"),
        (without(by_hand, tenth=True), "by a tenth"),
        (lambda net, x, y, lr, steps: by_hand(net, x, y, lr, steps - 1), "One step is missing"),
        (without(trained, loss=lambda out, y: (out - y).square().sum()), "not their sum"),
        (without(by_hand, late=True), "velocity = 0.9 velocity + gradient"),
        (without(by_hand, kept=0.99), "velocity = 0.9 velocity + gradient"),
        (without(trained, 0, optimizer=torch.optim.Adam), "velocity = 0.9 velocity + gradient"),
        (lambda net, x, y, lr, steps: torch.nn.Linear(2, 2), "numbers of shape"),
        (lambda *task: by_hand(*task).parameters(), "Return the network"),
        (lambda *task: by_hand(*task)(task[1]), "Return the network; this is of type Tensor."),
        (lambda *task: by_hand(*task) and None, "is a return missing"),
        (lambda net: net, "TypeError"),
        (0.9, "Give a function train_by_hand(net, x, y, lr, steps) -> net."),
    ],
    "01-d": [
        (plain(clear="between"), "learns nothing"),
        (lambda net, x, y, lr, steps: net, "learns nothing"),
        (lazy, "learns nothing"),
        (plain(clear="never"), "still have to be cleared"),
        (plain(sign=-1), "climbs"),
        (lambda net, x, y, lr, steps: trained(net, x, y, lr, 1, 0), "a single step"),
        (lambda net, x, y, lr, steps: trained(net, x, y, lr, steps - 1, 0), "One step is missing"),
        (trained, "without momentum"),
        (plain(loss=lambda out, y: (out - y).square().sum()), "not their sum"),
        (plain(optimizer=torch.optim.Adam), "loop of six lines"),
        (plain(loss=lambda out, y: (out - y).abs().mean()), "loop of six lines"),
        (lambda net, x, y, lr, steps: trained(net, x, y, 0.01, steps, 0), "loop of six lines"),
        (lambda *task: trained(*task, 0).state_dict(), "Return the network"),
        (lambda *task: trained(*task, 0) and None, "is a return missing"),
        (lambda net: net, "TypeError"),
        (lambda net, x, y, lr, steps: 1 / 0, "ZeroDivisionError"),
    ],
    "01-e": [
        ((0, 0), "at least 2 away"),
        ((1, 1), "at least 2 away"),
        ((1.4, 1.4), "at least 2 away"),
        ((2, -2), "escapes in"),
        ((0.1, -2.1), "escapes in"),
        ((2, 0), "escapes in"),
        ((-1.5, 1.5), "escapes in"),
        ((2, 2.000001), "escapes in"),
        ((2, 2 - 1e-12), "escapes in"),
        ((1.45, -1.45), "escapes in 0 steps"),
        ((2, 1.5), "escapes in"),
        ((90, 90), "diverges"),
        ((1, NAN), "two numbers"),
        ((INF, INF), "two numbers"),
        ((1, 1, 0), "two numbers"),
        (1, "two numbers"),
        ("(2, 2)", "two numbers"),
    ],
}  # fmt: skip
