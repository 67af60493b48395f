"""Training many seeds at once is training each of them alone."""

import numpy as np
import pytest
import torch
from alone import BATCHED, NETS, OPTIMIZERS, alone, convolution, data, double, task
from torch import nn

import skiplab.train
from skiplab import Skip
from skiplab.skip import Add
from skiplab.train import fit, normal_inputs


def same_as_alone(run, make, x, y, optimizer="adam", batch=None, **how):
    """Each seed's losses and weights are those of a network trained by itself."""
    for seed, losses in enumerate(run.losses):
        batches = task(make, x, y, seeds=len(run.losses), batch=batch).batches(run.ensemble)
        expected, net = alone(seed, make, batches, len(losses) - 1, optimizer, **how)
        assert losses == pytest.approx(expected, rel=1e-9)
        trained = dict(run.net(seed).named_parameters())
        for name, p in net.named_parameters():
            assert torch.allclose(trained[name], p, rtol=1e-7, atol=1e-9), name


CASES = [*((name, "adam", 7) for name in NETS), *(("skip add", optimizer, batch) for optimizer in OPTIMIZERS for batch in (None, 9))]


@pytest.mark.parametrize(("name", "optimizer", "batch"), CASES)
def test_each_seed_is_trained_as_if_alone(name, optimizer, batch):
    x, y = data()
    make = double(NETS[name])
    run = fit(make, x, y, seeds=3, steps=9, lr=0.05, optimizer=optimizer, batch=batch)
    assert run.losses.shape == (3, 10)
    assert run.ensemble.backend == ("batched" if name in BATCHED else "vmap")
    same_as_alone(run, make, x, y, optimizer, batch)


@pytest.mark.parametrize("backend", ["batched", "vmap", "loop"])
@pytest.mark.parametrize("name", ["skip gate", "batch norm", "layer norm"])
def test_every_way_gives_the_same(name, backend, monkeypatch):
    monkeypatch.setattr(skiplab.train, "backend_of", lambda *args: backend)
    x, y = data()
    make = double(NETS[name])
    run = fit(make, x, y, seeds=3, steps=6, lr=0.05, optimizer="momentum", batch=9, clip=0.05)
    assert run.ensemble.backend == backend
    same_as_alone(run, make, x, y, "momentum", 9, clip=0.05)


@pytest.mark.parametrize("backend", ["vmap", "loop"])
@pytest.mark.parametrize("merge", ["none", "add", "concat"])
def test_convolutions(merge, backend, monkeypatch):
    monkeypatch.setattr(skiplab.train, "backend_of", lambda *args: backend)
    x, y = data(12, shape=(1, 5, 5), classes=3)
    make = double(lambda: convolution(merge))
    run = fit(make, x, y, seeds=2, steps=4, lr=0.05, optimizer="momentum", loss="cross_entropy", batch=5)
    same_as_alone(run, make, x, y, "momentum", 5, loss=nn.functional.cross_entropy)


def test_embeddings_take_whole_numbers():
    x, y = torch.arange(12).view(6, 2) % 5, torch.arange(6) % 3
    make = double(lambda: nn.Sequential(nn.Embedding(5, 4), nn.Flatten(), nn.Linear(8, 3)))
    run = fit(make, x, y, seeds=2, steps=5, lr=0.05, loss="cross_entropy")
    same_as_alone(run, make, x, y, loss=nn.functional.cross_entropy)


def test_recurrent_networks_of_torch_itself():
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.head = nn.GRU(4, 5, batch_first=True), nn.Linear(5, 3)

        def forward(self, x):
            return self.head(self.cell(x)[0][:, -1])

    x, y = data(6, shape=(3, 4), classes=3)
    run = fit(double(Last), x, y, seeds=2, steps=4, lr=0.05, loss="cross_entropy")
    same_as_alone(run, double(Last), x, y, loss=nn.functional.cross_entropy)


def test_a_loss_that_looks_at_numbers_goes_by_the_loop():
    def robust(out, y):
        return (out - y)[y > 0].abs().mean() if (out > 0).any() else out.sum()

    x, y = data()
    make = double(NETS["skip add"])
    run = fit(make, x, y, seeds=2, steps=4, lr=0.05, loss=robust)
    assert run.ensemble.backend == "loop"
    same_as_alone(run, make, x, y, loss=robust)


def test_a_penalty_is_for_each_network_alone():
    x, y = data()
    make = double(NETS["skip add"])
    run = fit(make, x, y, seeds=2, steps=4, lr=0.05, optimizer="sgd", penalty=lambda p: 0.3 * sum(v.square().sum() for v in p.values()))
    for seed in range(2):
        torch.manual_seed(seed)
        net = make()
        for step in range(4):
            loss = nn.functional.mse_loss(net(x), y) + 0.3 * sum(p.square().sum() for p in net.parameters())
            assert run.losses[seed, step] == pytest.approx(loss.item(), rel=1e-9)
            gradients = torch.autograd.grad(loss, list(net.parameters()))
            with torch.no_grad():
                for p, gradient in zip(net.parameters(), gradients, strict=True):
                    p -= 0.05 * gradient


def block(merge="add", width=4, lam=1.0, scale=1.0):
    torch.set_default_dtype(torch.float64)
    net = nn.Sequential(
        Skip(nn.Linear(4, width), merge if merge != "add" else Add(lam)), nn.Linear(2 * width if merge == "concat" else width, 4)
    )
    torch.set_default_dtype(torch.float32)
    with torch.no_grad():
        net[1].weight *= scale
    return net


class Held:
    """A function of x that is an object, and may stand where another stood before."""

    def __init__(self, value):
        self.objective = value

    def __call__(self, x):
        return self.objective


@pytest.mark.parametrize("batch", [None, 7])
def test_settings_are_trained_as_if_alone(batch):
    settings = {"a": {}, "b": {"merge": "none"}, "c": {"scale": 3.0}, "d": {"merge": "concat"}, "e": {"scale": 0.1}}
    how = {"seeds": 3, "steps": 8, "lr": 0.05, "optimizer": "adam", "batch": batch}
    runs = fit(block, *data(), settings=settings, **how)
    assert list(runs) == list(settings)
    for name, setting in settings.items():
        single = fit(lambda setting=setting: block(**setting), *data(), **how)
        assert runs[name].losses == pytest.approx(single.losses, rel=1e-9)
        assert torch.allclose(runs[name].outputs(data()[0]), single.outputs(data()[0]), rtol=1e-9)


STACKED = {
    "numbers only": ([{"scale": 1.0}, {"scale": 2.0}, {"scale": 3.0}], 1),
    "merges": ([{"merge": "add"}, {"merge": "none"}], 2),
    "floats": ([{"lam": 0.5}, {"lam": 0.25}, {"lam": 0.5}], 2),
    "close floats": ([{"lam": 0.5}, {"lam": 0.50000000001}], 2),
    "functions": ([{"lam": lambda x: 0.5}, {"lam": lambda x: 0.25}], 2),
    "tensors": ([{"lam": torch.full((4,), 0.5)}, {"lam": torch.full((4,), 0.25)}], 1),
    "objects": ([{"lam": Held(0.5)}, {"lam": Held(0.25)}], 2),
}


@pytest.mark.parametrize("case", STACKED)
def test_only_networks_that_differ_in_their_numbers_share_a_stack(case, monkeypatch):
    settings, stacks = STACKED[case]
    made, stack = [], skiplab.train._stack
    monkeypatch.setattr(skiplab.train, "_stack", lambda *args: made.append(len(args[2])) or stack(*args))
    runs = fit(block, *data(), settings=dict(enumerate(settings)), seeds=2, steps=3, lr=0.05)
    assert len(made) == stacks
    assert sum(made) == len(settings)
    for k, setting in enumerate(settings):
        single = fit(lambda setting=setting: block(**setting), *data(), seeds=2, steps=3, lr=0.05)
        assert runs[k].losses == pytest.approx(single.losses, rel=1e-9)


def test_short_lived_objects_of_settings_are_told_apart():
    values = (0.1, 0.4, 0.7, 1.0, 1.3, 1.6)
    runs = fit(lambda v: block(lam=Held(v)), *data(), settings={v: {"v": v} for v in values}, seeds=1, steps=0)
    for v in values:
        assert runs[v].losses == pytest.approx(fit(lambda v=v: block(lam=v), *data(), seeds=1, steps=0).losses, rel=1e-9)


def test_settings_are_dicts_of_arguments():
    for settings in ({}, [{"merge": "add"}], {"a": 3}, "add"):
        with pytest.raises(TypeError, match="settings: expected a dict of name -> keyword arguments"):
            fit(block, *data(), settings=settings, seeds=1, steps=0)


def test_inputs_are_the_same_each_time():
    assert torch.equal(normal_inputs(8, 4), normal_inputs(8, 4))
    assert normal_inputs(3, 5).shape == (3, 5)


def test_inputs_are_fresh_with_fresh_seeds(monkeypatch):
    before = normal_inputs(8, 4)
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "1")
    assert not torch.equal(normal_inputs(8, 4), before)


def test_fresh_seeds_are_the_next_seeds(monkeypatch):
    x, y = data()
    how = {"lr": 0.05, "steps": 6, "batch": 5}
    old = fit(block, x, y, seeds=3, **how)
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "1")
    new = fit(block, x, y, seeds=2, **how)
    assert new.losses == pytest.approx(old.losses[1:], rel=1e-9)
    assert abs(new.losses - old.losses[:2]).max() > 1e-3


def test_a_run_is_repeated_exactly_and_leaves_torchs_own_draws_alone():
    def dropping():
        return nn.Sequential(nn.Linear(4, 6), nn.Dropout(0.5), nn.Linear(6, 4)).double()

    for make in (block, dropping):
        torch.manual_seed(5)
        before = torch.random.get_rng_state()
        first = fit(make, *data(), seeds=2, steps=5, batch=7)
        assert torch.equal(torch.random.get_rng_state(), before)
        torch.manual_seed(6)
        second = fit(make, *data(), seeds=2, steps=5, batch=7)
        assert np.array_equal(first.losses, second.losses)
        assert torch.equal(first.outputs(data()[0]), second.outputs(data()[0]))


@pytest.mark.gpu
@pytest.mark.parametrize("name", [*NETS, "convolution"])
def test_a_cuda_device_gives_the_same(name, monkeypatch):
    make = convolution if name == "convolution" else NETS[name]
    x, y = data(shape=(1, 5, 5), classes=3) if name == "convolution" else data()
    x, y = x.float(), y if name == "convolution" else y.float()
    loss = "cross_entropy" if name == "convolution" else "mse"
    losses = {}
    for device in ("cpu", "cuda"):
        monkeypatch.setenv("SKIPLAB_DEVICE", device)
        run = fit(make, x, y, seeds=3, steps=8, lr=0.02, batch=9, loss=loss, clip=1.0)
        assert run.outputs(x).device.type == device
        losses[device] = run.losses
    assert losses["cuda"] == pytest.approx(losses["cpu"], rel=1e-3)
    assert fit(make, x, y, seeds=2, steps=3, loss=loss, precision="bfloat16").losses == pytest.approx(losses["cpu"][:2, :4], rel=0.3)
