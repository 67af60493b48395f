"""Highway layers are their formulas, and the residual block is the uncoupled one with its gates held open."""

import pytest
import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

from skiplab.nets import highway
from skiplab.skip import Add, Gate, Skip

X = torch.randn(6, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def affine(x, layer):
    return x @ layer.weight.T + layer.bias


@pytest.mark.parametrize("coupled", [True, False])
def test_a_layer_equals_its_formula(coupled):
    layer = highway.layer(5, coupled, bias=-1.0).double()
    new, T = affine(X, layer.branch[0]).clamp(min=0), torch.sigmoid(affine(X, layer.merge.gate[0]))
    C = 1 - T if coupled else torch.sigmoid(affine(X, layer.merge.carry[0]))
    torch.testing.assert_close(layer(X), C * X + T * new, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("coupled", [True, False])
def test_the_bias_says_how_much_is_carried_at_first(coupled):
    layer = highway.layer(5, coupled, bias=-3.0)
    assert layer.merge.gate[0].bias.eq(-3).all()
    assert coupled or layer.merge.carry[0].bias.eq(3).all()


def test_the_residual_block_is_the_uncoupled_layer_with_open_gates_and_no_coupled_one():
    branch = highway.layer(5).branch.double()
    add = Skip(branch, Add())(X)
    assert torch.equal(Skip(branch, Gate(1.0, carry=1.0))(X), add)
    for z in (0.0, 0.5, 1.0):
        assert not torch.allclose(Skip(branch, Gate(z))(X), add)


@pytest.mark.parametrize("coupled", [True, False])
def test_a_closed_gate_is_the_identity(coupled):
    net = highway.mlp(5, 3, 12, 7, coupled, bias=-1000.0).double()
    h = net.stem(X)
    assert torch.equal(net.layers(h), h)


@pytest.mark.parametrize("coupled", [True, False])
def test_the_mlp_counts_its_layers_and_many_go_at_once(coupled):
    nets = [highway.mlp(5, 3, 20, 7, coupled).double() for _ in range(3)]
    assert len(nets[0].layers) == 18
    per_layer = (2 if coupled else 3) * (7 * 7 + 7)
    assert sum(p.numel() for p in nets[0].parameters()) == (5 * 7 + 7) + 18 * per_layer + (7 * 3 + 3)
    params, _ = stack_module_state(nets)
    mould = highway.mlp(5, 3, 20, 7, coupled).to("meta")
    together = vmap(lambda p: functional_call(mould, p, (X,)))(params)
    torch.testing.assert_close(together, torch.stack([net(X) for net in nets]), rtol=1e-12, atol=1e-12)


def test_he_weights_in_the_path_and_torchs_in_the_gates():
    layer = highway.layer(200)
    assert layer.branch[0].weight.std().item() == pytest.approx((2 / 200) ** 0.5, rel=0.03)
    assert layer.merge.gate[0].weight.std().item() == pytest.approx((1 / 600) ** 0.5, rel=0.03)
    assert isinstance(layer.branch[1], nn.ReLU)


def test_what_cannot_be_is_said(subtests):
    for wrong, said in [
        ({"depth": 1}, "depth: "), ({"bias": float("nan")}, "bias: "), ({"depth": 2.5}, "depth: "), ({"width": -1}, "width: .*got -1"),
        ({"width": "a"}, "width: .*got 'a'"), ({"inputs": 0}, "inputs: .*got 0"), ({"outputs": -1}, "outputs: .*got -1"),
        ({"depth": 9998, "width": 10_000}, "depth and width: expected a network of at most"),
    ]:
        with subtests.test(wrong=wrong, said=said), pytest.raises((ValueError, TypeError), match=said):
            highway.mlp(**{"inputs": 5, "outputs": 3, **wrong})


def test_a_layer_of_no_width_is_said(subtests):
    for width in [-1, 0, "a"]:
        said = f"width: expected a whole number from 1 to .*, got {width!r}"
        with subtests.test(width=width), pytest.raises((ValueError, TypeError), match=said):
            highway.layer(width)
