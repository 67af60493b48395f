"""What readers answer to the exercises of notebook 04: right answers in many forms, and mistakes with words of their hints."""

import numpy as np
import torch

from skiplab import Skip
from skiplab.nets import densenet

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
}  # fmt: skip
