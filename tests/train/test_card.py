"""Training and probing on a graphics card: a pretended one everywhere, and a real one where there is one."""

import copy

import numpy as np
import pytest
import torch
from alone import BATCHED, NETS, convolution, digits
from card import Card, on_card
from torch import nn

import skiplab.train
from skiplab import Add, Skip
from skiplab.nets import recurrent, transformer
from skiplab.probe import recurrent as lags
from skiplab.probe import stack as depths
from skiplab.probe import transformer as tokens
from skiplab.train import budget, fit, normal_inputs


class Looking(nn.Linear):
    """Looks at its numbers, which torch.func cannot batch."""

    def __init__(self):
        super().__init__(4, 3)

    def forward(self, x):
        return super().forward(x * 2 if x.sum().item() > 1e9 else x)


class Dropping(nn.Module):
    """Functional dropout, a buffer, and a factor that is a tensor."""

    def __init__(self):
        super().__init__()
        self.layer = Skip(nn.Linear(4, 4), Add(lam=torch.full((4,), 0.5)))
        self.last = nn.Linear(4, 3)

    def forward(self, x):
        return self.last(nn.functional.dropout(self.layer(x), 0.5, self.training))


def images():
    x = torch.randn(24, 1, 5, 5, generator=torch.Generator().manual_seed(0))
    return x, x.flatten(1)[:, :3].argmax(1)


def sequences():
    x = torch.randn(24, 6, 2, generator=torch.Generator().manual_seed(0))
    return x, x.flatten(1)[:, :3].argmax(1)


PATHS = {  # name -> (network, data, backend on a card)
    **{name: (lambda make=make: nn.Sequential(make(), nn.Linear(4, 3)), digits, "batched" if name in BATCHED else "vmap")
       for name, make in NETS.items()},
    "gru": (lambda: recurrent.net("gru", 2, 3, 4), sequences, "batched"),
    "dropout": (Dropping, digits, "vmap"),
    "convolution": (convolution, images, "vmap"),
    "looking": (Looking, digits, "loop"),
}  # fmt: skip


@pytest.fixture
def card(monkeypatch):
    """A pretended card, which `device()` has found."""
    for room in (skiplab.train, depths, lags, tokens):
        for name in ("device", "exact"):
            if hasattr(room, name):
                monkeypatch.setattr(room, name, lambda: "cuda")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: budget.memory())
    monkeypatch.setattr(skiplab.train.task.Task, "autocast", lambda self: torch.enable_grad())
    depths._weight.cache_clear()
    with Card() as there:
        yield there
    depths._weight.cache_clear()


@pytest.fixture(params=["pretended", pytest.param("real", marks=pytest.mark.gpu)])
def place(request, monkeypatch):
    """The pretended card, and the real one."""
    if request.param == "pretended":
        return request.getfixturevalue("card")
    monkeypatch.setenv("SKIPLAB_DEVICE", "cuda")
    return None


def there(tensor, place):
    """Whether a tensor is on the card; inside vmap a pretended one does not know."""
    return on_card(tensor) is not False if place else tensor.is_cuda


HOW = {"seeds": 3, "steps": 8, "lr": 0.02, "batch": 9, "loss": "cross_entropy", "clip": 1.0, "every": 4}


def on_cpu(name, **how):
    """The same training on the processor."""
    make, data, _ = PATHS[name]
    x, y = data()
    return fit(make, x, y, **HOW | how, test=(x[:10], y[:10])), x


@pytest.fixture
def usual(request, monkeypatch):
    """What the processor gives, computed before there is a card."""
    monkeypatch.setenv("SKIPLAB_DEVICE", "cpu")
    return {name: on_cpu(name)[0].losses for name in PATHS}


@pytest.fixture
def trained(place):
    def train(name, **how):
        run, x = on_cpu(name, **how)
        assert run.ensemble.backend == PATHS[name][2]
        return run, x

    return train


@pytest.mark.slow
def test_every_path_trains_on_the_card_and_gives_the_same(usual, place, trained, subtests):
    for name in PATHS:
        with subtests.test(name=name):
            run, x = trained(name)
            assert run.losses == pytest.approx(usual[name], rel=1e-3) or name == "dropout"
            assert isinstance(run.losses, np.ndarray)
            assert all(there(p, place) for p in (*run.params.values(), *run.ensemble.buffers.values()))
            assert there(run.outputs(x), place)
            assert there(run.net(1)(x.to("cuda")), place)
            assert np.isfinite(run.error(x, x.flatten(1)[:, :3].argmax(1))).all()
            copy.deepcopy(run).outputs(x)
    assert place is None or place.met > 1000


@pytest.mark.slow
def test_a_checkpoint_goes_on_on_the_card(place, trained, tmp_path, monkeypatch):
    for name in ("skip gate", "masked", "looking", "convolution"):
        for optimizer in ("adam", "momentum", "sgd"):
            how = {"optimizer": optimizer, "checkpoint": tmp_path / f"{name} {optimizer}"}
            trained(name, **how, steps=4)
            (run, _), (whole, _) = trained(name, **how), trained(name, optimizer=optimizer)
            assert np.array_equal(run.losses, whole.losses) or place is None
            assert run.losses == pytest.approx(whole.losses, rel=1e-3)


def test_settings_and_other_losses_train_on_the_card(place):
    x = normal_inputs(12, 4)
    assert there(x, place)
    how = {"loss": lambda out, y: (out - y).abs().mean(), "penalty": lambda p: p["weight"].square().sum(), "seeds": 2, "steps": 4}
    runs = fit(lambda scale: nn.Linear(4, 4), x, x, settings={"a": {"scale": 1}, "b": {"scale": 2}}, **how)
    assert np.isfinite(runs.losses["b"]).all()


PROBES = {
    **{f"sizes {merge}": lambda merge=merge: depths.sizes(depths.Config(merge=merge, gamma="1/L"), [2, 4], 2, 6).gradient
       for merge in ("none", "add", "concat", "gate")},
    "branches": lambda: depths.branch_norms(depths.Config(), 3, 2, 6),
    "singular values": lambda: depths.singular_values(depths.Config(), 3, 2, 6),
    "a block less": lambda: depths.drop_a_block(depths.Config(), 3, 2, 6),
    "shattering": lambda: depths.shattering(depths.Config(), 3, seeds=2, width=6, points=32),
    **{f"lags {cell}": lambda cell=cell: lags.by_lag(lags.draw(recurrent.CELLS[cell], 2, inputs=2, width=4), lags.noise(2, 6, 2))
       for cell in recurrent.CELLS},
    "tokens": lambda: np.stack(list(vars(tokens.stream(tokens.Config(lam=(0.5, 1.0)), [1, 3], 2, 8, 5)).values())[-2:]),
    "gates": lambda: lags.gates(recurrent.GRU(2, 4).to("cuda"), lags.noise(2, 6, 2)).shape,
    "filters": lambda: tokens.filters([transformer.block(4).to("cuda")], torch.ones(2, 3, 4).to("cuda"))["sum"].shape,
    "distance": lambda: tokens.by_distance(transformer.EncoderDecoder(4, 4, 8).to("cuda"), torch.ones(2, 4).long().to("cuda")).shape,
}  # fmt: skip


BEGUN_THERE = ("gates", "filters", "distance")  # their networks are on the card from the start


@pytest.mark.parametrize("name", [name for name in PROBES if name not in BEGUN_THERE])
def test_a_probe_gives_the_same_on_the_card(name, request):
    usual = PROBES[name]()
    place = request.getfixturevalue("card")
    assert np.allclose(PROBES[name](), usual, rtol=1e-6, atol=1e-9, equal_nan=True)
    assert place.met > 10


@pytest.mark.gpu
@pytest.mark.parametrize("name", PROBES)
def test_a_probe_runs_on_a_real_card(name, monkeypatch):
    monkeypatch.setenv("SKIPLAB_DEVICE", "cuda")
    PROBES[name]()


@pytest.mark.parametrize("name", BEGUN_THERE)
def test_a_probe_of_a_network_on_the_card_runs_there(name, card):
    PROBES[name]()


@pytest.mark.parametrize("wrong", [lambda x: x + torch.ones(4), lambda x: x.numpy(), lambda x: torch.cat([x, torch.ones(1, 4)])])
def test_the_pretended_card_refuses_what_a_real_one_does(card, wrong):
    x = torch.ones(2, 4).to("cuda")
    assert (on_card(x), x.device.type, (x @ torch.ones(4, 2, device="cuda")).device.type) == (True, "cuda", "cuda")
    assert (x.cpu().device.type, nn.Linear(4, 3).to("cuda").weight.device.type) == ("cpu", "cuda")
    with pytest.raises((RuntimeError, TypeError), match="cuda"):
        wrong(x)
    assert (x + torch.tensor(2.0)).device.type == "cuda"


def test_a_network_left_on_the_processor_is_noticed(card):
    class Left(nn.Linear):
        def forward(self, x):
            return super().forward(x) + torch.ones(3)

    with pytest.raises((RuntimeError, ValueError), match="same device"):
        fit(lambda: Left(4, 3), *digits(), **HOW)
