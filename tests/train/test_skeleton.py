"""A skeleton has all of a network but its weights, and what makes two networks one is known."""

import pytest
import torch
from alone import NETS
from torch import nn

from skiplab import Skip
from skiplab.skip import Add
from skiplab.train.skeleton import materialise, need_alike, signature, to_meta


def test_what_is_materialised_is_the_network():
    for make in (*NETS.values(), lambda: nn.GRU(4, 4)):
        compare(make())


def compare(net):
    """A skeleton of the network, with its weights put in, is that network, and owns them."""
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


class Holding(nn.Linear):
    """A tensor that is no buffer."""

    def __init__(self, held):
        super().__init__(4, 4)
        self.held = held


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


def test_networks_that_differ_in_more_than_numbers_are_told_apart():
    alike = []
    for name, (one, other) in {
        "floats": (lam(0.5), lam(0.5000000001)),
        "tensors": (Holding(torch.ones(4)), Holding(torch.ones(4) + 1e-6)),
        "functions": (lam(lambda x: 1.0), lam(lambda x: 1.0)),
        "lists": (Listed(0.123456), Listed(0.123457)),
        "tensors in lists": (Listed(torch.ones(2)), Listed(torch.ones(2) + 1e-7)),
        "dicts": (Listed({"a": 1}), Listed({"a": 2})),
        "classes": (Listed(), other_class_of_the_same_name()),
        "hooks": (nn.Linear(4, 4), hooked()),
        "frozen": (nn.Linear(4, 4), halved()),
        "types": (nn.Linear(4, 4), nn.Linear(4, 4).double()),
        "shapes": (nn.Linear(4, 4), nn.Linear(4, 4, bias=False)),
        "order": (nn.Sequential(nn.Tanh(), nn.ReLU()), nn.Sequential(nn.ReLU(), nn.Tanh())),
    }.items():
        alike += [name] * (signature(one) == signature(other) or signature(one) != signature(one))
    assert not alike


def test_networks_that_differ_in_numbers_only_are_alike():
    for make in (*NETS.values(), lambda: lam(scale), lambda: lam(torch.rand(4)), lambda: Listed(1, ("a", None), [2.0])):
        nets = [make(), make(), make()]
        assert len(set(map(signature, nets))) == 1, nets[0]
        need_alike(nets)


def test_seeds_whose_networks_are_not_alike_are_refused():
    for nets, words in (
        ((lam(0.5), lam(0.25)), "of seed 1 merge.lam is another one"),
        ((lam(torch.ones(4)), lam(torch.ones(1))), "merge.lam"),
        ((Holding(torch.ones(4)), Holding(torch.zeros(4))), "held"),
        ((lam(0.5), lam(torch.ones(4))), "merge.lam"),
        ((Listed(1, 2), Listed(1, 3)), "held"),
        ((nn.Linear(2, 3), nn.Linear(2, 4)), "weight"),
        ((nn.Sequential(nn.Tanh()), nn.Sequential(nn.Tanh(), nn.Tanh())), ""),
        ((nn.Linear(2, 2), nn.ReLU()), "the network"),
    ):
        with pytest.raises(ValueError, match=f"make: expected networks that differ in .*{words}.* must be a buffer"):
            need_alike(nets)


def test_one_network_for_all_seeds_is_refused():
    net = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="make: expected a new network for every seed"):
        need_alike([net, nn.Linear(2, 2), net])


def test_seeds_may_hold_functions_and_lists_of_their_own():
    for make in (lambda: lam(lambda x: 0.5), lambda: Listed([torch.ones(2)], {"a": 1}), lambda: nn.GRU(2, 2)):
        need_alike([make(), make()])
