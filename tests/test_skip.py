"""A skip connection is a branch and a merge: each architecture's formula, written by hand, equals the same Skip."""

import itertools
import re

import pytest
import torch
from torch import nn
from torch.func import functional_call, jacrev, stack_module_state, vmap

from skiplab.skip import MERGES, Add, Concat, Gate, Plain, Skip

NAN, INF = float("nan"), float("inf")
SHAPES = {"vectors": (3, 6), "sequences": (2, 5, 6), "images": (2, 6, 4, 4)}


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


def branch_for(x, out=6):
    return nn.Conv2d(6, out, 3, padding=1) if x.ndim == 4 else mlp(6, out)


def zero(x, *context):
    return torch.zeros_like(x)


@pytest.fixture(params=SHAPES.values(), ids=SHAPES.keys())
def x(request):
    return torch.randn(request.param)


# ---- what each merge is


def test_add_of_a_zero_branch_is_the_identity(x):
    assert (Skip(zero, "add")(x) == x).all()


def test_a_shut_gate_is_the_identity_and_an_open_one_the_branch(x):
    branch = branch_for(x)
    assert (Skip(branch, Gate(0.0))(x) == x).all()
    assert (Skip(branch, Gate(1.0))(x) == branch(x)).all()
    equal(Skip(branch, Gate(0.25))(x), 0.75 * x + 0.25 * branch(x))


def test_an_uncoupled_gate_that_carries_and_transforms_all_is_add(x):
    branch = branch_for(x)
    assert (Skip(branch, Gate(1.0, carry=1.0))(x) == Skip(branch, "add")(x)).all()
    equal(Skip(branch, Gate(0.3, carry=0.9))(x), 0.9 * x + 0.3 * branch(x))


def test_a_coupled_gate_is_the_uncoupled_one_that_carries_the_rest(x):
    branch = branch_for(x)
    equal(Skip(branch, Gate(0.3))(x), Skip(branch, Gate(0.3, carry=0.7))(x))


@pytest.mark.parametrize("out", [6, 2])
def test_the_first_channels_of_concat_are_x(x, out):
    branch = branch_for(x, out)
    y = Skip(branch, "concat")(x)
    axis = 1 if x.ndim == 4 else -1
    assert y.shape[axis] == 6 + out
    assert (y.narrow(axis, 0, 6) == x).all()
    assert (y.narrow(axis, 6, out) == branch(x)).all()


def test_concat_grows_the_axis_it_is_told():
    x = torch.randn(2, 6, 5)
    assert Skip(nn.Conv1d(6, 4, 3, padding=1), Concat(dim=1))(x).shape == (2, 10, 5)
    assert Skip(lambda x: x[:, :, :2], Concat())(x).shape == (2, 6, 7)


def test_none_is_the_branch(x):
    branch = branch_for(x)
    assert (Skip(branch, "none")(x) == branch(x)).all()


def test_add_is_lambda_x_plus_gamma_f(x):
    branch = branch_for(x)
    equal(Skip(branch, Add(lam=0.7, gamma=-0.4))(x), 0.7 * x - 0.4 * branch(x))
    assert (Skip(branch, Add(lam=0))(x) == Skip(branch, "none")(x)).all()
    assert (Skip(branch, Add(gamma=0))(x) == x).all()


def test_the_jacobian_of_add_is_lambda_identity_plus_gamma_jacobian_of_f(subtests):
    for lam, gamma in [(1, 1), (0.3, 2.0), (0, 1), (1, 0)]:
        with subtests.test(lam=lam, gamma=gamma):
            branch, x = mlp(), torch.randn(6)
            equal(jacrev(Skip(branch, Add(lam, gamma)))(x), lam * torch.eye(6) + gamma * jacrev(branch)(x))


def test_the_jacobian_of_a_chain_is_the_product_of_its_blocks():
    first, second, x = Skip(mlp()), Skip(mlp(), Add(lam=0.5)), torch.randn(6)
    chain = nn.Sequential(first, second)
    equal(jacrev(chain)(x), jacrev(second)(first(x)) @ jacrev(first)(x))


def test_one_channel_each_is_a_number_a_tensor_or_a_function_of_x():
    branch, x, scale = mlp(), torch.randn(4, 6), torch.linspace(0, 1, 6)
    equal(Skip(branch, Add(gamma=scale))(x), x + scale * branch(x))
    equal(Skip(branch, Add(lam=scale))(x), scale * x + branch(x))
    grown = Add(gamma=lambda x: x.std(-1, keepdim=True))
    equal(Skip(branch, grown)(x), x + x.std(-1, keepdim=True) * branch(x))
    equal(Skip(branch, grown)(3 * x) - 3 * x, 3 * x.std(-1, keepdim=True) * branch(3 * x))


def test_rezero_is_the_identity_whose_branch_has_no_gradient_at_the_first_step():
    block = Skip(mlp(), Add(gamma=nn.Parameter(torch.zeros(()))))
    x = torch.randn(5, 6)
    assert (block(x) == x).all()
    assert "merge.gamma" in dict(block.named_parameters())
    optimizer = torch.optim.SGD(block.parameters(), lr=0.1)
    before = [p.detach().clone() for p in block.branch.parameters()]
    block(x).square().sum().backward()
    assert all((p.grad == 0).all() for p in block.branch.parameters())
    assert block.merge.gamma.grad != 0
    optimizer.step()
    assert all((p == q).all() for p, q in zip(block.branch.parameters(), before, strict=True))
    optimizer.zero_grad()
    block(x).square().sum().backward()
    assert all((p.grad != 0).any() for p in block.branch.parameters())


def test_a_shortcut_projects_x_on_its_way_past_the_branch():
    x, branch, shortcut = torch.randn(3, 6), mlp(6, 4), nn.Linear(6, 4)
    equal(Skip(branch, "add", shortcut)(x), shortcut(x) + branch(x))
    equal(Skip(branch, "concat", shortcut)(x), torch.cat([shortcut(x), branch(x)], -1))
    equal(Skip(branch, Gate(0.2), lambda x: x[:, :4])(x), 0.8 * x[:, :4] + 0.2 * branch(x))
    halve = Skip(nn.Conv2d(6, 8, 3, 2, 1), "add", nn.Conv2d(6, 8, 1, 2))
    assert halve(torch.randn(1, 6, 7, 7)).shape == (1, 8, 4, 4)


def test_a_highway_layer():
    block, x = Skip(mlp(), "gate"), torch.randn(3, 6)
    linear = block.merge.gate[0]
    assert (linear.bias == -2).all()
    z = torch.sigmoid(x @ linear.weight.T + linear.bias)
    equal(block(x), (1 - z) * x + z * block.branch(x))
    assert set(dict(block.named_parameters())) >= {"merge.gate.0.weight", "merge.gate.0.bias"}
    assert (Gate.linear(6, bias=-60.0)(x, block.branch(x)) - x).abs().max() < 1e-20


def test_a_user_made_merge_needs_forward_and_grows():
    class Product(nn.Module):
        grows = False

        def forward(self, x, new, *context):
            return x * new

    x, branch = torch.randn(3, 6), mlp()
    equal(Skip(branch, Product())(x), x * branch(x))

    class Louder:
        grows = False

        def __call__(self, x, new, volume):
            return x + volume * new

    equal(Skip(lambda x, volume: branch(x), Louder())(x, 3.0), x + 3 * branch(x))


def test_only_concat_grows():
    assert [merge.grows for merge in (Plain(), Add(), Concat(), Gate(0.5))] == [False, False, True, False]
    assert {"none", "add", "concat", "gate"} <= set(MERGES)


# ---- with context: a GRU, attention, a graph


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
        scores = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).masked_fill(~mask, -INF)
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


# ---- what does not fit


ADVICE = re.compile(r"shortcut=(nn\.\w+\((?:[^()]|\([^()]*\))*\))")
MISFITS = {
    "wider vectors": (lambda: nn.Linear(6, 9), (2, 6), True),
    "narrower sequences": (lambda: nn.Linear(6, 3), (2, 5, 6), True),
    "more channels": (lambda: nn.Conv2d(6, 8, 3, padding=1), (2, 6, 8, 8), True),
    "half as large": (lambda: nn.Conv2d(6, 8, 3, stride=2, padding=1), (2, 6, 8, 8), True),
    "half of an odd size": (lambda: nn.Conv2d(6, 6, 3, stride=2, padding=1), (2, 6, 9, 9), True),
    "a quarter": (lambda: nn.AvgPool2d(4), (2, 6, 16, 16), True),
    "no padding": (lambda: nn.Conv2d(6, 6, 3), (2, 6, 8, 8), False),
    "no padding, a third": (lambda: nn.Conv2d(6, 8, 3, stride=3), (2, 6, 10, 10), False),
    "twice as large": (lambda: nn.Upsample(scale_factor=2), (2, 6, 4, 4), False),
    "half as wide": (lambda: nn.Conv2d(6, 8, 3, stride=(1, 2), padding=1), (2, 6, 8, 8), False),
    "pixels as features": (lambda: nn.Linear(8, 6), (2, 6, 8, 8), False),
    "channels of a signal": (lambda: nn.Conv1d(6, 8, 3, padding=1), (2, 6, 10), False),
    "one axis less": (lambda: nn.Flatten(), (2, 6, 5), False),
}


def test_misfits_are_told_both_shapes_and_the_advice_works(subtests):
    for (name, (make, shape, easy)), merge in itertools.product(MISFITS.items(), (Add(), Gate(0.5))):
        with subtests.test(name=name, merge=merge):
            branch, x = make(), torch.randn(shape)
            text = refusal(ValueError, Skip(branch, merge), x)
            assert str(tuple(shape)) in text
            assert str(tuple(branch(x).shape)) in text
            advised = ADVICE.findall(text)
            assert advised or ("shortcut" in text and not easy)
            for line in advised:
                assert Skip(branch, merge, shortcut=eval(line, {"nn": nn}))(x).shape == branch(x).shape
            for other in re.findall(r"merge='(\w+)'", text):
                Skip(branch, other)(x)


FACTORS = {
    "lam": lambda factor: Add(lam=factor),
    "gamma": lambda factor: Add(gamma=factor),
    "gate": lambda factor: Gate(factor),
    "transform": lambda factor: Gate(factor, carry=0.5),
    "carry": lambda factor: Gate(0.5, carry=factor),
}


def test_a_factor_that_would_change_the_shape_is_refused_by_name(subtests):
    shapes = (4, 1, 1), (7, 5, 6), (1, 5, 6), (3,), (2, 6), (5, 2)
    forms = {"tensor": lambda f: f, "function": lambda f: lambda x, *context: f}
    for name, shape, form in itertools.product(FACTORS, shapes, forms):
        with subtests.test(name=name, shape=shape, form=form):
            block = Skip(mlp(), FACTORS[name](forms[form](torch.rand(shape))))
            text = refusal(ValueError, block, torch.randn(5, 6))
            assert {"transform": "gate"}.get(name, name) + ": " in text
            assert "'add'" in text or "'gate'" in text
            assert "(5, 6)" in text
            assert text.endswith(f"got shape {shape}.")


def test_a_factor_that_keeps_the_shape_is_taken(subtests):
    for name, shape in itertools.product(FACTORS, [(), (1,), (6,), (5, 1), (1, 6), (5, 6)]):
        with subtests.test(name=name, shape=shape):
            factor, x = torch.rand(shape), torch.randn(5, 6)
            whole = FACTORS[name](factor.expand(5, 6).clone())
            equal(Skip(torch.sin, FACTORS[name](factor))(x), Skip(torch.sin, whole)(x))
            assert Skip(torch.sin, FACTORS[name](factor.to("meta")))(x.to("meta")).shape == (5, 6)
            many = vmap(lambda factor, x, make=FACTORS[name]: Skip(torch.sin, make(factor))(x))
            equal(many(factor.expand(3, *shape), x.expand(3, 5, 6)), Skip(torch.sin, whole)(x).expand(3, 5, 6))


def test_a_function_of_x_must_give_numbers(subtests):
    for given in ["a", None, (1, 2)]:
        with subtests.test(given=given):
            text = refusal(TypeError, Skip(mlp(), Add(gamma=lambda x, given=given: given)), torch.randn(5, 6))
            assert "gamma: " in text
            assert repr(given) in text


def test_a_branch_that_gives_no_tensor_is_told_what_it_gave(subtests):
    for merge, given in itertools.product((Plain(), Add(), Concat(), Gate(0.5)), (None, 3.0, (torch.ones(2), 1))):
        with subtests.test(merge=merge, given=given):
            text = refusal(TypeError, Skip(lambda x, given=given: given, merge), torch.randn(5, 6))
            assert text.startswith("branch: expected a torch.Tensor, got ")
            assert type(given).__name__ in text


def test_a_shortcut_that_gives_no_tensor_is_told_so():
    text = refusal(TypeError, lambda: Skip(mlp(), "add", shortcut=lambda x: None)(torch.randn(5, 6)))
    assert text.startswith("shortcut: expected a torch.Tensor, got None")


def test_a_plain_branch_may_change_the_width():
    assert Skip(mlp(6, 2), "none")(torch.randn(5, 6)).shape == (5, 2)


def test_an_uncoupled_gate_may_be_any_number():
    x = torch.randn(5, 6)
    equal(Skip(torch.sin, Gate(2.0, carry=-1.0))(x), 2 * torch.sin(x) - x)


def test_concat_of_what_does_not_fit_names_the_axis_and_both_shapes():
    text = refusal(ValueError, lambda: Skip(nn.Conv2d(6, 4, 3), "concat")(torch.randn(2, 6, 8, 8)))
    assert "axis 1" in text
    assert "(2, 6, 8, 8)" in text
    assert "(2, 4, 6, 6)" in text
    assert "Crop or pad" in text
    assert Skip(nn.Conv2d(6, 4, 3), "concat", shortcut=nn.ZeroPad2d(-1))(torch.randn(2, 6, 8, 8)).shape == (2, 10, 6, 6)
    refusal(ValueError, lambda: Skip(nn.Flatten(), "concat")(torch.randn(2, 6, 5)))
    refusal(ValueError, lambda: Skip(mlp(), Concat(dim=7))(torch.randn(2, 6)))


def test_what_cannot_be_a_skip_says_why(subtests):
    for call, kind, said in [
        (lambda: Skip(mlp(), "ad"), ValueError, ("merge: ", "'none', 'add', 'concat', 'gate'", "'ad'")),
        (lambda: Skip(mlp(), None), TypeError, ("merge: ", "'none', 'add', 'concat', 'gate'", "None")),
        (lambda: Skip(mlp(), 3), TypeError, ("merge: ", "'none', 'add', 'concat', 'gate'", "3")),
        (lambda: Skip(mlp(), torch.add), TypeError, ("merge: ", "'none', 'add', 'concat', 'gate'")),
        (lambda: Skip(mlp(), Add), TypeError, ("merge: ", "Add(")),
        (lambda: Skip(3), TypeError, ("branch: ", "function of x", "3 (int)")),
        (lambda: Skip("relu"), TypeError, ("branch: ", "function of x", "'relu' (str)")),
        (lambda: Skip(mlp(), shortcut=3), TypeError, ("shortcut: ", "function of x", "3 (int)")),
        (lambda: Add(lam=NAN), ValueError, ("lam: ", "finite", "nan")),
        (lambda: Add(gamma=INF), ValueError, ("gamma: ", "finite", "inf")),
        (lambda: Add(lam=True), TypeError, ("lam: ", "number", "True (bool)")),
        (lambda: Add(gamma="1"), TypeError, ("gamma: ", "number", "'1' (str)")),
        (lambda: Add(lam=None), TypeError, ("lam: ", "number", "None")),
        (lambda: Add(gamma=1j), TypeError, ("gamma: ", "number", "1j")),
        (lambda: Gate(NAN), ValueError, ("gate: ", "finite", "nan")),
        (lambda: Gate(False), TypeError, ("gate: ", "number", "False")),
        (lambda: Gate(5), ValueError, ("gate: ", "from 0 to 1", "5 (int)")),
        (lambda: Gate(-1.0), ValueError, ("gate: ", "from 0 to 1", "-1.0 (float)")),
        (lambda: Gate.linear(-3), ValueError, ("width: ", "from 1 to", "-3 (int)")),
        (lambda: Gate.linear(0), ValueError, ("width: ", "from 1 to", "0 (int)")),
        (lambda: Gate.linear("a"), TypeError, ("width: ", "from 1 to", "'a' (str)")),
        (lambda: Gate.linear(6, bias="a"), TypeError, ("bias: ", "number", "'a' (str)")),
        (lambda: Gate(0.5, carry="all"), TypeError, ("carry: ", "number", "'all'")),
        (lambda: Concat(dim=True), TypeError, ("dim: ", "whole number", "True")),
        (lambda: Concat(dim=1.0), TypeError, ("dim: ", "whole number", "1.0")),
    ]:
        with subtests.test(kind=kind, said=said):
            text = refusal(kind, call)
            assert text.startswith(said[0])
            for words in said:
                assert words in text


def test_a_gate_by_name_is_as_wide_as_the_last_linear_layer_and_else_says_what_to_do():
    assert Skip(mlp(6, 6), "gate").merge.gate[0].weight.shape == (6, 6)
    assert Skip(nn.Linear(6, 6), "gate")(torch.randn(2, 6)).shape == (2, 6)
    for branch in (torch.tanh, nn.Tanh(), nn.Conv2d(3, 3, 1)):
        text = refusal(ValueError, lambda branch=branch: Skip(branch, "gate"))
        assert "Gate.linear(width)" in text
        assert "Gate(module)" in text
    assert Skip(torch.tanh, Gate.linear(6))(torch.randn(2, 6)).shape == (2, 6)


def test_printing_shows_the_strength_and_the_scale():
    assert "Add(lam=0.5, gamma=2)" in repr(Skip(mlp(), Add(0.5, 2)))
    assert "Add(lam=1, gamma=learned)" in repr(Skip(mlp(), Add(gamma=nn.Parameter(torch.zeros(())))))
    assert "Gate(gate=0.3, carry=1)" in repr(Skip(mlp(), Gate(0.3, carry=1)))
    assert "Concat(dim=1)" in repr(Skip(mlp(), Concat(dim=1)))
    assert "Plain()" in repr(Skip(mlp(), "none"))


def test_weights_can_be_stored_and_loaded():
    def make():
        return Skip(Skip(mlp(), "gate"), Add(gamma=nn.Parameter(torch.rand(()))), shortcut=nn.Linear(6, 6))

    old, new, x = make(), make(), torch.randn(2, 6)
    assert (old(x) != new(x)).any()
    new.load_state_dict(old.state_dict())
    assert (old(x) == new(x)).all()


@pytest.mark.parametrize("name", STACKED)
def test_gradients_reach_x_and_every_weight(name):
    make, shape, context = STACKED[name]
    net, x = make(), torch.randn(shape, requires_grad=True)
    net(x, *context).square().sum().backward()
    assert (x.grad != 0).all()
    for weight, p in net.named_parameters():
        assert p.grad is not None, weight
        assert (p.grad != 0).any(), weight


def test_x_itself_is_left_as_it_was(x):
    before = x.clone()
    for merge in (Add(0.5, 0.5), Concat(), Gate(0.5), Plain()):
        Skip(branch_for(x), merge)(x)
    assert (x == before).all()


def refusal(kind, call, *given):
    with pytest.raises(kind) as caught:
        call(*given)
    assert caught.type is kind
    return str(caught.value)
