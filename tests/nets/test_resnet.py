"""Convolutional residual nets are what the formulas say, layer for layer, and have the published sizes."""

import itertools

import pytest
import torch
from built import ROUND_OFF, made, many, numbers, shaken
from torch import nn
from torch.nn.functional import conv2d

from skiplab.nets import residual
from skiplab.skip import Plain, Skip

PICTURES = torch.randn(3, 4, 6, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def conv(x, layer, stride=1):
    return conv2d(x, layer.weight, stride=stride, padding=layer.weight.shape[-1] // 2)


def bn(x, layer):
    """Batch norm in use, by its formula."""
    mean, var = layer.running_mean, layer.running_var
    scale = layer.weight / (var + layer.eps).sqrt()
    return (x - mean[:, None, None]) * scale[:, None, None] + layer.bias[:, None, None]


def relu(x):
    return x.clamp(min=0)


def basic_by_hand(block, x, stride):
    (c1, n1, _, c2, n2), way = block[0].branch, block[0].shortcut
    past = x if isinstance(way, nn.Identity) else bn(conv(x, way[0], stride), way[1])
    return relu(past + bn(conv(relu(bn(conv(x, c1, stride), n1)), c2), n2))


def bottleneck_by_hand(block, x, stride):
    (c1, n1, _, c2, n2, _, c3, n3), way = block[0].branch, block[0].shortcut
    past = x if isinstance(way, nn.Identity) else bn(conv(x, way[0], stride), way[1])
    return relu(past + bn(conv(relu(bn(conv(relu(bn(conv(x, c1), n1)), c2, stride), n2)), c3), n3))


def preactivation_by_hand(block, x, stride):
    (n1, _, c1, n2, _, c2), way = block[0].branch, block[0].shortcut
    past = x if isinstance(way, nn.Identity) else conv(x, way, stride)
    return past + conv(relu(bn(conv(relu(bn(x, n1)), c1, stride), n2)), c2)


HAND = {"basic": basic_by_hand, "bottleneck": bottleneck_by_hand, "preactivation": preactivation_by_hand}


def test_a_block_equals_its_forward_pass_by_hand(subtests):
    for (inputs, width, stride), kind in itertools.product([(4, 4, 1), (4, 1, 1), (4, 6, 2), (4, 6, 1), (4, 4, 2)], HAND):
        with subtests.test(inputs=inputs, width=width, stride=stride, kind=kind):
            make, grows = residual.BLOCKS[kind]
            block = shaken(made(make, inputs, width, stride)).eval()
            y = block(PICTURES)
            assert y.shape == (3, grows * width, 6 // stride, 6 // stride)
            torch.testing.assert_close(y, HAND[kind](block, PICTURES, stride), **ROUND_OFF)


def test_the_padding_shortcut_thins_and_fills_with_zeros(subtests):
    for size in [5, 6, 7]:
        with subtests.test(size=size):
            x = torch.randn(2, 4, size, size, dtype=torch.float64)
            block = shaken(made(residual.basic, 4, 6, 2, shortcut=residual.padding)).eval()
            y = block[0].shortcut(x)
            assert torch.equal(y[:, :4], x[:, :, ::2, ::2])
            assert y[:, 4:].abs().max() == 0
            torch.testing.assert_close(block(x), relu(y + block[0].branch(x)))
            assert numbers(block) == numbers(block[0].branch)


def test_a_plain_block_has_no_shortcut():
    for merge in ("none", Plain()):
        block = residual.basic(4, 6, 2, merge=merge)
        assert isinstance(block[0].shortcut, nn.Identity)
        torch.testing.assert_close(block(PICTURES.float()), relu(block[0].branch(PICTURES.float())))


def test_resnet34_has_the_published_number_of_parameters_and_layers():
    net = residual.resnet34()
    assert numbers(net) == 21_797_672
    main = [m for skip in net.modules() if isinstance(skip, Skip) for m in skip.branch if isinstance(m, nn.Conv2d)]
    assert len(main) + 2 == 34


@pytest.mark.parametrize(("blocks", "kind", "count"), [
    ((2, 2, 2, 2), "basic", 11_689_512), ((3, 4, 6, 3), "bottleneck", 25_557_032), ((3, 4, 23, 3), "bottleneck", 44_549_160),
])  # fmt: skip
def test_other_depths_have_theirs(blocks, kind, count):
    with torch.device("meta"):
        net = residual.resnet(blocks, kind)
    assert numbers(net) == count


def test_the_stem_and_first_stage_of_resnet34_make_56_by_56():
    net = residual.resnet34().eval()
    with torch.no_grad():
        h = net.stem(torch.zeros(1, 3, 224, 224))
        assert h.shape == (1, 64, 56, 56)
        assert net.stage1(h).shape == (1, 64, 56, 56)
        assert net.stage2(h).shape == (1, 128, 28, 28)


def test_the_small_net_has_6n_plus_2_layers_and_plain_the_same_weights(subtests):
    for kind, depth in itertools.product(["basic", "preactivation"], [8, 14, 20]):
        with subtests.test(kind=kind, depth=depth):
            net, plain = (made(residual.small_resnet, depth, merge=merge, kind=kind, width=4) for merge in ("add", "none"))
            assert sum(isinstance(m, (nn.Conv2d, nn.Linear)) for m in net.modules()) == depth
            ours, theirs = net.state_dict(), plain.state_dict()
            assert ours.keys() == theirs.keys()
            assert all(torch.equal(ours[name], theirs[name]) for name in ours)
            x = torch.randn(5, 1, 8, 8, dtype=torch.float64)
            assert net(x).shape == (5, 10)
            assert not torch.allclose(net(x), plain(x))


def test_resnet20_for_cifar_has_the_papers_number_of_parameters():
    """0.27 M for 20 layers and 0.85 M for 56 in table 6 of He and others (2016)."""
    assert numbers(residual.small_resnet(20, channels=3)) == 269_722
    assert numbers(residual.small_resnet(56, channels=3)) == 853_018


@pytest.mark.parametrize("kind", ["basic", "preactivation"])
def test_many_small_nets_at_once_are_each_as_alone(kind):
    many(lambda: residual.small_resnet(8, channels=4, width=2, kind=kind), PICTURES)


def test_the_padding_shortcut_drops_no_channel():
    with pytest.raises(ValueError, match=r"width: expected a whole number from 8 to .*, got 3"):
        residual.padding(8, 3)
    with pytest.raises(ValueError, match=r"width: expected a whole number from 8 to .*, got 3"):
        residual.basic(8, 3, shortcut=residual.padding)
    assert residual.padding(8, 8, 2)(torch.zeros(1, 8, 4, 4)).shape == (1, 8, 2, 2)


BLOCKS = (residual.basic, residual.bottleneck, residual.preactivation)


def test_sizes_that_cannot_be_are_named(subtests):
    for (name, value), make in itertools.product([
        ("inputs", 0), ("inputs", -3), ("inputs", "a"), ("width", 0), ("width", -3), ("width", 2.5), ("width", True),
        ("stride", 0), ("stride", -1), ("stride", "a"),
    ], [*BLOCKS, residual.projection, residual.padding]):
        said = f"{name}: expected a whole number from 1 to .*, got {value!r}"
        with subtests.test(name=name, value=value, make=make), pytest.raises((TypeError, ValueError), match=said):
            make(**{"inputs": 1, "width": 8, "stride": 1, name: value})


def test_a_shortcut_that_is_no_function_is_named(subtests):
    for shortcut, make in itertools.product(["projection", 3], BLOCKS):
        said = f"shortcut: expected a function of inputs, width and stride such as padding, got {shortcut!r}"
        with subtests.test(shortcut=shortcut, make=make), pytest.raises(TypeError, match=said):
            make(4, 8, shortcut=shortcut)


def test_sizes_of_a_resnet_are_named(subtests):
    for value, name in itertools.product([0, -3, "a", 2.0], ["classes", "channels", "width"]):
        said = f"{name}: expected a whole number from 1 to .*, got {value!r}"
        with subtests.test(value=value, name=name):
            with pytest.raises((TypeError, ValueError), match=said):
                residual.resnet((1,), **{name: value})
            with pytest.raises((TypeError, ValueError), match=said):
                residual.small_resnet(8, **{name: value})


def test_stages_that_cannot_be_are_said(subtests):
    for blocks, error in [(3, TypeError), (None, TypeError), ("abc", TypeError), ((), ValueError), ((1,) * 30, ValueError)]:
        said = "blocks: expected the blocks of each stage, 1 to 20 stages"
        with subtests.test(blocks=blocks), pytest.raises(error, match=said):
            residual.resnet(blocks)


def test_a_resnet_too_large_to_build_is_refused_at_once(subtests):
    for how in [
        {"blocks": (1,) * 12}, {"blocks": (1, 1), "width": 50_000}, {"blocks": (1,), "width": 4000, "channels": 100_000},
        {"blocks": (1,), "width": 3000, "classes": 100_000}, {"blocks": (1000,) * 5, "width": 256},
    ]:
        with subtests.test(how=how), pytest.raises(ValueError, match="expected a network of at most 200,000,000 parameters"):
            residual.resnet(**how)


def test_what_cannot_be_a_convolutional_net_is_said(subtests):
    for wrong, error, said in [
        (lambda: residual.block(-1), ValueError, "width: expected a whole number from 1 to 100000, got -1"),
        (lambda: residual.block(0), ValueError, "width: expected a whole number from 1"),
        (lambda: residual.block("a"), TypeError, "width: expected a whole number from 1"),
        (lambda: residual.block(4, norm="group"), ValueError, "norm: expected one of 'none'"),
        (lambda: residual.basic(50_000, 50_000), ValueError, "inputs and width: expected a network of at most"),
        (lambda: residual.resnet((2, 2.5)), TypeError, "blocks: expected a whole number from 1"),
        (lambda: residual.small_resnet(21), ValueError, "depth: expected 6n \\+ 2"),
        (lambda: residual.small_resnet(2), ValueError, "depth: expected a whole number from 8"),
        (lambda: residual.small_resnet(20, kind="bottleneck"), ValueError, "kind: expected one of"),
        (lambda: residual.resnet(kind="wide"), ValueError, "kind: expected one of 'basic'"),
        (lambda: residual.resnet((3, 0)), ValueError, "blocks: expected a whole number from 1"),
        (lambda: residual.basic(4, 4, merge="concat"), ValueError, "merge: expected one that keeps the width"),
        (lambda: residual.basic(4, 4)(torch.zeros(1, 3, 6, 6)), RuntimeError, "channels"),
        (lambda: residual.block(4)(torch.zeros(2, 5)), RuntimeError, "shapes"),
    ]:
        with subtests.test(error=error, said=said), pytest.raises(error, match=said):
            wrong()
