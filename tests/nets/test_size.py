"""A network that is too large is refused while it is made, and nobody else's networks count."""

import threading

import pytest
import torch
from torch import nn

from skiplab.nets import size
from skiplab.nets.size import at_most


def test_a_network_is_refused_before_its_weights_hold_a_number(monkeypatch):
    drawn = []
    monkeypatch.setattr(nn.Linear, "reset_parameters", lambda layer: drawn.append(layer.weight.shape))
    with pytest.raises(ValueError, match="depth and width: expected a network of at most 200,000,000 parameters, this one has more"):
        at_most("depth and width")(lambda: [nn.Linear(10_000, 9_000) for _ in range(1000)])()
    assert len(drawn) == 2


def test_one_parameter_alone_may_be_more_than_there_is():
    with pytest.raises(ValueError, match="width: expected a network of at most"), at_most("width"):
        nn.Linear(10**8, 10**8)


def test_other_faults_are_told_as_they_are():
    with pytest.raises(RuntimeError, match="shape"), at_most("width"):
        torch.zeros(2, 3) @ torch.zeros(2, 3)


def test_each_network_counts_for_itself_and_its_own_thread(monkeypatch):
    monkeypatch.setattr(size, "MOST", 10)
    with at_most("width"):
        thread = threading.Thread(target=lambda: nn.Linear(8, 8))
        thread.start()
        thread.join()
        nn.Linear(2, 3)
    with at_most("width"):
        nn.Linear(2, 3)
    assert nn.Linear(8, 8).in_features == 8
