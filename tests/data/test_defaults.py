"""Data are the same whatever the reader has set for everything: the dtype of torch, its gradients, the errors of NumPy."""

import numpy as np
import pytest
import torch

from skiplab.data import pictures, points, sequences

MASKS = torch.rand(2, 4, 1, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float32)
MADE = {
    "digits": points.digits,
    "shapes": lambda: pictures.shapes(5, 4), **{name: lambda name=name: pictures.load(name, 3) for name in pictures.NAMES},
    "view": lambda: pictures.view("shapes"), "view of the cell": lambda: pictures.view("cell"),
    "mask_loss": lambda: [pictures.mask_loss(MASKS[0], MASKS[1])],
    "iou": lambda: [pictures.iou(MASKS, MASKS[0].flip(-1))], "boundary": lambda: [pictures.boundary(MASKS > 0.5)],
    "boundary_f1": lambda: [pictures.boundary_f1(MASKS, MASKS[0].flip(-1))],
    "adding": lambda: sequences.adding(5), "recall": lambda: sequences.recall(6), "latest": lambda: sequences.latest(6),
    "reversal": lambda: sequences.reversal(5),
}  # fmt: skip


def parts(made):
    return [np.asarray(part) for part in (vars(made).values() if isinstance(made, points.Split) else made)]


@pytest.fixture
def changed():
    """Every default that a reader may have set otherwise."""
    pictures._photograph.cache_clear()
    before = np.seterr(all="raise")
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    yield
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    np.seterr(**before)


def test_every_function_is_walked_over():
    public = {name for room in (pictures, points, sequences) for name, thing in vars(room).items()
              if getattr(thing, "__module__", "") == room.__name__ and name.islower() and name[0] != "_"}  # fmt: skip
    assert public - MADE.keys() == {"load", "patches", "photograph", "large", "inside"}  # of these, some are within others


def test_defaults_change_no_data(subtests, request):
    usual = {name: parts(make()) for name, make in MADE.items()}
    request.getfixturevalue("changed")
    for name, make in MADE.items():
        with subtests.test(name=name):
            for old, new in zip(usual[name], parts(make()), strict=True):
                assert old.dtype == new.dtype
                assert np.array_equal(old, new)
