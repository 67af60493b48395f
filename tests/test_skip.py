"""A skip connection is a branch and a merge: what each merge is, by its formula written by hand."""

import pytest
import torch
from skips import double, equal, mlp  # noqa: F401
from torch import nn
from torch.func import jacrev

from skiplab.skip import MERGES, Add, Concat, Gate, Plain, Skip

SHAPES = {"vectors": (3, 6), "sequences": (2, 5, 6), "images": (2, 6, 4, 4)}


def branch_for(x, out=6):
    return nn.Conv2d(6, out, 3, padding=1) if x.ndim == 4 else mlp(6, out)


def zero(x, *context):
    return torch.zeros_like(x)


@pytest.fixture(params=SHAPES.values(), ids=SHAPES.keys())
def x(request):
    return torch.randn(request.param)


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


def test_a_plain_branch_may_change_the_width():
    assert Skip(mlp(6, 2), "none")(torch.randn(5, 6)).shape == (5, 2)


def test_an_uncoupled_gate_may_be_any_number():
    x = torch.randn(5, 6)
    equal(Skip(torch.sin, Gate(2.0, carry=-1.0))(x), 2 * torch.sin(x) - x)


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


def test_x_itself_is_left_as_it_was(x):
    before = x.clone()
    for merge in (Add(0.5, 0.5), Concat(), Gate(0.5), Plain()):
        Skip(branch_for(x), merge)(x)
    assert (x == before).all()
