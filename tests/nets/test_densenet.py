"""A DenseNet is a chain of concat Skips: equal to the pass written out by hand, and counted exactly from its plan."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional as f

from skiplab.nets import densenet

PLANS = [
    {},
    {"blocks": (3,), "growth": 5, "stem": 7, "classes": 3},
    {"blocks": (2, 3, 1), "bottleneck": 4, "compression": 0.3},
    {"merge": "add", "compression": 1.0},
    {"merge": "none", "blocks": (2,), "channels": 3},
    {"blocks": (2, 2, 3), "small": False, "channels": 3, "growth": 6},
    {"blocks": (1, 2), "growth": 3, "stem": 5, "small": False, "bottleneck": 2},
]


def ids(plan):
    return ",".join(f"{name}={value}" for name, value in plan.items()) or "default"


def normed(x, norm):
    """Batch statistics, then the norm's scale and shift, then ReLU."""
    mean, var = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), keepdim=True, unbiased=False)
    return ((x - mean) / (var + norm.eps).sqrt() * norm.weight[:, None, None] + norm.bias[:, None, None]).clamp_min(0)


def shaken(net):
    """The net in float64, no norm's scale or shift left at 1 or 0."""
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.weight)
            nn.init.normal_(part.bias)
    return net.double()


@pytest.mark.parametrize("bottleneck", [0, 4])
def test_a_net_is_the_pass_written_out(bottleneck):
    torch.manual_seed(0)
    net = shaken(densenet.densenet(blocks=(3, 2), growth=3, stem=6, bottleneck=bottleneck, channels=2))
    x = torch.randn(4, 2, 8, 8, dtype=torch.float64)
    h = [f.conv2d(x, net.stem[0].weight, padding=1)]  # every feature made so far, a list
    for i, block in enumerate((net.block1, net.block2)):
        for skip in block:
            norm, _, conv, *more = skip.branch
            new = f.conv2d(normed(torch.cat(h, 1), norm), conv.weight, padding=conv.padding)
            if more:
                new = f.conv2d(normed(new, more[0]), more[2].weight, padding=1)
            h.append(new)
        if not i:
            norm, _, conv, _ = net.transition1
            h = [f.avg_pool2d(f.conv2d(normed(torch.cat(h, 1), norm), conv.weight), 2)]
    assert torch.allclose(net(x), net.head(normed(torch.cat(h, 1), net.last[0]).mean((2, 3))), rtol=0, atol=1e-12)


@pytest.mark.parametrize("merge", ["concat", "add", "none"])
def test_an_mlp_is_the_pass_written_out(merge):
    torch.manual_seed(0)
    net = densenet.mlp(5, 3, layers=4, growth=2, stem=6, merge=merge).double()
    x = torch.randn(7, 5, dtype=torch.float64)
    h = net.stem(x)
    for skip in net.block1:
        new = skip.branch[1](h.clamp_min(0))
        h = {"concat": lambda h, new: torch.cat([h, new], 1), "add": torch.add, "none": lambda h, new: new}[merge](h, new)
    assert torch.allclose(net(x), net.head(h), rtol=0, atol=1e-12)


def test_add_is_concat_whose_readers_share_their_weights():
    """x + F₁ + F₂ read by W is [x, F₁, F₂] read by [W, W, W]: so says the linear reader of both."""
    torch.manual_seed(0)
    w = [torch.randn(4, 4, dtype=torch.float64) for _ in range(3)]
    total = x = torch.randn(2, 4, dtype=torch.float64)
    every = [x]
    for matrix in w:
        total = total + torch.relu(total @ matrix.T)
        every.append(torch.relu(torch.cat(every, 1) @ matrix.T.repeat(len(every), 1)))
    assert torch.allclose(total, sum(every), rtol=0, atol=1e-12)


def test_densenet_121_has_its_parameters():
    with torch.device("meta"):
        net = densenet.densenet121()
    assert sum(p.numel() for p in net.parameters()) == densenet.parameters(**densenet.PUBLISHED) == 7_978_856
    assert sum(isinstance(part, (nn.Conv2d, nn.Linear)) for part in net.modules()) == 121


@pytest.mark.parametrize("training", [True, False])
def test_densenet_121_is_torchvisions(torchvision, training):
    torch.manual_seed(0)
    theirs, ours = torchvision.models.densenet121().double(), densenet.densenet121().double()
    mapped = zip(ours.state_dict().items(), theirs.state_dict().items(), strict=True)
    ours.load_state_dict({name: value for (name, mine), (_, value) in mapped if mine.shape == value.shape})
    x = torch.randn(2, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        assert torch.allclose(ours.train(training)(x), theirs.train(training)(x), rtol=0, atol=1e-10)


def test_parameters_are_counted_exactly(subtests):
    for plan in PLANS:
        with subtests.test(plan=plan):
            assert densenet.parameters(**plan) == sum(p.numel() for p in densenet.densenet(**plan).parameters())


def kept(net, x):
    """How many numbers autograd keeps for the backward pass, parameters left out, each storage counted once."""
    own, found = {p.data_ptr() for p in net.parameters()}, {}

    def note(tensor):
        storage = tensor.untyped_storage()
        if tensor.data_ptr() not in own:
            found[storage.data_ptr()] = (storage.nbytes() // tensor.element_size(), tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        out = net(x)
    assert out.shape[0] == len(x)
    return sum(count for count, _ in found.values())


def test_what_autograd_keeps_is_counted_exactly(subtests):
    for more, plan in itertools.product([0, 1], PLANS):
        with subtests.test(more=more, plan=plan):
            net, size = densenet.densenet(**plan), (8 if plan.get("small", True) else 32) + more
            a, b = (kept(net, torch.randn(batch, plan.get("channels", 1), size, size)) for batch in (3, 4))
            assert b - a == densenet.stored(size, **plan)  # for one picture more


@pytest.mark.parametrize("plan", PLANS, ids=ids)
def test_new_features_are_what_the_layers_make(plan):
    net, made = densenet.densenet(**plan), []
    makers = [
        part
        for name, part in net.named_modules()
        if name.endswith(("stem", ".branch")) or (name.startswith("transition") and "." not in name)
    ]
    for part in makers:
        part.register_forward_hook(lambda part, inputs, out: made.append(out[0].numel()))
    size = 8 if plan.get("small", True) else 32
    net(torch.randn(2, plan.get("channels", 1), size, size))
    assert sum(made) == densenet.new_features(size, **plan)


def test_the_closed_form_grows_with_the_square_of_the_layers():
    stored = [densenet.stored(8, blocks=(layers,), growth=12, stem=24) for layers in (16, 32, 64)]
    new = [densenet.new_features(8, blocks=(layers,), growth=12, stem=24) for layers in (16, 32, 64)]
    assert 3.5 < stored[2] / stored[1] < 4
    assert 1.8 < new[2] / new[1] < 2


@pytest.mark.parametrize("make", [lambda: densenet.densenet(blocks=(2, 1), growth=2, stem=3), lambda: densenet.mlp(64, 10, 3)])
def test_many_seeds_train_at_once_as_one_by_one(make):
    """Gradients under torch.func are those of plain autograd, batch statistics included."""
    from torch.func import functional_call, grad, stack_module_state, vmap

    torch.manual_seed(0)
    nets = [make().double() for _ in range(3)]
    x = torch.rand(4, *((64,) if hasattr(nets[0].stem, "weight") else (1, 8, 8)), dtype=torch.float64)
    params, buffers = stack_module_state(nets)
    assert not buffers
    together = vmap(grad(lambda p: functional_call(nets[0], p, (x,)).square().mean()))(params)
    for seed, net in enumerate(nets):
        net(x).square().mean().backward()
        for name, p in net.named_parameters():
            assert torch.allclose(together[name][seed], p.grad, rtol=0, atol=1e-12), name


def test_bad_input_is_named(subtests):
    for call, words in [
        (lambda: densenet.densenet(merge="gate"), ["merge", "'gate'", "'concat'"]),
        (lambda: densenet.densenet(blocks=4), ["blocks", "4", "(4, 4)"]),
        (lambda: densenet.densenet(blocks=()), ["blocks"]),
        (lambda: densenet.parameters(blocks=(3, 0)), ["blocks", "0"]),
        (lambda: densenet.densenet(growth=0), ["growth", "0"]),
        (lambda: densenet.densenet(compression=0), ["compression", "0"]),
        (lambda: densenet.densenet(compression=1.5), ["compression", "1.5"]),
        (lambda: densenet.densenet(bottleneck=-1), ["bottleneck", "-1"]),
        (lambda: densenet.stored(size=1), ["size", "1", "2"]),
        (lambda: densenet.mlp(64, 10, merge="sum"), ["merge", "'sum'"]),
        (lambda: densenet.mlp(64, 10, layers=0), ["layers", "0"]),
        (lambda: densenet.mlp("a", 10), ["inputs: ", "'a'"]),
        (lambda: densenet.mlp(0, 10), ["inputs: ", "0"]),
        (lambda: densenet.mlp(64, -10), ["outputs: ", "-10"]),
        (lambda: densenet.mlp(64, 10, layers=1000, growth=10_000), ["growth", "at most 200,000,000 parameters"]),
        (lambda: densenet.densenet(blocks=(1000, 1000), growth=1000), ["growth", "at most 200,000,000 parameters"]),
        (lambda: densenet.layer(4, 0), ["makes: ", "0"]),
        (lambda: densenet.transition(-1, 3), ["reads: ", "-1"]),
        (lambda: densenet.transition(3, 0), ["makes: ", "0"]),
    ]:
        with subtests.test(words=words):
            with pytest.raises((TypeError, ValueError)) as problem:
                call()
            for word in words:
                assert word in str(problem.value)
