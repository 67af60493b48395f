"""What holds of every merge there is: x stays as it is, what multiplies a path travels with the network, context reaches all."""

import copy
import inspect
import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional

from skiplab import Add, Concat, Gate, Plain, Skip, skip
from skiplab.base.merges import MERGES
from skiplab.nets.transformer import Attention
from skiplab.nets.unet import SelfConcat

KINDS = [kind for _, kind in inspect.getmembers(skip, inspect.isclass) if hasattr(kind, "grows")]


def merges():
    """(name, merge) of every kind, by name and as it is made by hand."""
    made = {"plain": Plain(), "strong": Add(0.5, 2.0), "last": Concat(-1), "held": Gate(0.5), "two keys": Gate(1.0, 0.5)}
    return [*((name, name) for name in MERGES), *made.items(), ("twice", SelfConcat())]


def test_every_kind_of_merge_is_walked_here():
    assert {type(merge) for _, merge in merges()} - {str, SelfConcat} == set(KINDS)
    assert {MERGES[name].kind for name in MERGES} == {kind.__name__ for kind in KINDS}


# ---- x stays as it is

IN_PLACE = {
    "relu": lambda: nn.ReLU(inplace=True),
    "dropout": lambda: nn.Dropout(0.9, inplace=True),
    "leaky": lambda: nn.LeakyReLU(inplace=True),
    "function": lambda: functional.relu_,
    "method": lambda: lambda x: x.mul_(2),
    "part": lambda: lambda x: (x[..., :1].zero_(), x * 1)[1],
    "hidden in a view": lambda: lambda x: x.view_as(x).detach().add_(1),
}


def places(first):
    """The in-place layer first in the branch, as the branch alone, and in the shortcut."""
    chain = nn.Sequential(first, nn.Linear(4, 4)) if isinstance(first, nn.Module) else lambda x: functional.linear(first(x), torch.eye(4))
    return {"first": (chain, None), "alone": (first, None), "shortcut": (nn.Linear(4, 4), first)}


def modes(z):
    """z as it comes in training, in use, in inference mode, and where there is no data."""
    with torch.inference_mode():
        inferred = z.clone()
    return {"training": z.clone(), "inference": inferred, "inner": z.clone().requires_grad_() * 1, "meta": z.to("meta")}


def test_a_path_that_changes_x_in_place_is_refused_whatever_the_merge():
    missed, z = [], torch.randn(3, 4)
    for (name, merge), (kind, make) in itertools.product(merges(), IN_PLACE.items()):
        for place, (branch, shortcut) in places(make()).items():
            block = Skip(branch, Gate.linear(4) if merge == "gate" else copy.deepcopy(merge), shortcut)
            for mode, x in modes(z).items():
                try:
                    with torch.inference_mode(mode == "inference"):
                        (block.to("meta") if mode == "meta" else block)(x)
                    missed.append((name, kind, place, mode))
                except ValueError as problem:
                    missed += [(name, kind, place, mode, problem)] * ("leave x as it is" not in str(problem))
    assert not missed


def test_what_works_in_place_on_its_own_numbers_is_welcome():
    z = torch.randn(3, 4)
    for name, merge in merges():
        branch = nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True), nn.Linear(4, 4))
        quiet = copy.deepcopy(branch)
        quiet[1].inplace = False
        if isinstance(merge, SelfConcat):
            merge.dim = -1
        torch.manual_seed(0)
        block = Skip(branch, copy.deepcopy(merge))
        same = Skip(quiet, block.merge)
        assert torch.equal(block(z), same(z)), name
        with torch.inference_mode():
            assert torch.equal(block(z.clone()), same(z)), name


# ---- what multiplies a path is part of the network

FACTORS = {"lam": Add, "gamma": lambda v: Add(gamma=v), "gate": Gate, "transform": lambda v: Gate(v, 0.5), "carry": lambda v: Gate(0.5, v)}
FORMS = {"tensor": lambda: torch.rand(4), "parameter": lambda: nn.Parameter(torch.rand(4)), "module": lambda: nn.Linear(4, 4)}


def test_what_multiplies_a_path_is_stored_loaded_and_moved_with_the_network(subtests):
    for (name, make), (form, factor) in itertools.product(FACTORS.items(), FORMS.items()):
        with subtests.test(name=name, form=form):
            one, other, x = *(Skip(nn.Linear(4, 4), make(factor())) for _ in range(2)), torch.randn(3, 4)
            assert (one(x) != other(x)).any()
            other.load_state_dict(one.state_dict())
            assert torch.equal(one(x), other(x))
            assert one.double()(x.double()).dtype == torch.float64
            assert one.half()(x.half()).dtype == torch.float16
            assert one.to("meta")(x.to("meta")).device.type == "meta"
            assert {v.device.type for v in one.state_dict().values()} == {"meta"}


# ---- context


def test_context_reaches_branch_and_merge_whatever_the_merge(subtests):
    x, memory = torch.randn(3, 5, 16), torch.randn(3, 7, 16)
    for name, merge in merges():
        with subtests.test(merge=name):
            block = Skip(Attention(16), copy.deepcopy(merge))
            if isinstance(merge, SelfConcat):
                block.merge.dim = -1
            whole = block.merge(x, block.branch(x, memory))
            assert torch.equal(block(x, memory), whole)
            assert not torch.equal(block(x, memory), block(x))


# ---- the axis of the channels

AXES = {
    "Conv1d": (lambda out: nn.Conv1d(4, out, 3, padding=1), (2, 4, 10), 1),
    "Conv2d": (lambda out: nn.Conv2d(4, out, 3, padding=1), (2, 4, 10, 9), 1),
    "Conv3d": (lambda out: nn.Conv3d(4, out, 3, padding=1), (2, 4, 6, 5, 7), 1),
    "ConvTranspose1d": (lambda out: nn.ConvTranspose1d(4, out, 3, padding=1), (2, 4, 10), 1),
    "one signal": (lambda out: nn.Conv1d(4, out, 3, padding=1), (4, 10), 0),
    "one image": (lambda out: nn.Conv2d(4, out, 3, padding=1), (4, 10, 9), 0),
    "vectors": (lambda out: nn.Linear(4, out), (2, 4), 1),
    "tokens": (lambda out: nn.Linear(4, out), (2, 10, 4), 2),
    "heads": (lambda out: nn.Linear(4, out), (2, 3, 10, 4), 3),
    "chain": (lambda out: nn.Sequential(nn.ReLU(), nn.Conv1d(4, 8, 1), nn.BatchNorm1d(8), nn.ReLU(), nn.Conv1d(8, out, 1)), (2, 4, 10), 1),
}


def test_concat_joins_the_channels_that_the_branch_makes(subtests):
    for (name, (make, shape, axis)), out in itertools.product(AXES.items(), (4, 3)):
        with subtests.test(name=name, out=out):
            x, branch = torch.randn(shape), make(out)
            y = Skip(branch, "concat")(x)
            assert torch.equal(y, torch.cat([x, branch(x)], axis))


ADVISED = {
    "Conv1d with stride": (lambda: nn.Conv1d(4, 4, 3, stride=2, padding=1), (2, 4, 10), "nn.Conv1d(4, 4, 1, stride=2)"),
    "Conv1d": (lambda: nn.Conv1d(4, 6, 3, padding=1), (2, 4, 10), "nn.Conv1d(4, 6, 1)"),
    "Conv3d": (lambda: nn.Conv3d(4, 6, 3, padding=1), (2, 4, 5, 6, 8), "nn.Conv3d(4, 6, 1)"),
    "Conv3d with stride": (lambda: nn.Conv3d(4, 4, 3, (1, 2, 2), 1), (2, 4, 5, 6, 8), "nn.Conv3d(4, 4, 1, stride=(1, 2, 2))"),
    "tokens": (lambda: nn.Linear(4, 3), (2, 10, 4), "nn.Linear(4, 3)"),
    "heads": (lambda: nn.Linear(4, 6), (2, 3, 10, 4), "nn.Linear(4, 6)"),
}


def test_the_advice_fits_the_branch(subtests):
    for name, (make, shape, advice) in ADVISED.items():
        with subtests.test(name=name):
            branch, x = make(), torch.randn(shape)
            with pytest.raises(ValueError, match="needs equal shapes") as caught:
                Skip(branch, "add")(x)
            assert "shortcut=" + advice in str(caught.value)
            assert Skip(branch, "add", shortcut=eval(advice, {"nn": nn}))(x).shape == branch(x).shape
