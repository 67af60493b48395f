"""The quick way is taken only where it is right: many small networks, of known and unknown parts, are held against one at a time."""

import random
import types

import pytest
import torch
from alone import BATCH_ONLY, BATCHED, NETS
from torch import nn

from skiplab import Skip
from skiplab.nets import recurrent
from skiplab.nets.transformer import Encoder, EncoderDecoder
from skiplab.skip import Add, Concat, Gate
from skiplab.train import batched
from skiplab.train.ensemble import build, stacked
from skiplab.train.skeleton import to_meta

COPIES, BATCH, WIDTH = 3, 5, 4


class Mixing(nn.Module):
    """Looks at the other examples of its batch."""

    def forward(self, x):
        return x - x.mean(0)


class Twisted(nn.Linear):
    """A Linear that is none."""

    def forward(self, x):
        return super().forward(x.flip(0))


class First:
    """A merge that is no module, and counts axes from the left."""

    grows = False

    def __call__(self, x, new, *context):
        return x + new[:1]


def hooked(layer):
    layer.register_forward_hook(lambda module, args, out: out.cumsum(0))
    return layer


def overridden(layer):
    layer.forward = types.MethodType(lambda self, x: x.cumsum(0) @ self.weight.mT, layer)
    return layer


def with_plain_weight(layer):
    weight = layer.weight.detach()
    del layer.weight
    layer.weight = weight
    return layer


def tied(net):
    net[1].weight = net[0].weight
    return net


KNOWN = [
    lambda: nn.Linear(WIDTH, WIDTH),
    lambda: nn.Linear(WIDTH, WIDTH, bias=False),
    nn.Tanh,
    nn.GELU,
    nn.SiLU,
    nn.Identity,
    lambda: nn.LayerNorm(WIDTH),
    lambda: nn.LayerNorm(WIDTH, bias=False),
    lambda: nn.LayerNorm(WIDTH, elementwise_affine=False, eps=0.5),
    lambda: nn.BatchNorm1d(WIDTH, **BATCH_ONLY),
    lambda: nn.BatchNorm1d(WIDTH, affine=False, eps=0.5, **BATCH_ONLY),
    lambda: nn.Sequential(Skip(nn.Linear(WIDTH, 3), "concat"), nn.Linear(WIDTH + 3, WIDTH)),
    lambda: nn.Sequential(Skip(nn.Linear(WIDTH, 3), Concat(-1), shortcut=nn.Linear(WIDTH, 2)), nn.Linear(5, WIDTH)),
    lambda: Skip(nn.Linear(WIDTH, WIDTH), Add(0.5, 2)),
    lambda: Skip(nn.Linear(WIDTH, WIDTH), Gate(nn.Sequential(nn.Linear(WIDTH, 1), nn.Sigmoid()))),
    lambda: Skip(nn.Linear(WIDTH, WIDTH), Gate(0.25, carry=nn.Linear(WIDTH, WIDTH))),
    lambda: Skip(nn.Sequential(nn.ReLU(), nn.Linear(WIDTH, WIDTH)), "none"),
]
UNKNOWN = [
    Mixing,
    lambda: Twisted(WIDTH, WIDTH),
    lambda: nn.Softmax(1),
    lambda: nn.Softmax(0),
    lambda: nn.PReLU(WIDTH),
    lambda: nn.Flatten(0, 0),
    lambda: nn.LayerNorm((BATCH, WIDTH)),
    lambda: nn.GroupNorm(2, WIDTH),
    lambda: nn.Sequential(nn.GLU(1), nn.Linear(WIDTH // 2, WIDTH)),
    lambda: nn.utils.parametrizations.weight_norm(nn.Linear(WIDTH, WIDTH)),
    lambda: hooked(nn.Linear(WIDTH, WIDTH)),
    lambda: hooked(nn.Tanh()),
    lambda: overridden(nn.Linear(WIDTH, WIDTH)),
    lambda: with_plain_weight(nn.Linear(WIDTH, WIDTH)),
    lambda: Skip(nn.Linear(WIDTH, WIDTH), Add(torch.tensor([0.5, 1.0, 2.0, 4.0]))),
    lambda: Skip(nn.Linear(WIDTH, WIDTH), Add(gamma=torch.arange(5.0).unsqueeze(1))),
    lambda: Skip(nn.Linear(WIDTH, WIDTH), Add(nn.Parameter(torch.rand(WIDTH)))),
    lambda: Skip(nn.Linear(WIDTH, WIDTH), Add(lambda x: x.std(0))),
    lambda: Skip(nn.Linear(WIDTH, WIDTH), Add(gamma=Mixing())),
    lambda: Skip(nn.Linear(WIDTH, WIDTH), Gate(torch.arange(5.0).unsqueeze(1) / 5)),
    lambda: Skip(nn.Linear(WIDTH, WIDTH), Gate(nn.Parameter(torch.rand(WIDTH)))),
    lambda: Skip(nn.Linear(WIDTH, WIDTH), Gate(0.5, carry=lambda x: x.mean(0))),
    lambda: Skip(lambda x: x.flip(0)),
    lambda: Skip(nn.Linear(WIDTH, WIDTH), shortcut=lambda x: x.cumsum(0)),
    lambda: Skip(nn.Linear(WIDTH, WIDTH), First()),
    lambda: nn.Sequential(Skip(nn.Linear(WIDTH, 3), Concat(1)), nn.Linear(WIDTH + 3, WIDTH)),
    lambda: nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(inplace=True)),
    lambda: tied(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH))),
    NETS["masked"],
]


def three_ways(make, each=None):
    """Losses and gradients of three copies by each way: dict of way -> list of tensors; each (C, B, ...) are their inputs."""
    if each is None:
        each = torch.randn(COPIES, BATCH, WIDTH, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    nets, found = build(lambda: make().double(), {}, range(COPIES)), {}
    for backend in ("batched", "vmap", "loop"):
        ensemble = stacked(nets, to_meta(nets[0]), "cpu", backend, COPIES)
        losses = ensemble.gradients(lambda params, out, y: (out.sin() * y).sum(), each.clone(), torch.arange(1.0, COPIES + 1))
        found[backend] = [losses, ensemble.outputs(each[1]), *(p.grad for p in ensemble.params.values())]
    return found


def equal(ours, theirs):
    return all(a.shape == b.shape and torch.allclose(a, b, rtol=1e-9, atol=1e-11) for a, b in zip(ours, theirs, strict=True))


def carried(make):
    net = build(make, {}, range(1))[0]
    return batched.carries(net, torch.zeros(BATCH, WIDTH))


def unlike(*given):
    """Which ways do not give what the loop gives."""
    gradients = three_ways(*given)
    return [way for way in ("batched", "vmap") if not equal(gradients[way], gradients["loop"])]


def test_known_parts_and_networks_are_carried_and_right():
    makes = {number: lambda part=part: nn.Sequential(part(), nn.Linear(WIDTH, 2)) for number, part in enumerate(KNOWN)}
    makes |= {name: NETS[name] for name in BATCHED}
    assert [name for name, make in makes.items() if not carried(make)] == []
    assert {name: ways for name, make in makes.items() if (ways := unlike(make))} == {}


def test_unknown_parts_are_not_carried():
    def deep_inside(part):
        return lambda: nn.Sequential(nn.Linear(WIDTH, WIDTH), Skip(nn.Sequential(part())))

    assert [number for number, part in enumerate(UNKNOWN) if carried(part) or carried(deep_inside(part))] == []


def drawn(seed):
    """A network of one to four parts, known or now and then unknown, some of them inside a skip."""
    draw = random.Random(seed)
    parts = [draw.choice(UNKNOWN if draw.random() < 0.15 else KNOWN) for _ in range(draw.randint(1, 4))]
    merges = [draw.choice([None, None, "none", "add", "gate", Add]) for _ in parts]

    def make():
        inner = [nn.Sequential(part(), nn.Linear(WIDTH, WIDTH)) for part in parts]
        skips = [net if merge is None else Skip(net, merge() if merge is Add else merge) for net, merge in zip(inner, merges, strict=True)]
        return nn.Sequential(*skips, nn.Linear(WIDTH, 2))

    return make


def test_whatever_is_carried_is_right():
    makes = [drawn(seed) for seed in range(60)]
    yes = [make for make in makes if carried(make)]
    assert 20 <= len(yes) <= 50
    for make in yes:
        found = three_ways(make)
        assert equal(found["batched"], found["vmap"])


def test_other_inputs_are_not_carried():
    for x in (torch.zeros(2, 3, 4), torch.zeros(4), torch.zeros(2, 4, dtype=torch.int64)):
        assert not batched.carries(nn.Linear(4, 4), x), x.shape


def test_running_statistics_are_not_carried():
    assert not batched.carries(nn.BatchNorm1d(4), torch.zeros(2, 4))


def sequences():
    """Numbers (C, B, T, inputs)."""
    return torch.randn(COPIES, BATCH, 6, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def symbols():
    """Whole numbers (C, B, T)."""
    return torch.randint(5, (COPIES, BATCH, 6), generator=torch.Generator().manual_seed(3))


OURS = {
    **{cell: (lambda cell=cell: recurrent.net(cell, 2, 3, WIDTH), sequences) for cell in recurrent.CELLS},
    "biased": (lambda: recurrent.net("gru", 2, 3, WIDTH, bias=-2.0), sequences),
    "orthogonal": (lambda: recurrent.net("lag", 2, 3, WIDTH, lag=3, init="orthogonal"), sequences),
    **{norm: (lambda norm=norm: Encoder(5, 6, WIDTH, 2, norm=norm), symbols) for norm in ("pre", "post", "none")},
    "no skips": (lambda: Encoder(5, 6, WIDTH, 2, merge="none"), symbols),
    "half a skip": (lambda: Encoder(5, 6, WIDTH, 2, merge=Add(0.5)), symbols),
    "one vector": (lambda: EncoderDecoder(5, 6, WIDTH, False), symbols),
    "attention": (lambda: EncoderDecoder(5, 6, WIDTH, True), symbols),
}


def test_our_nets_for_sequences_are_carried_and_right():
    assert [name for name, (make, inputs) in OURS.items() if not batched.carries(make(), inputs()[0])] == []
    assert {name: ways for name, (make, inputs) in OURS.items() if (ways := unlike(make, inputs()))} == {}


class Stubborn(recurrent.GRU):
    """A cell of somebody's own."""

    def recall(self, h):
        return tuple(block - block.mean(0) for block in super().recall(h))


def changed(make, path, part):
    """The network with another part at this place."""

    def made():
        net = make()
        *before, name = path.split(".")
        setattr(net.get_submodule(".".join(before)), name, part())
        return net

    return made


gru, encoder, reader = OURS["gru"][0], OURS["pre"][0], OURS["attention"][0]
CHANGED = [
    (changed(gru, "head", lambda: nn.Sequential(nn.Linear(WIDTH, 3), nn.Flatten(0, -1))), sequences),
    (changed(gru, "head", lambda: nn.Sequential(nn.BatchNorm1d(WIDTH, **BATCH_ONLY), nn.Linear(WIDTH, 3))), sequences),
    (changed(gru, "cell", lambda: Stubborn(2, WIDTH)), sequences),
    (changed(gru, "cell.product", lambda: lambda x, weight, bias: x.cumsum(0) @ weight.mT + bias), sequences),
    (changed(gru, "cell.step.merge.gate.squash", lambda: lambda z: z.softmax(0)), sequences),
    (changed(encoder, "head", lambda: nn.Sequential(Skip(nn.Linear(WIDTH, 3), Concat()), nn.Linear(WIDTH + 3, 5))), symbols),
    (changed(encoder, "embed", lambda: nn.Embedding(5, WIDTH, padding_idx=0)), symbols),
    (changed(encoder, "embed", lambda: nn.Embedding(5, WIDTH, max_norm=1.0)), symbols),
    (changed(encoder, "blocks", lambda: nn.Sequential(nn.Softmax(1))), symbols),
    (changed(encoder, "blocks", lambda: hooked(nn.LayerNorm(WIDTH))), symbols),
    (changed(reader, "look.merge", Concat), symbols),
]


def test_with_a_part_of_somebodys_own_they_are_not_carried():
    for number, (make, inputs) in enumerate(CHANGED):
        net, x = make(), inputs()[0]
        assert not batched.carries(net.double(), x), number
        assert net(x).shape[0] > 1, number


def test_a_symbol_that_there_is_not_is_no_symbol_of_another_network():
    nets = build(encoder, {}, range(COPIES))
    ensemble = stacked(nets, to_meta(nets[0]), "cpu", "batched", COPIES)
    for wrong in (5, -1):
        with pytest.raises(IndexError):
            ensemble.outputs(torch.full((2, 6), wrong))
