"""A GRU, attention and a graph are Skips with a context, and many of them go through torch at once."""

import pytest
import torch
from skips import double, equal, mlp  # noqa: F401
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

from skiplab.skip import Add, Gate, Skip


class Candidate(nn.Module):
    """What a GRU would like its new state to be."""

    def __init__(self, size, width):
        super().__init__()
        self.of_u, self.of_h = nn.Linear(size, width), nn.Linear(width, width)
        self.reset = nn.Linear(size + width, width)

    def forward(self, h, u):
        r = torch.sigmoid(self.reset(torch.cat([u, h], -1)))
        return torch.tanh(self.of_u(u) + r * self.of_h(h))


class Update(nn.Module):
    """How much of it a GRU takes."""

    def __init__(self, size, width):
        super().__init__()
        self.linear = nn.Linear(size + width, width)

    def forward(self, h, u):
        return torch.sigmoid(self.linear(torch.cat([u, h], -1)))


class Attention(nn.Module):
    """One head of attention in which a token sees those that the mask allows."""

    def __init__(self, width):
        super().__init__()
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x, mask):
        q, k, v = self.qkv(x).chunk(3, -1)
        scores = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).masked_fill(~mask, -torch.inf)
        return self.out(scores.softmax(-1) @ v)


class GraphConvolution(nn.Module):
    """Each node takes the mean of its neighbours."""

    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x, adjacency):
        return torch.relu(self.linear(adjacency @ x / adjacency.sum(-1, keepdim=True)))


def gru(size=3, width=5):
    return Skip(Candidate(size, width), Gate(Update(size, width)))


def into_torch_cell(step, size, width):
    """torch.nn.GRUCell with the weights of our step; its z is 1 - ours, so those weights change sign."""
    cell, candidate, update = nn.GRUCell(size, width), step.branch, step.merge.gate.linear
    with torch.no_grad():
        reset = candidate.reset
        cell.weight_ih.copy_(torch.cat([reset.weight[:, :size], -update.weight[:, :size], candidate.of_u.weight]))
        cell.weight_hh.copy_(torch.cat([reset.weight[:, size:], -update.weight[:, size:], candidate.of_h.weight]))
        cell.bias_ih.copy_(torch.cat([reset.bias, -update.bias, candidate.of_u.bias]))
        cell.bias_hh.copy_(torch.cat([torch.zeros(2 * width), candidate.of_h.bias]))
    return cell


def test_a_gru_step_is_a_gate_over_time():
    step, h, inputs = gru(), torch.randn(4, 5), torch.randn(20, 4, 3)
    cell, there = into_torch_cell(step, 3, 5), h
    for u in inputs:
        h, there = step(h, u), cell(u, there)
        equal(h, there)
    assert (h - step(h, inputs[0])).abs().max() > 1e-3


def test_masked_attention_is_a_branch_with_a_mask_as_context():
    block, x = Skip(Attention(6), "add"), torch.randn(2, 7, 6)
    mask = torch.ones(7, 7, dtype=torch.bool).tril()
    later = x.clone()
    later[:, 4:] += 1
    equal(block(x, mask)[:, :4], block(later, mask)[:, :4])  # no token sees a later one
    assert (block(x, mask)[:, 4:] - block(later, mask)[:, 4:] + 1).abs().max() > 1e-3
    qkv = block.branch.qkv(x).chunk(3, -1)
    equal(block(x, mask), x + block.branch.out(nn.functional.scaled_dot_product_attention(*qkv, attn_mask=mask)))


def test_a_graph_convolution_has_the_adjacency_as_context():
    block, x = Skip(GraphConvolution(6), Add(lam=0.5)), torch.randn(4, 6)
    ring = torch.eye(4) + torch.eye(4).roll(1, 0) + torch.eye(4).roll(-1, 0)
    near = torch.stack([(x[i - 1] + x[i] + x[(i + 1) % 4]) / 3 for i in range(4)])
    equal(block(x, ring), 0.5 * x + torch.relu(block.branch.linear(near)))


def test_context_reaches_branch_and_gate_alike():
    x, u = torch.randn(3, 6), torch.rand(3, 6)
    equal(Skip(lambda x, u: u, Gate(lambda x, u: u))(x, u), (1 - u) * x + u * u)
    equal(Skip(lambda x, u: x, Gate(lambda x, u: u, carry=lambda x, u: 2 * u))(x, u), 3 * u * x)


CAUSAL = torch.ones(5, 5, dtype=torch.bool).tril()
STACKED = {
    "none": (lambda: Skip(mlp(), "none"), (4, 6), ()),
    "add": (lambda: Skip(mlp(), Add(0.5, 0.3)), (4, 6), ()),
    "rezero": (lambda: Skip(mlp(), Add(gamma=nn.Parameter(torch.rand(())))), (4, 6), ()),
    "std": (lambda: Skip(mlp(), Add(gamma=lambda x: x.std(-1, keepdim=True))), (4, 6), ()),
    "concat": (lambda: Skip(mlp(), "concat"), (4, 6), ()),
    "concat of images": (lambda: Skip(nn.Conv2d(6, 2, 3, padding=1), "concat"), (2, 6, 4, 4), ()),
    "gate": (lambda: Skip(mlp(), "gate"), (4, 6), ()),
    "shortcut": (lambda: Skip(mlp(6, 3), "add", nn.Linear(6, 3)), (4, 6), ()),
    "gru": (gru, (4, 5), (torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(4, 3),)),
    "attention": (lambda: Skip(Attention(6)), (2, 5, 6), (CAUSAL,)),
    "graph": (lambda: Skip(GraphConvolution(6)), (5, 6), (CAUSAL.double(),)),
}


@pytest.mark.parametrize("name", STACKED)
def test_many_nets_at_once_equal_one_by_one(name):
    make, shape, context = STACKED[name]
    nets = [make() for _ in range(3)]
    x = torch.randn(3, *shape)
    params, buffers = stack_module_state(nets)

    def one(params, buffers, x):
        return functional_call(nets[0], (params, buffers), (x, *context))

    together = vmap(one)(params, buffers, x)
    equal(together, torch.stack([net(each, *context) for net, each in zip(nets, x, strict=True)]))
    assert (together[0] != together[1]).any()


@pytest.mark.parametrize("name", STACKED)
def test_gradients_reach_x_and_every_weight(name):
    make, shape, context = STACKED[name]
    net, x = make(), torch.randn(shape, requires_grad=True)
    net(x, *context).square().sum().backward()
    assert (x.grad != 0).all()
    for weight, p in net.named_parameters():
        assert p.grad is not None, weight
        assert (p.grad != 0).any(), weight
