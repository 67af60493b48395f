"""What a layer reads is measured by its weights, and what that is worth by taking it away."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from skiplab.nets import densenet, residual
from skiplab.probe import densenet as reuse
from skiplab.skip import Add


@pytest.fixture
def even():
    """A net of two blocks in which all weights are 1."""
    net = densenet.densenet(blocks=(3, 2), growth=2, stem=4)
    with torch.no_grad():
        for part in net.modules():
            if isinstance(part, (nn.Conv2d, nn.Linear)):
                part.weight.fill_(1)
    return net


def test_weights_between_two_layers_are_measured(even):
    with torch.no_grad():
        even.block1[1].branch[2].weight[:, 4:] = 3  # layer 2 reads layer 1 three times as strongly as what came in
        even.transition1[0].weight[8:] = -2  # and the transition reads layer 3 by its norm's scale
    found = reuse.weights(even)
    assert found.shape == (4, 4)
    assert np.array_equal(np.isnan(found), np.triu(np.ones((4, 4)), 1).astype(bool))
    assert found[1, 1] / found[1, 0] == pytest.approx(3)
    assert found[2, :3] == pytest.approx(np.ones(3))
    assert found[3] == pytest.approx(np.array([1, 1, 1, 2]) / ((8 + 2 * 4) / 10) ** 0.5)
    assert reuse.weights(even, 2).shape == (3, 3)


def test_the_head_is_a_reader_too(even):
    with torch.no_grad():
        even.head.weight[:, 5:7] = 5  # block 2 takes in 5 channels, and its layers make 2 each
    assert reuse.weights(even, 2)[2] / reuse.weights(even, 2)[2, 0] == pytest.approx([1, 5, 1])
    net = densenet.mlp(4, 3, layers=2, growth=2, stem=2)
    with torch.no_grad():
        net.head.weight.fill_(1)[:, 4:] = 5
    assert reuse.weights(net)[2, 2] / reuse.weights(net)[2, 0] == pytest.approx(5)


def test_an_untrained_net_reads_all_sources_alike():
    torch.manual_seed(0)
    found = reuse.weights(densenet.densenet(blocks=(5,), growth=64, stem=64))
    assert np.nanmax(abs(found - 1)) < 0.1


def test_cutting_is_what_the_loss_says_and_leaves_the_net_as_it_was():
    torch.manual_seed(0)
    net = densenet.densenet(blocks=(3,), growth=2, stem=4).double()
    x, y = torch.rand(20, 1, 8, 8, dtype=torch.float64), torch.arange(20) % 10
    before = {name: p.clone() for name, p in net.named_parameters()}
    found = reuse.cut(net, x, y)
    assert all(torch.equal(p, before[name]) for name, p in net.named_parameters())
    whole = cross_entropy(net(x), y)
    with torch.no_grad():
        net.block1[2].branch[2].weight[:, 4:6] = 0  # layer 3 no longer reads layer 1
    assert found[2, 1] == pytest.approx((cross_entropy(net(x), y) - whole).item(), abs=1e-12)
    assert np.array_equal(np.isnan(found), np.triu(np.ones((4, 4)), 1).astype(bool))


def test_a_source_that_is_never_read_is_worth_nothing(even):
    with torch.no_grad():
        even.block1[1].branch[2].weight[:, :4] = 0
    assert reuse.weights(even)[1, 0] == 0
    assert reuse.cut(even, torch.rand(8, 1, 8, 8), torch.arange(8))[1, 0] == 0


def test_a_block_that_is_not_there_is_said(subtests, even):
    for number in [0, 3, "a"]:
        said = f"number: expected a whole number from 1 to 2, got {number!r}"
        with subtests.test(number=number), pytest.raises((TypeError, ValueError), match=said):
            reuse.weights(even, number)


@pytest.mark.parametrize("net", [nn.Linear(8, 8), residual.mlp(64, 10, 4)], ids=["a matrix", "a residual net"])
def test_a_net_without_dense_blocks_is_said(net):
    with pytest.raises(ValueError, match="net: expected a DenseNet"):
        reuse.weights(net)


def test_a_net_that_adds_cannot_be_asked():
    with pytest.raises(ValueError, match="net: expected concat layers"):
        reuse.weights(densenet.mlp(64, 10, merge="add"))


@torch.no_grad()
def with_cuts(net, x, cuts):
    """What a net of `densenet.mlp` answers where these (source, reader) are cut, layer by layer."""
    merge, made = net.block1[0].merge, [net.stem(x)]
    for reader, layer in enumerate([*(skip.branch for skip in net.block1), net.head], 1):
        parts = [0 * part if (source, reader) in cuts else part for source, part in enumerate(made)]
        made.append(layer(torch.cat(parts, 1) if merge.grows else sum(parts) if isinstance(merge, Add) else parts[-1]))
    return made[-1]


def test_every_cut_is_what_the_net_answers_without_these_connections(subtests):
    pairs, rng = [*itertools.combinations(range(5), 2)], np.random.default_rng()
    for merge in ("concat", "add", "none"):
        torch.manual_seed(0)
        net, x = densenet.mlp(6, 3, layers=3, growth=2, stem=4, merge=merge).double(), torch.randn(50, 6, dtype=torch.float64)
        y = net(x).argmax(1)
        found = reuse.every_cut(net, x, y)
        assert (found.shape, found[(0,) * 10], len(np.unique(found)) > 1) == ((2,) * 10, 0, True)
        for place in rng.integers(2, size=(30, 10)):
            with subtests.test(merge=merge, place=str(place)):
                cuts = {pair for pair, gone in zip(pairs, place, strict=True) if gone}
                wrong = (with_cuts(net, x, cuts).argmax(1) != y).double().mean().item()
                assert found[tuple(place)] == pytest.approx(wrong, abs=1e-6)


def test_every_cut_says_which_net_it_takes(subtests):
    x, y = torch.zeros(2, 64), torch.zeros(2)
    for net in (residual.mlp(64, 10, 4), densenet.mlp(64, 10, layers=6), nn.Linear(64, 10)):
        with subtests.test(str(type(net))), pytest.raises(ValueError, match=r"net: expected one that densenet\.mlp made"):
            reuse.every_cut(net, x, y)
    with pytest.raises(ValueError, match="y: expected 2 labels"):
        reuse.every_cut(densenet.mlp(64, 10, layers=2), x, y[:1])
