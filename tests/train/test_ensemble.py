"""Copies of a network are that network, whichever way they go through torch."""

import pytest
import torch
from alone import NETS, convolution, data, double
from torch import nn

from skiplab.base.rng import seeded
from skiplab.train.ensemble import PART, backend_of, build, stacked
from skiplab.train.skeleton import to_meta


def copies_of(make, backend="vmap", count=3, at_once=3):
    nets = build(double(make), {}, range(count))
    return nets, stacked(nets, to_meta(nets[0]), "cpu", backend, at_once)


@pytest.mark.parametrize(
    ("name", "backend"),
    [("skip gate", "batched"), ("skip gate", "loop"), ("batch norm", "batched"), ("batch norm", "vmap"), ("masked", "vmap"),
     ("masked", "loop")],
)
def test_gradients_are_those_of_each_network(name, backend):
    nets, ensemble = copies_of(NETS[name], backend)
    x, y = (torch.stack([data(seed=seed)[part] for seed in range(3)]) for part in (0, 1))
    losses = ensemble.gradients(lambda params, out, y: ((out - y) ** 2).mean(), x, y)
    for c, net in enumerate(nets):
        loss = ((net(x[c]) - y[c]) ** 2).mean()
        assert losses[c].item() == pytest.approx(loss.item(), rel=1e-12)
        loss.backward()
        for name, p in net.named_parameters():
            if p.requires_grad:
                assert torch.allclose(ensemble.params[name].grad[c], p.grad, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("name", ["skip add", "layer norm", "batch norm"])
def test_many_examples_go_through_in_parts_unless_a_batch_norm_mixes_them(name):
    nets, ensemble = copies_of(NETS[name], "batched")
    x = torch.randn(2 * PART + 3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    whole = torch.stack([net(x) for net in nets]).detach()
    assert torch.allclose(ensemble.outputs(x), whole, rtol=1e-10, atol=1e-12)
    apart = torch.cat([torch.stack([net(part) for net in nets]) for part in x.split(PART)], 1)
    assert torch.allclose(apart, whole, rtol=1e-10, atol=1e-12) == (name != "batch norm")


@pytest.mark.parametrize("at_once", [1, 2, 4, 5])
def test_chunks_make_no_difference(at_once):
    _, whole = copies_of(NETS["tied"], count=5, at_once=5)
    _, parts = copies_of(NETS["tied"], count=5, at_once=at_once)
    x, y = (v.expand(5, *v.shape) for v in data())
    losses = [ensemble.gradients(lambda params, out, y: ((out - y) ** 2).mean(), x, y) for ensemble in (whole, parts)]
    assert torch.allclose(*losses, rtol=1e-12)
    assert torch.allclose(whole.params["first.weight"].grad, parts.params["first.weight"].grad, rtol=1e-12)
    assert torch.allclose(whole.outputs(data()[0]), parts.outputs(data()[0]), rtol=1e-12)


@pytest.mark.parametrize("backend", ["batched", "vmap", "loop"])
def test_a_parameter_without_use_has_no_gradient(backend):
    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.idle = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x):
            return self.used(x)

    _, ensemble = copies_of(Idle, backend)
    x, y = (v.expand(3, *v.shape) for v in data())
    ensemble.gradients(lambda params, out, y: (out - y).square().sum(), x, y)
    assert not ensemble.params["idle.weight"].grad.any()
    assert ensemble.params["used.weight"].grad.any()


def test_the_quickest_way():
    flat, images = torch.zeros(2, 4), torch.zeros(2, 1, 5, 5)
    assert backend_of(NETS["skip add"](), flat, "cpu") == "batched"
    assert backend_of(NETS["tied"](), flat, "cpu") == "vmap"
    assert backend_of(convolution(), images, "cpu") == "loop"
    assert backend_of(convolution(), images, "cuda") == "vmap"


def test_one_of_the_copies_is_a_network_of_its_own():
    nets, ensemble = copies_of(NETS["masked"])
    x = data()[0]
    net = ensemble.net(1)
    assert torch.equal(net(x), nets[1](x))
    assert [p.requires_grad for p in net.parameters()] == [p.requires_grad for p in nets[1].parameters()]
    with torch.no_grad():
        net.last.weight.zero_()
    assert ensemble.params["last.weight"][1].any()


def test_some_of_the_copies():
    nets, ensemble = copies_of(NETS["masked"])
    some = ensemble.only(slice(1, 3))
    assert len(some) == 2
    assert torch.allclose(some.outputs(data()[0])[1], nets[2](data()[0]), rtol=1e-12)


def test_networks_are_made_from_their_seeds(monkeypatch):
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "7")
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    nets = build(lambda width: nn.Linear(width, 2), {"width": 3}, [0, 4])
    assert torch.equal(torch.random.get_rng_state(), before)
    for net, seed in zip(nets, (7, 11), strict=True):
        torch.manual_seed(seed)
        assert torch.equal(net.weight, nn.Linear(3, 2).weight)


@pytest.mark.parametrize("backend", ["vmap", "loop"])
def test_dropout_is_on_in_training_and_off_in_use(backend):
    _, ensemble = copies_of(lambda: nn.Sequential(nn.Linear(4, 50), nn.Dropout(0.5), nn.Linear(50, 4)), backend)
    x, y = (v.expand(3, *v.shape) for v in data())

    def losses(seed):
        with seeded(seed):
            return ensemble.gradients(lambda params, out, y: (out - y).square().sum(), x, y)

    assert torch.equal(losses(0), losses(0))
    assert not torch.equal(losses(0), losses(1))
    assert torch.allclose(ensemble.outputs(data()[0])[2], ensemble.net(2).eval()(data()[0]), rtol=1e-12)
