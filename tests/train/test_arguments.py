"""What is given to a training is a tensor or a function; what is not is named."""

import functools
import math

import numpy as np
import pytest
import torch
from torch import nn

from skiplab.train.arguments import need_examples, need_function


def test_a_tensor_with_a_row_an_example_comes_back():
    for value in (torch.zeros(3), torch.zeros(0, 2), torch.ones(2, dtype=torch.bool), torch.full((1,), torch.nan)):
        assert need_examples("x", value) is value


def test_what_is_no_tensor_of_examples_is_named():
    for value, words in (
        ([[1.0]], "got list"), (None, "got NoneType"), (torch.tensor(1.0), r"got a single number, of shape \(\)"),
        (np.zeros(3), "got ndarray; torch.as_tensor makes one of it"),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=f"x: expected a tensor with one example a row, {words}"):
            need_examples("x", value)


def test_whatever_can_be_called_is_taken():
    for function in (lambda out, y: out, functools.partial(max, 1), nn.functional.mse_loss, nn.MSELoss(), math.hypot):
        assert need_function("loss", function, "out, y") is function
    assert need_function("make", nn.Identity) is nn.Identity


def test_what_is_no_function_is_named():
    for given, words in (
        (("loss", 3, "out, y"), r"loss: expected a function \(out, y\), got 3"),
        (("loss", nn.MSELoss, "out, y"), r"loss: .* got the class MSELoss; write MSELoss\(\)"),
        (("make", nn.Linear(2, 2)), "make: expected a function without arguments, got a network; write lambda"),
    ):
        with pytest.raises(TypeError, match=words):
            need_function(*given)
