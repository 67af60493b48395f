"""Residual MLPs are what the formulas say, layer for layer, and draw the same weights whatever the merge."""

import itertools

import pytest
import torch
from built import ROUND_OFF, made, many, numbers, shaken
from torch import nn
from torch.nn.functional import batch_norm, layer_norm

from skiplab.nets import residual
from skiplab.skip import Add, Gate

X = torch.randn(6, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def by_hand(net, x, merge, norm):
    """The forward pass of `mlp`, from its parameters in their order."""
    weights = iter(net.parameters())

    def layer(h):
        h = h @ next(weights).T + next(weights)
        if norm == "none":
            return h
        scale, shift = next(weights), next(weights)
        return batch_norm(h, None, None, scale, shift, training=True) if norm == "batch" else layer_norm(h, h.shape[1:], scale, shift)

    h = layer(x).clamp(min=0)
    for _ in net.blocks:
        h = merge(h, layer(layer(h).clamp(min=0))).clamp(min=0)
    return h @ next(weights).T + next(weights)


def test_the_mlp_equals_its_forward_pass_by_hand(subtests):
    for (merge, formula), init, norm in itertools.product([
        ("none", lambda x, new: new), ("add", lambda x, new: x + new), (Add(gamma=0.3), lambda x, new: x + 0.3 * new),
        (Gate(0.25), lambda x, new: 0.75 * x + 0.25 * new),
    ], residual.INITS, residual.NORMS):
        with subtests.test(merge=merge, init=init, norm=norm):
            net = shaken(made(residual.mlp, 5, 3, 8, 7, merge, init, norm))
            torch.testing.assert_close(net(X), by_hand(net, X, formula, norm), **ROUND_OFF)


def test_depth_counts_the_layers_with_weights(subtests):
    for depth, blocks in [(2, 0), (4, 1), (20, 9), (56, 27)]:
        with subtests.test(depth=depth, blocks=blocks):
            net = made(residual.mlp, 5, 3, depth, 4)
            assert len(net.blocks) == blocks
            assert sum(isinstance(m, nn.Linear) for m in net.modules()) == depth
            assert numbers(net) == (5 * 4 + 4) + 2 * blocks * (4 * 4 + 4) + (4 * 3 + 3)


def test_the_same_seed_draws_the_same_weights_whatever_the_merge(subtests):
    for init, norm in itertools.product(residual.INITS, residual.NORMS):
        with subtests.test(init=init, norm=norm):
            plain = made(residual.mlp, 5, 3, 10, merge="none", init=init, norm=norm).state_dict()
            for merge in ("add", "gate", Add(gamma=0.2), Gate.linear(32)):
                other = made(residual.mlp, 5, 3, 10, merge=merge, init=init, norm=norm).state_dict()
                assert all(torch.equal(plain[name], other[name]) for name in plain)
            assert not torch.equal(plain["stem.0.weight"], made(residual.mlp, 5, 3, 10, init=init, norm=norm, seed=1).stem[0].weight)


@pytest.mark.parametrize("norm", residual.NORMS)
def test_fixup_starts_every_block_as_the_identity(norm):
    net = made(residual.mlp, 5, 3, 56, init="fixup", norm=norm)
    h = net.stem(X)
    assert torch.equal(net.blocks(h), h)
    first, he = net.blocks[0][0].branch[0].weight, made(residual.mlp, 5, 3, 56, norm=norm).blocks[0][0].branch[0].weight
    torch.testing.assert_close(first, he / 27**0.5)


def test_plain_matrices_of_one_are_the_identity():
    net = made(residual.mlp, 5, 3, 56, merge="none", init="identity")
    h = net.stem(X)
    assert torch.equal(net.blocks(h), h)


def test_a_branch_that_counts_nothing_leaves_the_identity(subtests):
    for silent in [Add(gamma=0.0), Gate(0.0), Add(gamma=nn.Parameter(torch.zeros(())))]:
        with subtests.test(silent=silent):
            net = made(residual.mlp, 5, 3, 20, merge=silent)
            h = net.stem(X)
            assert torch.equal(net.blocks(h), h)


def test_he_and_torchs_default_have_their_variances():
    he, default = (made(residual.mlp, 200, 10, 4, 200, init=init).stem[0] for init in ("he", "default"))
    assert he.weight.std().item() == pytest.approx((2 / 200) ** 0.5, rel=0.02)
    assert he.bias.abs().max() == 0
    assert default.weight.std().item() == pytest.approx((1 / 600) ** 0.5, rel=0.02)
    assert default.weight.abs().max() <= 200**-0.5 >= default.bias.abs().max() > 0


def test_each_block_has_a_copy_of_the_merge():
    learned = Add(gamma=nn.Parameter(torch.zeros(())))
    net = made(residual.mlp, 5, 3, 8, merge=learned)
    gammas = [skip.merge.gamma for skip, _ in net.blocks]
    assert len({id(gamma) for gamma in [*gammas, learned.gamma]}) == 4


def test_the_net_reads_like_the_drawing():
    said = repr(residual.mlp(5, 3, 4, merge=Add(gamma=0.5)))
    for part in ("(stem)", "(blocks)", "(head)", "Skip(", "(branch)", "(merge): Add(lam=1, gamma=0.5)"):
        assert part in said


def test_what_cannot_be_is_said(subtests):
    for wrong, error, said in [
        ({"depth": 7}, ValueError, "depth: expected an even number"),
        ({"depth": 0}, ValueError, "depth: expected a whole number from 2"),
        ({"depth": 20.0}, TypeError, "depth: "),
        ({"width": 0}, ValueError, "width: "),
        ({"merge": "sum"}, ValueError, "merge: expected one of 'none'"),
        ({"merge": "concat"}, ValueError, "merge: expected one that keeps the width"),
        ({"merge": 3}, TypeError, "merge: expected one of"),
        ({"init": "xavier"}, ValueError, "init: expected one of 'he'"),
        ({"norm": "group"}, ValueError, "norm: expected one of 'none'"),
        ({"norm": "group", "depth": 2}, ValueError, "norm: expected one of 'none'"),
        ({"depth": 9998, "width": 100_000}, ValueError, "depth and width: expected a network of at most"),
    ]:
        with subtests.test(wrong=wrong, error=error, said=said), pytest.raises(error, match=said):
            residual.mlp(5, 3, **wrong)


@pytest.mark.parametrize("make", [
    lambda: residual.mlp(5, 3, 6, 4, "add", norm="batch"), lambda: residual.mlp(5, 3, 6, 4, "gate", norm="layer"),
    lambda: residual.mlp(5, 3, 6, 4, Add(gamma=nn.Parameter(torch.zeros(())))),
])  # fmt: skip
def test_many_mlps_at_once_are_each_as_alone(make):
    many(make, X)
