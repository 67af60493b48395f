"""What readers answer to the exercises of notebook 09: right answers in many forms, and mistakes with words of their hints."""

import copy

import torch

from skiplab import Add, Gate, Skip
from skiplab.nets import residual

FIRST, LAST = ("0.weight", "0.bias"), ("2.weight", "2.bias")  # the layers of a branch


def with_block(net, zero, merge="add", first=False, learns=True, size=0.0):
    """The net with one block more, at the end or `first`, in whose branch the parameters named in `zero` are 0, or `size`."""
    block = residual.block(32, merge)
    for name in zero:
        torch.nn.init.constant_(block[0].branch.get_parameter(name), size)
    net.blocks.insert(0 if first else len(net.blocks), block.requires_grad_(learns))
    return net


def with_layer(net):
    """The net with one block more, of a single linear layer that is 0."""
    layer = torch.nn.Linear(32, 32)
    for weight in layer.parameters():
        torch.nn.init.zeros_(weight)
    net.blocks.append(Skip(layer))
    return net


def built_anew(net):
    """A deeper network, with the weights of the first; its last block ends in zeros."""
    deeper = residual.mlp(64, 10, 2 * len(net.blocks) + 4, init="fixup")
    deeper.load_state_dict(net.state_dict(), strict=False)
    return deeper


def forgotten(net):
    """A deeper network with the weights of the first, but for its biases."""
    deeper = residual.mlp(64, 10, 2 * len(net.blocks) + 4, init="fixup")
    deeper.load_state_dict({name: weight for name, weight in net.state_dict().items() if "bias" not in name}, strict=False)
    return deeper


def with_the_rest_frozen(net):
    """The net with one block more, the only one that can learn."""
    return with_block(net.requires_grad_(False), LAST)


def with_nothing(net):
    net.blocks.append(torch.nn.Identity())
    return net


def with_two(net):
    return with_block(with_block(net, LAST), LAST)


class ReZero(torch.nn.Module):
    """x + γ branch(x), or what else is made of the three."""

    def __init__(self, branch, gamma=0.0, add=lambda x, gamma, new: x + gamma * new, shape=(), learns=True):
        super().__init__()
        self.branch, self.add = branch, add
        self.gamma = torch.nn.Parameter(torch.full(shape, gamma), requires_grad=learns)

    def forward(self, x):
        return self.add(x, self.gamma, self.branch(x))


class Fixed(torch.nn.Module):
    """γ is 0, and stays so; or the branch is kept where no optimiser finds it."""

    def __init__(self, branch, hidden=False):
        super().__init__()
        self.branch = [branch] if hidden else branch
        self.gamma = torch.nn.Parameter(torch.zeros(())) if hidden else 0.0

    def forward(self, x):
        branch = self.branch[0] if isinstance(self.branch, list) else self.branch
        return x + self.gamma * branch(x)


def started(net, where=lambda net: net.blocks, weight=torch.nn.init.eye_, bias=torch.nn.init.zeros_, learns=True):
    """The net with that start for the matrices and biases of the layers there."""
    for layer in where(net).modules():
        if isinstance(layer, torch.nn.Linear):
            weight(layer.weight)
            bias(layer.bias)
            layer.requires_grad_(learns)
    return net


def kept(weight):
    """No start at all."""


def in_a_loop(net):
    with torch.no_grad():
        for block in net.blocks:
            for layer in (block[0].branch[0], block[0].branch[2]):
                layer.weight.copy_(torch.eye(32))
                layer.bias.zero_()
    return net


def loaded(net):
    """Another network from I, with this one's stem and head."""
    other = residual.mlp(64, 10, 2 * len(net.blocks) + 2, merge="none", init="identity")
    other.stem, other.head = net.stem, net.head
    return other


RIGHT = {
    "09-a": [lambda net: with_block(net, LAST), lambda net: with_block(net, LAST, first=True), with_layer, with_the_rest_frozen,
             lambda net: with_block(copy.deepcopy(net), LAST), lambda net: with_block(net, (*LAST, "0.weight")), built_anew,
             lambda net: with_block(net, (), Add(gamma=torch.nn.Parameter(torch.zeros(()))))],
    "09-b": [ReZero, lambda branch: ReZero(branch, shape=(1,)), lambda branch: ReZero(copy.deepcopy(branch)),
             lambda branch: Skip(branch, Add(gamma=torch.nn.Parameter(torch.zeros(()))))],
    "09-c": [started, in_a_loop, loaded, lambda net: started(copy.deepcopy(net))],
}  # fmt: skip

WRONG = {
    "09-a": [
        (lambda net: net, "4 blocks"),
        (with_two, "4 blocks"),
        (lambda net: net.blocks, "4 blocks"),
        (lambda net: residual.block(32), "4 blocks"),
        (lambda net: residual.mlp(64, 10, 10), "output changed"),
        (lambda net: with_block(net, ()), "output changed"),
        (lambda net: with_block(net, LAST, size=1e-7), "output changed"),
        (lambda net: with_block(net, FIRST), "output changed"),
        (lambda net: with_block(net, (), Add(gamma=1e-6)), "output changed"),
        (lambda net: with_block(net, (*FIRST, "2.weight")), "output changed"),
        (lambda net: with_block(net, LAST, Gate(0.5)), "output changed"),
        (forgotten, "output changed"),
        (lambda net: built_anew(net) if len(net.blocks) == 3 else net, "2 blocks"),
        (lambda net: with_block(net, (), Add(gamma=0.0)), "never learn"),
        (lambda net: with_block(net, (), Add(gamma=0.0), first=True), "never learn"),
        (lambda net: with_block(net, (), Gate(0.0)), "never learn"),
        (lambda net: with_block(net, LAST, learns=False), "never learn"),
        (with_nothing, "never learn"),
        (lambda net: with_block(net, (*FIRST, *LAST)), "Only a bias"),
        (lambda net: with_block(net, (*FIRST, *LAST), first=True), "Only a bias"),
        (lambda net: with_block(net, (*FIRST, "2.bias", "2.weight")), "Only a bias"),
        (lambda net: net.blocks.append(residual.block(32)) and None, "is a return missing"),
        (lambda: residual.block(32), "TypeError"),
        (residual.mlp(64, 10, 10), "stopped with"),
        (4, "Give a function deeper(net) -> net."),
    ],
    "09-b": [
        (lambda branch: branch, "should compute x, exactly"),
        (lambda branch: ReZero(branch, 1.0), "should compute x, exactly"),
        (lambda branch: ReZero(branch, 1e-3), "should compute x, exactly"),
        (lambda branch: ReZero(branch, add=lambda x, gamma, new: gamma * new), "should compute x, exactly"),
        (lambda branch: ReZero(branch, add=lambda x, gamma, new: torch.relu(x + gamma * new)), "should compute x, exactly"),
        (lambda branch: Skip(branch, Gate(0.5)), "should compute x, exactly"),
        (Fixed, "one learned number of its own, an nn.Parameter; it has 0"),
        (lambda branch: Skip(branch, Add(gamma=0.0)), "it has 0"),
        (lambda branch: ReZero(branch, learns=False), "it has 0"),
        (lambda branch: ReZero(branch, shape=(4,)) if branch[0].in_features == 4 else ReZero(branch), "it has 0"),
        (lambda branch: Fixed(branch, hidden=True), "no part of your module that can learn"),
        (lambda branch: torch.nn.Identity(), "no part of your module that can learn"),
        (lambda branch: ReZero(branch, add=lambda x, gamma, new: (1 - gamma) * x + gamma * new), "With γ at 0.5"),
        (lambda branch: ReZero(branch, add=lambda x, gamma, new: x + gamma**2 * new), "With γ at 0.5"),
        (lambda branch: ReZero(branch, add=lambda x, gamma, new: x - gamma * new), "With γ at 0.5"),
        (lambda branch: ReZero, "this is the class ReZero."),
        (lambda branch: lambda x: x, "this is of type function."),
        (lambda branch: None, "is a return missing"),
        (lambda: None, "TypeError"),
        (0.0, "Give a function ReZero(branch) -> module."),
    ],
    "09-c": [
        (lambda net: started(net, lambda net: net), "over which layers does the loop go"),
        (lambda net: started(net, lambda net: net, bias=kept), "over which layers does the loop go"),
        (lambda net: started(started(net), lambda net: net.head), "over which layers does the loop go"),
        (lambda net: started(started(net), lambda net: net.stem), "over which layers does the loop go"),
        (lambda net: residual.mlp(64, 10, 2 * len(net.blocks) + 2, merge="none", init="identity"), "over which layers"),
        (lambda net: started(net, bias=kept), "What is left besides their matrices"),
        (lambda net: started(net, weight=kept), "do not yet hand on what they get"),
        (lambda net: started(net, weight=torch.nn.init.zeros_), "do not yet hand on what they get"),
        (lambda net: started(net, weight=torch.nn.init.ones_), "do not yet hand on what they get"),
        (lambda net: started(net, lambda net: net.blocks[0]), "do not yet hand on what they get"),
        (lambda net: started(net, bias=torch.nn.init.ones_), "do not yet hand on what they get"),
        (lambda net: net, "do not yet hand on what they get"),
        (lambda net: started(net, learns=False), "able to learn"),
        (lambda net: started(net).blocks, "Return the network"),
        (lambda net: residual.mlp(64, 10, 12, merge="none", init="identity"), "Return the network"),
        (lambda net: started(net) and None, "is a return missing"),
        (lambda net: 1 / 0, "ZeroDivisionError"),
        (residual.mlp(64, 10, 8), "stopped with"),
        (3, "Give a function mended_start(net) -> net."),
    ],
}  # fmt: skip
