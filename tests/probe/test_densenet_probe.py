"""What a layer reads is measured by its weights, and what that is worth by taking it away."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from skiplab.nets import densenet, residual
from skiplab.probe import densenet as reuse


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
