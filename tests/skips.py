"""What the tests of Skip share: float64, a branch, and what a refusal says."""

import pytest
import torch
from torch import nn


@pytest.fixture(autouse=True)
def double():
    """float64 and one seed in every test here."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(before)


def equal(a, b):
    torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def mlp(width=6, out=None):
    return nn.Sequential(nn.Linear(width, 8), nn.Tanh(), nn.Linear(8, out or width))


def refusal(kind, call, *given):
    with pytest.raises(kind) as caught:
        call(*given)
    assert caught.type is kind
    return str(caught.value)
