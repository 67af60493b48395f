"""Networks that draw while they act, in whatever way, are trained the same each time, and draw nothing when they are used."""

import numpy as np
import pytest
import torch
from alone import digits, task
from torch import nn
from torch.nn import functional

from skiplab import Skip
from skiplab.train import fit
from skiplab.train.dry_run import trial


class Functional(nn.Module):
    """Dropout that is no module; `batched` says that it leaves the axis of copies alone."""

    batched = False

    def __init__(self, drop):
        super().__init__()
        self.first, self.last, self.drop = nn.Linear(4, 32), nn.Linear(32, 3), drop

    def forward(self, x):
        return self.last(self.drop(torch.relu(self.first(x)), self))


class Convolved(Functional):
    def forward(self, x):
        return super().forward(self.convolution(x.unsqueeze(1)).squeeze(1))

    def __init__(self, drop):
        super().__init__(drop)
        self.convolution = nn.Conv1d(1, 1, 3, padding=1)


DROPS = {  # whether a pass draws; each with the network that it belongs to
    "functional": lambda h, net: functional.dropout(h, 0.7, training=net.training),
    "noise": lambda h, net: h + torch.randn_like(h) if net.training else h,
    "mask": lambda h, net: h * torch.bernoulli(torch.full_like(h, 0.5)) * 2 if net.training else h,
    "in place": lambda h, net: functional.dropout(h * 1, 0.7, net.training, True),
    "channels": lambda h, net: functional.feature_alpha_dropout(h.unsqueeze(-1), 0.5, net.training).squeeze(-1),
}
CALM = {
    "nothing": lambda h, net: h,
    "p = 0": lambda h, net: functional.dropout(h, 0.0, net.training),
    "mode": lambda h, net: h * (1 + net.training),
}
MODULES = {
    "module": lambda: nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Dropout(0.7), nn.Linear(32, 3)),
    "in a skip": lambda: nn.Sequential(Skip(nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))), nn.Linear(4, 3)),
    "in a function": lambda: nn.Sequential(Skip(lambda x: functional.dropout(x * 1, 0.5)), nn.Linear(4, 3)),
}
MAKES = {
    **{name: lambda drop=drop: Functional(drop) for name, drop in DROPS.items()},
    **{"convolved " + name: lambda drop=drop: Convolved(drop) for name, drop in DROPS.items()},
    **MODULES,
}


@pytest.mark.parametrize("name", MAKES)
def test_a_network_that_draws_is_trained_the_same_each_time_and_used_without(name):
    how = {"loss": "cross_entropy", "seeds": 3, "steps": 6, "lr": 0.05, "batch": 8, "test": digits(30, 1)}
    torch.manual_seed(1)
    run = fit(MAKES[name], *digits(), **how)
    torch.manual_seed(2)
    again = fit(MAKES[name], *digits(), **how)
    assert run.ensemble.random
    assert np.array_equal(run.losses, again.losses)
    x, y = how["test"]
    assert torch.equal(run.outputs(x), run.outputs(x))
    assert run.test_error[:, -1].tolist() == run.error(x, y).tolist()
    if name != "in a function":  # which draws whatever it is used for
        assert torch.allclose(run.outputs(x)[1], run.net(1).eval()(x), atol=1e-5)
    assert not np.array_equal(run.losses[:, 1], fit(MAKES[name], *digits(), **how | {"batch": None}).losses[:, 1])


def test_what_draws_nothing_is_known_and_its_mode_is_kept():
    x, y = digits()
    for name, drop in CALM.items():
        run = fit(lambda drop=drop: Functional(drop), x, y, loss="cross_entropy", seeds=2, steps=3)
        assert not run.ensemble.random, name
        assert torch.allclose(run.outputs(x)[1], run.net(1).eval()(x), atol=1e-5), name
        assert run.losses[0, -1] == pytest.approx(functional.cross_entropy(run.net(0).train()(x), y).item(), rel=1e-4), name


def test_dropout_is_known_by_trying():
    x, y = digits()
    for net, random in (
        (lambda: nn.Linear(4, 3), False),
        (lambda: nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.1)), True),
        (lambda: nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.1)).eval(), True),
        (lambda: nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.0)), False),
        (lambda: nn.Sequential(nn.Unflatten(1, (2, 2)), nn.TransformerEncoderLayer(2, 1, 4, 0.1), nn.Flatten(), nn.Linear(4, 3)), True),
    ):
        torch.manual_seed(7)
        before = torch.get_rng_state()
        assert trial(task(net, x, y, loss="cross_entropy"), {}).random is random
        assert torch.equal(torch.get_rng_state(), before)
