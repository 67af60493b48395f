"""A skeleton has all of a network but its weights, and what makes two networks one is known."""

import copy

import pytest
import torch
from alone import NETS
from torch import nn

from skiplab import Skip
from skiplab.skip import Add
from skiplab.train.skeleton import is_random, materialise, need_alike, signature, to_meta


@pytest.mark.parametrize("make", [*NETS.values(), lambda: nn.GRU(4, 4)], ids=[*NETS, "gru"])
def test_what_is_poured_is_the_network(make):
    net = make()
    skeleton = to_meta(net)
    assert {v.device.type for v in (*skeleton.parameters(), *skeleton.buffers())} == {"meta"}
    values = dict(net.named_parameters()) | dict(net.named_buffers())
    again = materialise(skeleton, {name: v.detach() for name, v in values.items()})
    x = torch.randn(5, 4)
    assert torch.equal(torch.as_tensor(again(x)[0]), torch.as_tensor(net(x)[0]))
    assert len(list(again.parameters())) == len(list(net.parameters()))
    with torch.no_grad():
        for p in again.parameters():
            p.zero_()
    assert all(p.any() for p in net.parameters() if p.ndim > 1)


def lam(value):
    return Skip(nn.Linear(4, 4), Add(value))


class Listed(nn.Module):
    def __init__(self, *held):
        super().__init__()
        self.layer, self.held = nn.Linear(2, 2), held


def hooked():
    net = nn.Linear(4, 4)
    net.register_forward_hook(lambda *args: None)
    return net


def other_class_of_the_same_name():
    return type("Listed", (Listed,), {})()


def scale(x):
    return 0.5


def halved():
    net = nn.Linear(4, 4)
    net.bias.requires_grad_(False)
    return net


UNLIKE = {
    "floats": (lam(0.5), lam(0.5000000001)),
    "tensors": (lam(torch.ones(4)), lam(torch.ones(4))),
    "functions": (lam(lambda x: 1.0), lam(lambda x: 1.0)),
    "lists": (Listed(0.123456), Listed(0.123457)),
    "tensors in lists": (Listed(torch.ones(2)), Listed(torch.ones(2) + 1e-7)),
    "dicts": (Listed({"a": 1}), Listed({"a": 2})),
    "classes": (Listed(), other_class_of_the_same_name()),
    "hooks": (nn.Linear(4, 4), hooked()),
    "frozen": (nn.Linear(4, 4), halved()),
    "types": (nn.Linear(4, 4), nn.Linear(4, 4).double()),
    "shapes": (nn.Linear(4, 4), nn.Linear(4, 4, bias=False)),
}


@pytest.mark.parametrize("pair", UNLIKE)
def test_networks_that_differ_in_more_than_numbers_are_told_apart(pair):
    one, other = UNLIKE[pair]
    assert signature(one) != signature(other)
    assert signature(one) == signature(one)


@pytest.mark.parametrize("make", [*NETS.values(), lambda: lam(scale), lambda: Listed(1, ("a", None), {"b": 2.0})])
def test_networks_that_differ_in_numbers_only_are_alike(make):
    nets = [make(), make(), make()]
    assert len(set(map(signature, nets))) == 1
    need_alike(nets)


def closing(value):
    return lam(lambda x: value)


SEEDS = {
    "floats": ((lam(0.5), lam(0.25)), "merge.lam is not the same for every seed"),
    "tensors": ((lam(torch.ones(4)), lam(torch.zeros(4))), "merge.lam"),
    "long tensors": ((lam(torch.ones(4)), lam(torch.ones(1))), "merge.lam"),
    "closures": ((closing(0.5), closing(0.25)), "merge.lam"),
    "kinds": ((lam(0.5), lam(torch.ones(4))), "merge.lam"),
    "lists": ((Listed(1, 2), Listed(1, 3)), "held is not the same"),
    "dicts": ((Listed({"a": 1}), Listed({"a": 2})), "held is not the same"),
    "shapes": ((nn.Linear(2, 3), nn.Linear(2, 4)), r"number 1 differs from the first: weight \(4, 2\) and weight \(3, 2\)"),
    "depths": ((nn.Sequential(nn.Tanh()), nn.Sequential(nn.Tanh(), nn.Tanh())), "3 and 2 modules"),
}


@pytest.mark.parametrize("case", SEEDS)
def test_seeds_whose_networks_are_not_alike_are_refused(case):
    nets, words = SEEDS[case]
    with pytest.raises(ValueError, match=f"make: expected networks .*{words}"):
        need_alike(nets)


def test_one_network_for_all_seeds_is_refused():
    net = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="make: expected a new network for every seed"):
        need_alike([net, nn.Linear(2, 2), net])


@pytest.mark.parametrize(
    "make", [lambda: closing(0.5), lambda: lam(torch.ones(4)), lambda: Listed({"a": [torch.ones(2)]}), lambda: nn.GRU(2, 2)]
)
def test_seeds_with_equal_constants_are_alike(make):
    need_alike([make(), make()])


@pytest.mark.parametrize(
    ("net", "random"),
    [
        (nn.Linear(2, 2), False),
        (nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.1)), True),
        (nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.0)), False),
        (nn.MultiheadAttention(4, 2, dropout=0.1), True),
        (nn.MultiheadAttention(4, 2), False),
        (nn.GRU(2, 2, 2, dropout=0.5), True),
    ],
)
def test_dropout_is_known(net, random):
    assert is_random(net) is random
    assert is_random(copy.deepcopy(net).eval()) is random
