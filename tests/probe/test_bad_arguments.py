"""Every network and every probe says what is wrong with each of its arguments, at once, whatever it is."""

import math

import numpy as np
import pytest
import torch

from skiplab.nets import densenet, highway, recurrent, residual, transformer, unet
from skiplab.probe import densenet as reuse
from skiplab.probe import recurrent as lags
from skiplab.probe import stack as depths
from skiplab.probe import transformer as tokens

BAD = [10**9, -1, 0, 1.5, "a", None, True, math.nan, [], (), object()]
SEQUENCES = [torch.zeros(2, 3, 5), torch.zeros(0, 3, 2), torch.zeros(2, 0, 2), torch.zeros(5)]
SYMBOLS = [torch.full((2, 4), 99), torch.zeros(2, 4), torch.zeros(2, 7, dtype=torch.long)]
WORSE = {  # what is nearly right, by the name of the argument
    "depths": [[10**9], [0], ["a"], []], "blocks": [(10**9,), (1.5,), ("a",)], "symbols": SYMBOLS,
    "y": [torch.zeros(3, dtype=torch.long)], "merges": ["ad", ["concat"] * 50],
}  # fmt: skip
PLAN = {"blocks": (1, 1), "growth": 2, "stem": 2, "bottleneck": 0, "compression": 0.5, "merge": "concat", "channels": 1, "classes": 3}
STACK = {"setting": depths.Config(), "seeds": 2, "width": 4}
BLOCK = {"inputs": 4, "width": 4, "stride": 1, "merge": "add"}
CALLS = {  # function -> arguments that are right
    residual.mlp: {"inputs": 4, "outputs": 3, "depth": 4, "width": 8, "merge": "add", "init": "he", "norm": "none"},
    residual.block: {"width": 8, "merge": "add", "norm": "none"},
    residual.basic: BLOCK, residual.bottleneck: BLOCK, residual.preactivation: BLOCK,
    residual.projection: {"inputs": 4, "width": 4, "stride": 1}, residual.padding: {"inputs": 4, "width": 4, "stride": 1},
    residual.resnet: {"blocks": (1, 1), "kind": "basic", "classes": 3, "channels": 1, "width": 4, "merge": "add"},
    residual.resnet34: {"classes": 3}, residual.small_resnet: {"depth": 8, "classes": 3, "channels": 1, "width": 4, "kind": "basic"},
    highway.layer: {"width": 4, "bias": -2.0}, highway.mlp: {"inputs": 4, "outputs": 3, "depth": 4, "width": 4, "bias": -2.0},
    densenet.layer: {"reads": 4, "makes": 2, "bottleneck": 0, "merge": "concat"},
    densenet.block: {"reads": 4, "growth": 2, "layers": 2, "bottleneck": 0, "merge": "concat"},
    densenet.transition: {"reads": 4, "makes": 2}, densenet.densenet: PLAN, densenet.parameters: PLAN,
    densenet.stored: {"size": 8, **PLAN}, densenet.new_features: {"size": 8, **PLAN},
    densenet.mlp: {"inputs": 4, "outputs": 3, "layers": 2, "growth": 2, "stem": 2, "merge": "concat"},
    unet.unet: {"channels": 1, "outputs": 1, "width": 2, "levels": 2, "merges": "concat", "short": "none"},
    unet.align: {"x": torch.zeros(1, 1, 4, 4), "size": (4, 4)},
    recurrent.net: {"cell": "gru", "inputs": 2, "outputs": 1, "width": 4, "bias": 0.0, "gain": 1.0, "init": "default"},
    recurrent.unroll: {"cell": recurrent.GRU(2, 4), "x": torch.zeros(2, 3, 2)},
    transformer.Attention: {"width": 8, "heads": 2}, transformer.mlp: {"width": 8},
    transformer.block: {"width": 8, "heads": 2, "norm": "pre", "merge": "add"},
    transformer.stack: {"depth": 2, "width": 8, "heads": 2, "norm": "pre", "merge": "add"},
    transformer.Encoder: {"symbols": 4, "length": 4, "width": 8, "depth": 1, "heads": 2, "norm": "pre", "merge": "add"},
    transformer.EncoderDecoder: {"symbols": 4, "length": 4, "width": 8}, transformer.torch_layer: {"net": transformer.block(8)},
    depths.sizes: {**STACK, "depths": [2, 3], "batch": 2}, depths.stack: {**STACK, "depths": [2]},
    depths.branch_norms: {**STACK, "depth": 2}, depths.singular_values: {**STACK, "depth": 2},
    depths.drop_a_block: {**STACK, "depth": 2, "batch": 2}, depths.shattering: {**STACK, "depth": 2, "lag": 1, "points": 8},
    depths.inputs: {"seeds": 2, "width": 4, "batch": 2},
    lags.draw: {"make": recurrent.GRU, "seeds": 2, "inputs": 2, "width": 4},
    lags.by_lag: {"cells": lags.draw(recurrent.GRU, 2, inputs=2, width=4), "x": torch.zeros(2, 5, 2)},
    lags.a_step: {"logs": np.zeros((2, 20)), "start": 3}, lags.noise: {"count": 2, "length": 5, "inputs": 2, "size": 0.5},
    lags.gates: {"cell": recurrent.GRU(2, 4), "x": torch.zeros(2, 5, 2)},
    tokens.stream: {"setting": tokens.Config(), "depths": [1, 2], "seeds": 2, "width": 4, "tokens": 3},
    tokens.size: {"x": torch.ones(3, 4)}, tokens.residual: {"x": torch.ones(3, 4)},
    tokens.gain: {"before": torch.ones(2, 3, 4), "after": torch.ones(2, 3, 4)},
    tokens.filters: {"blocks": [transformer.block(4)], "x": torch.ones(2, 3, 4)},
    tokens.by_distance: {"net": transformer.EncoderDecoder(4, 4, 8), "symbols": torch.zeros(2, 4, dtype=torch.long)},
    reuse.weights: {"net": densenet.densenet(), "number": 1},
    reuse.every_cut: {"net": densenet.mlp(4, 3, 2), "x": torch.zeros(2, 4), "y": torch.zeros(2, dtype=torch.long)},
    reuse.cut: {"net": densenet.densenet(), "x": torch.zeros(2, 1, 8, 8), "y": torch.zeros(2, dtype=torch.long), "number": 1},
}  # fmt: skip


def wrong(name):
    """Values that no argument of this name should be."""
    return BAD + (SEQUENCES if name == "x" else WORSE.get(name, []))


@pytest.mark.slow
@pytest.mark.parametrize("function", CALLS, ids=lambda function: f"{function.__module__[8:]}.{function.__name__}")
def test_a_wrong_argument_is_named_or_taken_for_what_it_is(function):
    """Some values are right, such as 0 for a bias; none hangs, fills the memory or fails somewhere inside."""
    right, told, raw = CALLS[function], 0, []
    function(**right)
    for name in right:
        for value in wrong(name):
            try:
                function(**{**right, name: value})
            except (TypeError, ValueError) as problem:
                words, colon, _ = str(problem).partition(": ")
                told += bool(colon)
                raw += [] if colon and len(words) < 40 else [(name, value, problem)]
    assert not raw
    assert told >= 4 * len(right)


def test_every_probe_is_walked_here():
    for room in (lags, tokens, reuse, depths):
        for name, function in vars(room).items():
            if getattr(function, "__module__", "") == room.__name__ and callable(function) and name[0].islower():
                assert function in CALLS or name == "stacks", name
