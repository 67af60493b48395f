"""What readers answer to the exercises of notebook 02: right answers in many forms, and mistakes with words of their hints."""

import copy
import functools
import itertools
import math

import numpy as np
import torch

NAN, INF = float("nan"), float("inf")


def decades(order=reversed, turn=lambda J: J.T, keep=lambda lam: lam, unit=True, late=False, log=torch.log10):
    """By how much the size of a gradient changes, with that order of blocks, that matrix, that strength and that logarithm."""

    def mended(J, g, lam=1.0):
        total, g = 0.0, g / g.norm() if unit else g
        for J_l in order(list(J)):
            g = keep(lam) * g + turn(J_l) @ g
            size, g = g.norm(), g / g.norm()
            total = total + log(g.norm() if late else size)
        return total

    return mended


def in_numpy(J, g, lam):
    J, g, total = J.numpy(), g.numpy(), 0.0
    for J_l in J[::-1]:
        before, g = np.linalg.norm(g), lam * g + J_l.T @ g
        total, g = total + np.log10(np.linalg.norm(g) / before), g / np.linalg.norm(g)
    return total


def at_the_end(J, g, lam):
    """Right, until the numbers are too small or too large."""
    before = g.norm()
    for J_l in J.float().flip(0):
        g = lam * g.float() + J_l.T @ g.float()
    return (g.norm() / before).log10()


def by_length(J, turn=lambda new: new, first=1.0):
    """The paths by how many branches they pass, each matrix before the others."""
    terms = torch.zeros(len(J) + 1, *J.shape[1:], dtype=J.dtype)
    terms[0] = first * torch.eye(J.shape[-1])
    for J_l in turn(J):
        terms[1:] = terms[1:] + J_l @ terms[:-1]
    return terms


def by_choice(J):
    """Path by path."""
    terms = [torch.zeros_like(J[0]) for _ in range(len(J) + 1)]
    for taken in itertools.product((False, True), repeat=len(J)):
        path = torch.eye(J.shape[-1], dtype=J.dtype)
        for J_l, through in zip(J, taken, strict=True):
            path = J_l @ path if through else path
        terms[sum(taken)] = terms[sum(taken)] + path
    return terms


def by_derivative(J):
    """The product of all (I + t J) is a polynomial in t: from its values at L + 1 places."""
    places = torch.linspace(-1, 1, len(J) + 1, dtype=J.dtype)
    eye = torch.eye(J.shape[-1], dtype=J.dtype)
    values = torch.stack([functools.reduce(lambda whole, J_l, t=t: (eye + t * J_l) @ whole, J, eye) for t in places])
    return torch.linalg.solve(torch.linalg.vander(places), values.flatten(1)).unflatten(1, J.shape[1:])


def shorter(J):
    return by_length(J)[1:]


def unit_sizes(net, x, size=lambda z: z.square().mean().sqrt(), on=True, again=True, after=torch.relu):
    """Each matrix over the size of what comes out behind it; the next gets what the scaled one gives."""
    with torch.no_grad():
        for layer in net[::2]:
            before = torch.relu(layer(x))
            layer.weight /= size(after(layer(x)))
            x = (torch.relu(layer(x)) if again else before) if on else x
    return net


def all_alike(net, x):
    with torch.no_grad():
        size = net(x).square().mean().sqrt()
        for layer in net[::2]:
            layer.weight /= size ** (2 / len(net))
    return net


def copied(net, x):
    return unit_sizes(copy.deepcopy(net), x)


def from_behind(net, x):
    """ReLU keeps factors: all sizes at once, and then each over the one before."""
    with torch.no_grad():
        sizes, h = [1.0], x
        for layer in net[::2]:
            h = torch.relu(layer(h))
            sizes.append(h.square().mean().sqrt().item())
        for layer, before, now in zip(net[::2], sizes, sizes[1:], strict=False):
            layer.weight *= before / now
    return net


def by_hooks(net, x):
    def scale(layer, inputs, out):
        size = torch.relu(out).square().mean().sqrt()
        layer.weight.data /= size
        return out / size

    hooks = [layer.register_forward_hook(scale) for layer in net[::2]]
    net(x)
    for hook in hooks:
        hook.remove()
    return net


def drawn_anew(net, x):
    for layer in net[::2]:
        torch.nn.init.kaiming_normal_(layer.weight)
    return net


def with_biases(net, x):
    for layer in net[::2]:
        layer.bias = torch.nn.Parameter(torch.zeros(len(layer.weight)))
    return unit_sizes(net, x)


RIGHT = {
    "02-a": [[0.107, 6.19], (0.11, 6.2), np.array([0.8, 1.2]) ** 10, torch.tensor([0.8, 1.2]) ** 10],
    "02-b": [0.045, 1 - 0.1 ** (1 / 50), np.float32(0.045), torch.tensor(0.0449)],
    "02-c": [by_length, by_choice, by_derivative, lambda J: list(by_length(J)), lambda J: by_length(J).numpy()],
    "02-d": [decades(), in_numpy, lambda J, g, lam: float(decades()(J, g, lam)), lambda J, g, lam: decades()(J.clone(), 7 * g, lam)],
    "02-e": [unit_sizes, copied, from_behind, by_hooks],
}  # fmt: skip

WRONG = {
    "02-a": [
        ([6.19, 0.107], "lower one first"),
        ([-0.97, 0.79], "logarithms"),
        ([0.1, 6.19], "The lower bound"),
        ([0.8, 1.2], "The lower bound"),
        ([8, 12], "The lower bound"),
        ([0, 6.19], "The lower bound"),
        ([0.107, 0.107], "The lower bound"),
        ([1e-7, 6.19], "The lower bound"),
        ([0.107, 6.3], "The lower bound"),
        ([0.107], "The lower bound"),
        (58, "The lower bound"),
        ([0.107, INF], "The lower bound"),
        ({"lower": 0.107, "upper": 6.19}, "The lower bound"),
    ],
    "02-b": [
        (0.0444, "could be larger"),
        (0.044, "could be larger"),
        (0.01, "could be larger"),
        (0, "could be larger"),
        (0.0451, "the guarantee is 0.0995. That is less than a tenth"),
        (0.046, "less than a tenth"),
        (0.05, "less than a tenth"),
        (0.1, "less than a tenth"),
        (0.955, "less than a tenth"),
        (1, "less than a tenth"),
        (4.5, "from 0 to 1"),
        (-0.045, "from 0 to 1"),
        (-1e300, "from 0 to 1"),
        ("0.045", "one number"),
        ([0.045], "one number"),
    ],
    "02-c": [
        (lambda J: by_length(J, turn=lambda J: J.flip(0)), "on the left"),
        (lambda J: by_length(J).mT, "the transposes"),
        (lambda J: by_length(J).flip(0), "begin with the one path"),
        (lambda J: by_length(J).cumsum(0), "at most k branches"),
        (lambda J: [term / math.comb(len(J), k) for k, term in enumerate(by_length(J))], "means over the paths"),
        (lambda J: torch.cat([torch.zeros(1, *J.shape[1:]), by_length(J)[1:]]), "passes no branch at all"),
        (lambda J: by_length(J, first=0.0), "Try it on two blocks"),
        (lambda J: by_length(J, first=2.0), "Try it on two blocks"),
        (lambda J: by_length(-J), "Try it on two blocks"),
        (lambda J: torch.stack([torch.linalg.matrix_power(J.sum(0), k) for k in range(len(J) + 1)]), "Try it on two blocks"),
        (shorter, "numbers of shape (2, 2, 2), and returns (1, 2, 2)"),
        (lambda J: by_length(J).sum(0), "returns (2, 2)"),
        (lambda J: by_length(J)[:, 0], "returns (2, 2)"),
        (lambda J: NAN * by_length(J), "NaN"),
        (lambda J: by_length(J.mul_(2)), "in place"),
        (lambda J: None, "is a return missing"),
        (lambda: None, "TypeError"),
        (by_length(torch.zeros(1, 2, 2)), "Give a function by_length(J) -> terms."),
    ],
    "02-d": [
        (decades(late=True), "0 always"),
        (lambda J, g, lam: 0.0, "0 always"),
        (decades(unit=False, late=True), "0 always"),
        (decades(unit=False), "that is not 1 long"),
        (lambda J, g, lam: decades()(J, g, lam) + g.norm().log10(), "that is not 1 long"),
        (lambda J, g, lam: -decades()(J, g, lam), "the wrong sign"),
        (lambda J, g, lam: g.norm().log10(), "that g began with is left"),
        (lambda J, g, lam: -g.norm().log10(), "that g began with is left"),
        (decades(log=torch.log), "a natural logarithm"),
        (decades(turn=lambda J: J), "their transposes"),
        (decades(order=list), "In which order"),
        (decades(keep=lambda lam: 0), "by the skip as well"),
        (decades(keep=lambda lam: 1), "Print total in the loop"),
        (decades(order=list, turn=lambda J: J), "Print total in the loop"),
        (at_the_end, "NaN or infinity"),
        (lambda J, g, lam: torch.stack([decades()(J, g, lam)]), "numbers of shape (), and returns (1,)"),
        (lambda J, g, lam: g.div_(g.norm()).sum(), "in place"),
        (lambda J, g: 0.0, "TypeError"),
        (1.0, "Give a function mended_decades(J, g, lam) -> power of ten."),
    ],
    "02-e": [
        (lambda net, x: net, "not 1 yet"),
        (all_alike, "not 1 yet"),
        (lambda net, x: unit_sizes(net, x, size=lambda z: z.square().mean()), "not 1 yet"),
        (lambda net, x: unit_sizes(net, x, size=lambda z: z.norm()), "not 1 yet"),
        (lambda net, x: unit_sizes(net, x, after=lambda z: z), "not 1 yet"),
        (lambda net, x: unit_sizes(net, x, size=lambda z: 1 / z.square().mean().sqrt()), "not 1 yet"),
        (lambda net, x: unit_sizes(net, x, size=lambda z: z.std()), "The mean counts too"),
        (lambda net, x: unit_sizes(net, x, again=False), "once the first is scaled"),
        (lambda net, x: torch.nn.Sequential(unit_sizes(net[:2], x), *net[2:]), "once the first is scaled"),
        (drawn_anew, "Only scale"),
        (lambda net, x: unit_sizes(net, x, size=lambda z: -z.square().mean().sqrt()), "Only scale"),
        (lambda net, x: unit_sizes(net, x)[:2], "Keep its layers"),
        (lambda net, x: torch.nn.Sequential(torch.nn.BatchNorm1d(6), torch.nn.ReLU()), "Keep its layers"),
        (with_biases, "had no biases"),
        (lambda net, x: unit_sizes(net, x)(x), "this is of type Tensor."),
        (lambda net, x: unit_sizes(net, x.div_(3)), "in place"),
        (lambda net, x: unit_sizes(net, x) and None, "is a return missing"),
        (lambda net: net, "TypeError"),
        (3, "Give a function unit_sizes(net, x) -> net."),
    ],
}  # fmt: skip
