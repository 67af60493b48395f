"""Our networks are ordinary PyTorch: they are traced, exported, stored and moved like any other, and say what pictures they take."""

import copy
import io

import pytest
import torch
from torch import nn
from torch.export import Dim

from skiplab import Add, Gate, Skip
from skiplab.nets import densenet, highway, recurrent, residual, transformer, unet

NETS = {  # name -> (network, inputs)
    **{
        f"unet {merge}": (lambda merge=merge: unet.unet(width=2, levels=2, merges=merge, short="add"), (3, 1, 16, 16))
        for merge in unet.MERGES
    },
    **{f"densenet {merge}": (lambda merge=merge: densenet.densenet(merge=merge), (3, 1, 8, 8)) for merge in densenet.MERGES},
    "densenet121's kind": (lambda: densenet.densenet(**densenet.PUBLISHED | {"blocks": (1, 2), "growth": 4, "stem": 8}), (3, 3, 32, 32)),
    "dense mlp": (lambda: densenet.mlp(4, 3, layers=3), (5, 4)),
    **{
        f"mlp {merge}": (lambda merge=merge: residual.mlp(4, 3, 6, 8, merge=merge), (5, 4))
        for merge in ("none", "add", "gate", Add(0.5), Gate(0.1))
    },
    "mlp by tensors": (lambda: residual.mlp(4, 3, 6, 8, merge=Add(torch.rand(8), torch.rand(()))), (5, 4)),
    "resnet": (lambda: residual.resnet((1, 2), width=4), (3, 3, 32, 32)),
    "small resnet": (lambda: residual.small_resnet(8, kind="preactivation"), (3, 1, 8, 8)),
    **{f"highway {coupled}": (lambda coupled=coupled: highway.mlp(4, 3, 5, 8, coupled), (5, 4)) for coupled in (True, False)},
    **{f"transformer {norm}": (lambda norm=norm: transformer.stack(2, 8, norm=norm), (3, 5, 8)) for norm in transformer.NORMS},
    **{f"recurrent {cell}": (lambda cell=cell: recurrent.net(cell, 2, 1, 4), (3, 5, 2)) for cell in recurrent.CELLS},
}


@pytest.fixture(params=NETS)
def case(request):
    """(network, inputs, other inputs of another size where the network takes them)."""
    torch.manual_seed(0)
    make, shape = NETS[request.param]
    return make(), torch.randn(shape), torch.randn(*shape[:-2], 21, 26) if "unet" in request.param else torch.randn(shape)


def same(traced, net, *inputs):
    for x in inputs:
        assert torch.allclose(traced(x), net(x), rtol=1e-4, atol=1e-5)


def test_nothing_that_a_network_computes_with_is_left_behind(case):
    net, x, _ = case
    held = [(name, key) for name, m in net.named_modules() for key, value in vars(m).items() if isinstance(value, torch.Tensor)]
    assert not held
    with torch.no_grad():
        y, other = net(x), copy.deepcopy(net)
        for value in (*other.parameters(), *other.buffers()):
            value.copy_(torch.rand(value.shape))
        stored = io.BytesIO()
        torch.save(net.state_dict(), stored)
        stored.seek(0)
        other.load_state_dict(torch.load(stored))
        assert torch.equal(other(x), y)
        assert net.to("meta")(x.to("meta")).shape == y.shape


@pytest.mark.filterwarnings("ignore")
def test_traced_by_torch_jit(case):
    net, *inputs = case
    same(torch.jit.trace(net, inputs[0]), net, *inputs)


def test_traced_by_torch_fx(case):
    net, *inputs = case
    if isinstance(net, recurrent.Recurrent):
        pytest.skip("a loop over the steps of x has no end for torch.fx")
    same(torch.fx.symbolic_trace(net), net, *inputs)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_exported_for_batches_and_pictures_of_any_size(case):
    net, *inputs = case
    axes = {0: Dim.DYNAMIC, **({2: Dim.DYNAMIC, 3: Dim.DYNAMIC} if isinstance(net, unet.UNet) else {})}
    exported = torch.export.export(net, (inputs[0],), dynamic_shapes=(axes,)).module()
    same(exported, net, *inputs, inputs[1][:2])


def test_pictures_of_any_side_are_taken_or_refused_in_a_sentence():
    made = {
        **{
            ("densenet", small, blocks): densenet.densenet(blocks=(1,) * blocks, small=small)
            for small in (True, False)
            for blocks in (1, 2, 4)
        },
        **{("unet", levels): unet.unet(width=2, levels=levels) for levels in (0, 1, 3)},
        "resnet": residual.resnet((1, 1, 1, 1), width=2, channels=1),
    }
    refused = {name: [] for name in made}
    for name, net in made.items():
        for side in (*range(1, 34), 40):
            try:
                assert net(torch.randn(2, 1, side, side)).isfinite().all()
            except ValueError as problem:
                refused[name].append(side if str(problem).startswith("x: expected pictures (B, channels, H, W) of at least ") else problem)
    wanted = {
        ("densenet", small, blocks): (1 if small else 4) * 2 ** (blocks - 1) - (0 if small else 3) for _, small, blocks in list(made)[:6]
    }
    wanted |= {("unet", levels): 2**levels for levels in (0, 1, 3)} | {"resnet": 1}
    assert refused == {name: list(range(1, least)) for name, least in wanted.items()}
    for net in (made["unet", 1], made["densenet", True, 1]):
        with pytest.raises(ValueError, match=r"x: expected pictures .* got \(2, 8\)"):
            net(torch.randn(2, 8))


def test_densenet121_refuses_pictures_that_pooling_would_use_up():
    with pytest.raises(ValueError, match=r"x: expected pictures \(B, channels, H, W\) of at least 29 x 29 px, got \(2, 3, 16, 16\)"):
        densenet.densenet121().to("meta")(torch.zeros(2, 3, 16, 16, device="meta"))


def test_a_network_of_skips_is_what_a_learner_writes_with_them():
    net = nn.Sequential(nn.Linear(3, 4), Skip(nn.Linear(4, 4), Gate.linear(4)), Skip(nn.Linear(4, 2), "concat"), nn.Linear(6, 1))
    same(torch.fx.symbolic_trace(net), net, torch.randn(5, 3))
