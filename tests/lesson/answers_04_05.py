"""What readers answer to the exercises of notebooks 04 and 05: right answers in many forms, and mistakes with words of their hints."""

import numpy as np
import torch
from torch.nn import functional as F

from skiplab import Concat, Skip
from skiplab.nets import densenet
from skiplab.nets.unet import align, unet

NAN, INF = float("nan"), float("inf")


def dense(dim):
    """A dense block that joins along that axis."""
    return lambda x, layers: [x := torch.cat([x, layer(x)], dim) for layer in layers][-1]


def as_a_list(x, layers):
    found = [x]
    for layer in layers:
        found.append(layer(torch.cat(found, 1)))
    return torch.cat(found, 1)


def by_the_last_alone(x, layers):
    new, h = x, x
    for layer in layers:
        new = layer(new)
        h = torch.cat([h, new], 1)
    return h


def using_up(x, layers):
    while layers:
        x = torch.cat([x, layers.pop(0)(x)], 1)
    return x


def padded(**how):
    """Pads on the right and below, and crops there."""
    return lambda x, size: F.pad(x, (0, size[1] - x.shape[3], 0, size[0] - x.shape[2]), **how)


def in_a_new_one(x, size):
    y = x.new_zeros(*x.shape[:2], *size)
    height, width = min(x.shape[2], size[0]), min(x.shape[3], size[1])
    y[..., :height, :width] = x[..., :height, :width]
    return y


def by_one_pixel(x, size):
    x = x[..., : size[0], : size[1]]
    x = torch.cat([x, x[..., -1:]], 3) if x.shape[3] < size[1] else x
    return torch.cat([x, x[..., -1:, :]], 2) if x.shape[2] < size[0] else x


def one_picture(x, size):
    return align(x[:1], size)


class Past(torch.nn.Module):
    """net(x) + x: a skip round the whole."""

    def __init__(self, net, strength=1.0):
        super().__init__()
        self.net, self.strength = net, strength

    def forward(self, x):
        return self.net(x) + self.strength * x


class Wrapped(Past):
    """The net, and nothing beside it."""

    def forward(self, x):
        return self.net(x)


class Smaller(Past):
    """A mask without its last column."""

    def forward(self, x):
        return self.net(x)[..., :-1]


def with_ballast(net, used=False):
    """The net with as many parameters as unet(), of which some are used by nothing, or multiplied by 0."""
    count, now = (sum(p.numel() for p in some.parameters()) for some in (unet(), net))
    net.ballast = torch.nn.Parameter(torch.ones(count - now))
    if used:
        net.register_forward_hook(lambda net, given, y: y + 0 * net.ballast.sum())
    return net


def widths(stem, growth, blocks, theta):
    return densenet.Plan(blocks=blocks, growth=growth, stem=stem, compression=theta).widths


def channels(stem, growth, blocks, theta):
    found = []
    for layers in blocks:
        found.append([stem + growth * layer for layer in range(layers + 1)])
        stem = int(theta * found[-1][-1])
    return found


def prune(pairs, error, count):
    cuts = []
    while len(cuts) < count:
        costs = {pair: error([*cuts, pair]) for pair in pairs if pair not in cuts}
        cuts.append(min(costs, key=costs.get))
    return cuts


def pruned_at_once(pairs, error, count):
    return sorted(pairs, key=lambda pair: error({pair}))[:count]


def pruned_by_sets(pairs, error, count):
    cuts, left = (), set(pairs)
    for _ in range(count):
        _, best = min((error({*cuts, pair}), pair) for pair in left)
        cuts, left = (*cuts, best), left - {best}
    return cuts


RIGHT = {
    "04-a": [492, 492.0, 24 + 39 * 12, np.int64(492), torch.tensor(492)],
    "04-b": [channels, lambda *plan: np.array(channels(*plan), dtype=object),
             lambda *plan: [tuple(map(float, row)) for row in widths(*plan)]],
    "04-c": [87, 87.0, np.int64(87), torch.tensor(87.0)],
    "04-d": [dense(1), dense(-3), as_a_list, lambda x, layers: torch.nn.Sequential(*(Skip(layer, "concat") for layer in layers))(x)],
    "04-e": [prune, pruned_by_sets, lambda *given: np.array(prune(*given)), lambda *given: [list(pair) for pair in prune(*given)]],
    "05-a": [[0, 0, 1], (0, 0, 1), np.array([0, 0, 1]), torch.tensor([0.0, 0, 1])],
    "05-b": [11520, 11520.0, 9 * (16**2 + 32**2), np.int64(11520)],
    "05-c": [("concat", "none", "none"), ["add", "none", "none"], np.array(["concat", "none", "none"])],
    "05-d": [align, padded(), padded(value=3.0), padded(mode="replicate"), in_a_new_one, lambda x, size: align(x, size).numpy()],
    "05-e": [unet(merges="self"), unet(merges=("self", "self", "self")), Wrapped(unet(merges="self")), unet(merges="self").double()],
}  # fmt: skip

WRONG = {
    "04-a": [
        (504, "hands on"),
        (468, "came into the block"),
        (24, "each layer before it"),
        (12, "each layer before it"),
        (480, "each layer before it"),
        (40 * 24, "each layer before it"),
        (36, "each layer before it"),
        (39, "each layer before it"),
        (24 * 12, "each layer before it"),
        (1404, "each layer before it"),
        (492.5, "each layer before it"),
        ("24 + 39 * 12", "one number"),
        ([24, 492], "one number"),
        (None, "one number"),
    ],
    "04-b": [
        (lambda stem, growth, blocks, theta: widths(stem, growth, blocks, 1), "hand on all that they read"),
        (lambda *plan: [row[:-1] for row in widths(*plan)], "is missing at the end"),
        (lambda *plan: [row[1:] for row in widths(*plan)], "reads what came into it"),
        (lambda stem, growth, blocks, theta: [*(widths(stem, growth, (n,), theta)[0] for n in blocks)], "where the one before it ended"),
        (lambda *plan: [width for row in widths(*plan) for width in row], "a list of its own"),
        (lambda *plan: [[*row[:-1], max(1, int(plan[3] * row[-1]))] for row in widths(*plan)], "before the transition"),
        (lambda *plan: widths(*plan)[::-1], "should begin with [24, 36"),
        (lambda *plan: 174, "Return a list"),
        (lambda *plan: ["24", "36"], "Return a list"),
        (lambda *plan: None, "gives nothing back"),
        (lambda stem, growth, blocks, theta: widths(stem + 1, growth, blocks, theta), "should begin with"),
        (lambda stem, growth: [], "TypeError"),
        (174, "Give a function channels"),
    ],
    "04-c": [
        (86, "nothing is saved"),
        (48, "nothing is saved"),
        (12, "nothing is saved"),
        (1, "nothing is saved"),
        (88, "it saves 96 weights. Do fewer channels do"),
        (200, "fewer channels"),
        (231, "fewer channels"),
        (86.4, "whole number"),
        (0, "whole number"),
        (-87, "whole number"),
        (INF, "whole number"),
        (1e9, "whole number"),
        ("87", "one number"),
        ([87], "one number"),
    ],
    "04-d": [
        (by_the_last_alone, "They should read 2, 4, 6."),
        (lambda x, layers: x, "(2, 8, 3, 3), not (2, 2, 3, 3)"),
        (lambda x, layers: torch.cat([x, *(layer(x) for layer in layers)], 1), "read 2, 2, 2"),
        (lambda x, layers: [x := torch.cat([layer(x), x], 1) for layer in layers][-1], "order"),
        (lambda x, layers: torch.cat([as_a_list(x, layers)[:, x.shape[1] :], x], 1), "order"),
        (lambda x, layers: [x := torch.cat([x, layers[0](x)], 1) for _ in layers][-1], "used once"),
        (lambda x, layers: [x := torch.cat([x, layer(x)], 1) for layer in reversed(layers)][-1], "in their order"),
        (lambda x, layers: x.repeat(1, 1 + len(layers), 1, 1), "read no channels"),
        (dense(-1), "(2, 8, 3, 3), not (2, 2, 3, 24)"),
        (dense(0), "(2, 8, 3, 3), not (16, 2, 3, 3)"),
        (lambda x, layers: [x := layer(x) for layer in layers][-1], "not (2, 2, 3, 3)"),
        (lambda x, layers: [x := x.repeat(1, 2, 1, 1) + layer(x).repeat(1, x.shape[1], 1, 1) for layer in layers][-1], "not (2, 16"),
        (lambda x, layers: as_a_list(x, layers)[:1], "not (1, 8, 3, 3)"),
        (lambda x, layers: NAN * as_a_list(x, layers), "NaN or infinity"),
        (lambda x, layers: as_a_list(x, layers[:3]), "not (3, 7, 2, 2)"),
        (lambda x, layers: as_a_list(x, layers).tolist(), "not ()"),
        (using_up, "in place"),
        (lambda x, layers: layers(x), "stopped with TypeError"),
    ],
    "04-e": [
        (pruned_at_once, "Measure again after each cut"),
        (lambda pairs, error, count: pruned_at_once(pairs, error, len(pairs))[::-1][:count], "begins with the dearest"),
        (lambda *given: prune(*given)[::-1], "not in the order"),
        (lambda *given: sorted(prune(*given)), "not in the order"),
        (lambda pairs, error, count: prune(pairs, error, count + 1)[:-2], "3 different ones"),
        (lambda pairs, error, count: prune(pairs, error, len(pairs)), "3 different ones"),
        (lambda pairs, error, count: [pairs[0]] * count, "3 different ones"),
        (lambda pairs, error, count: [(9, 10 + i) for i in range(count)], "3 different ones"),
        (lambda pairs, error, count: pairs[-count:], "another cut costs less"),
        (lambda pairs, error, count: prune(pairs, lambda cuts: -error(cuts), count), "costs less"),
        (lambda pairs, error, count: error(pairs), "Return a list of pairs"),
        (lambda pairs, error, count: "abc", "Return a list of pairs"),
        (lambda pairs, error, count: None, "gives nothing back"),
        ([(0, 1)], "Give a function prune"),
    ],
    "05-a": [
        ([1, 0, 0], "finest level first"),
        ([44, 22, 11], "on the way down"),
        ([22, 11, 5], "Halve 44"),
        ([0, 0, 0], "Halve 44"),
        ([0, 1, 1], "Halve 44"),
        ([0, 1, 0], "Halve 44"),
        ([0, 0, 0.5], "Halve 44"),
        ([0, 0, -1], "Halve 44"),
        ([0, 0, 4], "Halve 44"),
        ([0, 0, 1, 0], "Halve 44"),
        ([0, 1], "Halve 44"),
        ([0, 0, True], "Halve 44"),
        ("0, 0, 1", "Halve 44"),
        (1, "Halve 44"),
    ],
    "05-b": [
        (12096, "width 8"),
        (1280, "3 × 3"),
        (2 * 11520, "reads 2w"),
        (9 * 16**2, "reads 2w"),
        (9 * (8**2 + 16**2), "reads 2w"),
        (9 * (16 + 32), "reads 2w"),
        (9 * (32**2 + 64**2), "reads 2w"),
        (9 * (16**2 + 32**2 + 64**2), "reads 2w"),
        (11520 + 48, "reads 2w"),
        (0, "reads 2w"),
        (-11520, "reads 2w"),
        (11520.5, "reads 2w"),
        ("many", "one number"),
        ([2304, 9216], "one number"),
    ],
    "05-c": [
        (("none", "none", "concat"), "median IoU of"),
        (("none", "none", "add"), "median IoU of"),
        (("none", "concat", "none"), "median IoU of"),
        (("none", "add", "none"), "median IoU of"),
        (("concat", "add", "none"), "Exactly one"),
        (("concat", "concat", "concat"), "Exactly one"),
        (("none", "none", "none"), "Exactly one"),
        (("self", "none", "none"), "three merges"),
        (("concat", "none"), "three merges"),
        (("Concat", "none", "none"), "three merges"),
        ((Concat(), "none", "none"), "three merges"),
        (("concat", None, None), "three merges"),
        ("concat", "three merges"),
        ({"concat", "none"}, "three merges"),
        (unet(merges=("concat", "none", "none")), "three merges"),
    ],
    "05-d": [
        (lambda x, size: F.pad(x, (size[1] - x.shape[3], 0, size[0] - x.shape[2], 0)), "first pixel moves"),
        (lambda x, size: F.interpolate(x, size), "move or are lost"),
        (lambda x, size: F.interpolate(x, size, mode="bilinear"), "move or are lost"),
        (lambda x, size: torch.zeros(*x.shape[:2], *size), "first pixel moves"),
        (lambda x, size: x[..., -size[0] :, -size[1] :], "it turns (1, 1, 4, 5) into (1, 1, 4, 5)"),
        (lambda x, size: x, "it turns (1, 1, 4, 5) into (1, 1, 4, 5)"),
        (lambda x, size: align(align(x, (3, 4)), size), "move or are lost"),
        (lambda x, size: padded()(x, size[::-1]), "it turns (1, 1, 4, 5) into (1, 1, 6, 5)"),
        (lambda x, size: F.pad(x, (0, size[0] - x.shape[2], 0, size[1] - x.shape[3])), "From 4 x 5 px to 7 x 3 it turns"),
        (by_one_pixel, "From 4 x 5 px to 7 x 3 it turns (1, 1, 4, 5) into (1, 1, 5, 3)"),
        (one_picture, "it turns (3, 2, 6, 5) into (1, 2, 7, 6)"),
        (lambda x, size: one_picture(x, size).expand(*x.shape[:2], *size), "first pixel moves"),
        (lambda x, size: align(x.mean(1, keepdim=True), size), "it turns (3, 2, 6, 5) into (3, 1, 7, 6)"),
        (padded(value=NAN), "NaN or infinity comes into it"),
        (padded(value=INF), "NaN or infinity comes into it"),
        (lambda x, size: NAN * align(x, size), "NaN or infinity comes into it"),
        (lambda x, size: align(x.relu_(), size), "in place"),
        (lambda x, size: align(x, size)[0, 0], "into (5, 6)"),
        (lambda x, size: size, "into (2,)"),
        (lambda x: x, "stopped with TypeError"),
    ],
    "05-e": [
        (unet(), "still gets past"),
        (Past(unet(merges="self")), "still gets past"),
        (Past(unet(merges="self"), 1e-3), "still gets past"),
        (Past(unet()), "still gets past"),
        (unet(merges=("concat", "self", "self")), "still gets past"),
        (unet(merges=("self", "concat", "self")), "still gets past"),
        (unet(merges=("self", "self", "concat")), "still gets past"),
        (unet(merges="none"), "12096 parameters fewer"),
        (unet(merges="add"), "12096 parameters fewer"),
        (unet(width=16, merges="none"), "parameters more"),
        (unet(merges="self", levels=2), "parameters fewer"),
        (unet(merges="self")[:2], "fewer"),
        (with_ballast(unet(merges="none")), "no part in the answer"),
        (with_ballast(unet(merges="none"), used=True), "no part in the answer"),
        (Smaller(unet(merges="self")), "should give masks of that shape"),
        (Past(unet(merges="self"), NAN), "of finite numbers"),
        (unet, "this is of type function."),
        (torch.nn.Linear, "this is the class Linear."),
        ("none", "this is of type str."),
        (3, "this is of type int."),
    ],
}  # fmt: skip
