"""The stored GRUs add, and those that are trained anew add as they do."""

import numpy as np
import pytest
import torch

from skiplab import sweeps
from skiplab.data import sequences
from skiplab.sweeps import adding


def error(net, seed=1):
    """Mean squared error on sequences that were not trained on."""
    x, y = sequences.adding(512, seed=seed)
    with torch.no_grad():
        return (net(x) - y).square().mean().item()


def test_the_stored_networks_add_after_their_training_and_not_before():
    assert max(error(net) for net in adding.nets()) < 0.01
    assert min(error(net) for net in adding.nets(trained=False)) > 0.5


def test_the_networks_before_training_are_those_of_their_seeds():
    for seed, net in enumerate(adding.nets(trained=False)):
        torch.manual_seed(seed)
        for one, other in zip(net.parameters(), adding.make().parameters(), strict=True):
            assert torch.equal(one, other)


def test_the_first_steps_of_the_training_are_those_of_a_new_one():
    """Early on two machines still agree; the settings say what was done."""
    run = adding.cell(steps=3)
    assert len(run.losses) == adding.SEEDS == sweeps.about("adding")["seeds"]
    assert sweeps.about("adding")["steps"] == adding.STEPS


@pytest.mark.slow
def test_a_new_training_ends_where_the_stored_one_ended():
    run = adding.cell()
    x, _ = sequences.adding(256, seed=2)
    with torch.no_grad():
        stored = torch.stack([net(x) for net in adding.nets()])
    gaps = (run.outputs(x) - stored).square().mean((1, 2)).sqrt()
    assert np.median(gaps) < 0.1
    assert max(error(run.net(seed)) for seed in range(adding.SEEDS)) < 0.01
