"""What can be told of tensors and functions beforehand is told, and nothing is refused that would do."""

import functools
import math

import pytest
import torch
from torch import nn

from skiplab.train.arguments import need_examples, need_function


@pytest.mark.parametrize("value", [torch.zeros(3), torch.zeros(0, 2), torch.ones(2, dtype=torch.bool), torch.full((1,), torch.nan)])
def test_a_tensor_with_a_row_an_example_comes_back(value):
    assert need_examples("x", value) is value


class Called:
    def __call__(self, out, y):
        return out


WOULD_DO = [
    lambda out, y: out,
    lambda *both: both[0],
    lambda out, y, more=3, **how: out,
    functools.partial(lambda a, out, y: out, 1),
    nn.functional.mse_loss,
    nn.MSELoss(),
    Called(),
    max,  # says of no argument what it is called
    torch.dist,
    math.hypot,
]


@pytest.mark.parametrize("function", WOULD_DO)
def test_a_function_that_can_be_called_is_taken(function):
    need_function("loss", function, "out, y", torch.zeros(1), torch.zeros(1))


@pytest.mark.parametrize("function", [lambda: 1, lambda out: 1, lambda out, y, more: 1])
def test_a_function_that_cannot_be_called_is_refused(function):
    with pytest.raises(TypeError, match=r"loss: expected a function \(out, y\), got "):
        need_function("loss", function, "out, y", 1, 2)


def test_what_is_given_by_name_counts():
    need_function("make", lambda width, depth=3: 1, "width", width=3)
    need_function("make", lambda name, function, says: 1, "", name=1, function=2, says=3)
    with pytest.raises(
        TypeError, match=r"make: expected a function \(width, merge\), got <lambda>\(width\): got an unexpected keyword .*'merge'"
    ):
        need_function("make", lambda width: 1, "width, merge", width=3, merge="add")
