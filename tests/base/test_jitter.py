"""Where another processor might round otherwise, all that a training starts from can be disturbed, and nothing else."""

import numpy as np
import torch
from torch import nn

from skiplab import train
from skiplab.base.rng import jittered, normal
from skiplab.data import digits, pictures, sequences
from skiplab.probe import recurrent as lags
from skiplab.probe import stack
from skiplab.probe import transformer as tokens
from skiplab.theory import saddle

SIZE = 1e-6
DISTURBED = {
    "normal numbers": lambda: normal(0, 50),
    "weights before a training": lambda: train.fit(lambda: nn.Linear(9, 9), torch.zeros(4, 9), torch.zeros(4, 9), 2, 0).net(1).weight,
    "inputs": lambda: train.normal_inputs(9, 9),
    "digits": lambda: digits().x,
    "shapes": lambda: pictures.load("shapes", 4).x,
    "photographs": lambda: pictures.load("coins", 4).x,
    "adding": lambda: sequences.adding(9)[0],
    "recall": lambda: sequences.recall(9)[0],
    "cells": lambda: lags.draw(lambda: nn.GRUCell(3, 4), 1)[0].weight_hh,
    "sequences": lambda: lags.noise(),
    "blocks": lambda: stack.stack(stack.Config(), np.array([1]), 1, 9)[0].branch.weight,
    "inputs of blocks": lambda: stack.inputs(1, 9),
    "tokens": lambda: next(tokens.stacks(tokens.Config(), 1, 1))[1],
    "weights of attention": lambda: next(tokens.stacks(tokens.Config(), 1, 1))[0][0][0].branch[1].value.weight,
    "starts": lambda: torch.tensor(saddle.random_starts(9, 1.0)),
}
KEPT = {
    "labels": lambda: digits().y,
    "masks": lambda: pictures.load("shapes", 4).y,
    "symbols": lambda: sequences.reversal(9)[0],
}


def test_jitter_reaches_all_that_a_training_starts_from_and_nothing_else(subtests, monkeypatch):
    stack._weight.cache_clear()
    before = {name: make().detach() for name, make in {**DISTURBED, **KEPT}.items()}
    monkeypatch.setenv("SKIPLAB_JITTER", str(SIZE))
    stack._weight.cache_clear()
    for name, make in {**DISTURBED, **KEPT}.items():
        with subtests.test(name):
            off = (make().detach() - before[name]).abs() / before[name].abs().clamp_min(1e-9)
            assert (0.1 * SIZE < off.max() < 10 * SIZE) if name in DISTURBED else not off.any()
    stack._weight.cache_clear()


def test_equal_tensors_stay_equal_and_zeros_stay_zero(monkeypatch):
    ones = torch.ones(3, 4)
    assert jittered(ones) is ones
    monkeypatch.setenv("SKIPLAB_JITTER", str(SIZE))
    assert torch.equal(jittered(ones), jittered(ones.clone()))
    assert not torch.equal(jittered(ones), ones)
    assert not jittered(0 * ones).any()
