"""Exercises on the toy saddle: a descent and two training loops to write or to mend, and where a saddle is none or cannot be left."""

import copy

import numpy as np
import torch

from skiplab.base.rng import drawing
from skiplab.lesson.checks import Mistake, compare, exercise, kind, near, one_number, reals
from skiplab.theory import saddle


@exercise("01-a", todo="Give a function that walks down the loss with a skip round each weight, and returns its path.",
          right="A slope at the origin, and the same saddle elsewhere: your descent finds both.",
          function="descend_each(alpha, lam, start, lr, steps) -> path")
def descent(answer):
    rng = np.random.default_rng(0)
    starts, rest = rng.uniform(-0.5, 0.5, (4, 2)).tolist(), rng.uniform((-1, 0.4, 0.01), (1, 1.2, 0.05), (4, 3)).tolist()
    cases = [(alpha, lam, start, lr, steps) for start, (alpha, lam, lr), steps in zip(starts, rest, (1, 6, 15, 3), strict=True)]
    return compare(answer, cases, _paths, "Differentiate ((λ + w1)(λ + w2) − α)² with respect to w1, holding w2 still.")


def _paths(alpha, lam, start, lr, steps):
    """(the path that a descent takes, the hint for it): the right one, and the usual mistakes."""
    path = saddle.descend(saddle.Toy(alpha, "weight", lam), start, steps + 1, lr)
    yield path[:-1], None
    yield path[1:], "The path should begin with the start, before any step."
    yield saddle.descend(saddle.Toy(alpha, "weight", lam), start, steps, lr / 2), "A factor of 2 is missing: the loss is a square."
    yield saddle.descend(saddle.Toy(alpha, "block", lam), start, steps, lr), "That is the skip round both weights: λ + w1 w2."
    yield saddle.descend(saddle.Toy(alpha), start, steps, lr), "There is no skip in it."
    yield _moved(alpha, lam, start, lr, steps, at_once=False), "w2 moves by the new w1: take both gradients before either weight moves."
    yield _moved(alpha, lam, start, -lr, steps), "It climbs: a step goes against the gradient."
    yield _moved(alpha, lam, start, lr, steps, swapped=True), "The gradients are swapped: moving w1 changes the product by λ + w2."


def _moved(alpha, lam, start, lr, steps, at_once=True, swapped=False):
    """The path of a descent in which something is different."""
    path = [tuple(start)]
    for _ in range(steps):
        a, b = path[-1]
        gap = 2 * lr * ((lam + a) * (lam + b) - alpha)
        new_a = a - gap * (lam + (a if swapped else b))
        path.append((new_a, b - gap * (lam + (b if swapped else a if at_once else new_a))))
    return np.array(path)


@exercise("01-b", todo="Give the strength λ for which the origin is a flat minimum when two blocks of two weights learn α = 0.6.",
          right="The two skips multiply: both alone already do all that is asked, so nothing is left to learn.")
def strength(answer):
    answer = one_number(answer)
    if near(answer**2, 0.6, 2e-3):
        return None
    if near(answer, 0.6, 2e-3):
        return "That is right for one skip. What do two of them make of x when all weights are 0?"
    does = "more" if answer**2 > 0.6 else "less"
    return f"With λ = {answer:g} the two skips alone do {does} than is asked. Leave nothing to learn."


@exercise("01-c", todo="Give a function that trains a network with momentum, without an optimiser.",
          right="That is all that torch.optim.SGD does with momentum=0.9.", function="train_by_hand(net, x, y, lr, steps) -> net")
def momentum(answer):
    otherwise = "Compare it with: velocity = 0.9 velocity + gradient, weight −= lr velocity."
    return compare(_weights(answer), _tasks(), _momentum, otherwise, 1e-7)


def _momentum(net, x, y, lr, steps):
    """(the weights that a loop ends with, the hint for it)."""
    yield _trained(net, x, y, lr, steps, 0.9), None
    yield _trained(net, x, y, lr, steps), "That is plain descent: nothing is kept of the steps before."
    yield _trained(net, x, y, lr, 0), "The network has not changed: is something done with the parameters themselves?"
    yield _trained(net, x, y, lr, steps, 0.9, kept=True), "The gradients of all steps add up: clear them before each backward()."
    yield _trained(net, x, y, lr, steps, kept=True), "The gradients add up, and there is no velocity besides."
    yield _trained(net, x, y, -lr, steps, 0.9), "It climbs: the loss grows."
    yield _trained(net, x, y, 0.1 * lr, steps, 0.9), "The gradient comes into the velocity whole, not by a tenth of it."
    yield _trained(net, x, y, lr, steps - 1, 0.9), "One step is missing."
    yield _trained(net, x, y, lr * y.numel(), steps, 0.9), "The loss is the mean of the squares, not their sum."


@exercise("01-d", todo="Find the bug: mended_loop does not yet train. Mend it.",
          right="Clear the gradient before backward() or after the step, but never between the two.",
          function="mended_loop(net, x, y, lr, steps) -> net")
def loop(answer):
    return compare(_weights(answer), _tasks(), _plain, "Compare it with the loop of six lines above.", 1e-7)


def _plain(net, x, y, lr, steps):
    """(the weights that a loop ends with, the hint for it)."""
    yield _trained(net, x, y, lr, steps), None
    yield _trained(net, x, y, lr, 0), "It still learns nothing: what is left of the gradient when the step is made?"
    yield _trained(net, x, y, lr, steps, kept=True), "Now the gradients of all steps add up: they still have to be cleared."
    yield _trained(net, x, y, -lr, steps), "It climbs: the loss grows."
    yield _trained(net, x, y, lr, 1), "It makes a single step: what belongs into the loop?"
    yield _trained(net, x, y, lr, steps - 1), "One step is missing."
    yield _trained(net, x, y, lr, steps, 0.9), "Plain descent, please, without momentum."
    yield _trained(net, x, y, lr * y.numel(), steps), "The loss is the mean of the squares, not their sum."


def _tasks():
    """Small networks with their data, rate and steps."""
    tasks = []
    for width, batch, lr, steps in ((3, 5, 0.1, 4), (2, 3, 0.3, 7)):
        with drawing(width):
            net = torch.nn.Sequential(torch.nn.Linear(width, 4), torch.nn.Tanh(), torch.nn.Linear(4, width))
            tasks.append((net.double(), *torch.randn(2, batch, width).double(), lr, steps))
    return tasks


def _weights(answer):
    """The reader's loop as a function that returns all weights of the trained network."""

    def trained(*task):
        net = answer(*task)
        if not isinstance(net, torch.nn.Module):
            raise Mistake(f"Return the network; this is {kind(net)}.")
        return torch.nn.utils.parameters_to_vector(net.parameters()).detach()

    return trained


def _trained(net, x, y, lr, steps, momentum=0.0, kept=False):
    """All weights after so many steps, whose gradients add up where they are `kept`."""
    net = copy.deepcopy(net)
    sgd = torch.optim.SGD(net.parameters(), abs(lr), momentum, maximize=lr < 0)
    for _ in range(steps):
        if not kept:
            sgd.zero_grad()
        (net(x) - y).square().mean().backward()
        sgd.step()
    return torch.nn.utils.parameters_to_vector(net.parameters()).detach()


@exercise("01-e", todo="Give a start (w1, w2), at least 2 away from the origin, from which plain descent to α = −2 never escapes.",
          right="For a negative target the road into the saddle is w1 = w2: the product would have to become negative.")
def stuck(answer):
    start = reals(answer)
    if start is None or start.shape != (2,) or not np.isfinite(start).all():
        return "Give two numbers, (w1, w2)."
    if np.hypot(*start) < 2 - 1e-6:
        return "Find a start that is at least 2 away from the origin."
    toy = saddle.Toy(alpha=-2.0)
    path = saddle.descend(toy, start, steps=3000, lr=0.02)
    if np.isnan(path[-1]).any():
        return "This start diverges. Come nearer."
    steps = saddle.escape_steps(toy, path)
    late = f"From there it escapes in {steps} step{'s' * (steps != 1)}. Look for the valley that ends in the saddle."
    return None if steps is None else late
