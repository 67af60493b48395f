"""A gradient passes a stack as the product of its blocks' Jacobians, whatever the merge, the norm and the number of seeds."""

import itertools

import numpy as np
import pytest
import torch

from skiplab.probe import transformer as tokens
from skiplab.probe.stack import GROWTH, Branch, Config, branch_norms, drop_a_block, inputs, shattering, singular_values, sizes, stack
from skiplab.theory import bounds

LINEAR = {"activation": "linear", "init": "haar"}
SETTINGS = [
    Config("none"),
    Config("add", 0.9, init="he", gamma="1/√L"),
    Config("concat", init="orthogonal"),
    Config("gate", activation="tanh", init="he"),
    Config("add", init="he", norm="layer"),
    Config("none", init="he", norm="batch"),
]


def test_many_depths_at_once_are_single_nets_one_by_one(subtests):
    """Depths 2, 3, 5 with 3 seeds against plain autograd through each net alone."""
    for setting in SETTINGS:
        with subtests.test(setting=setting):
            found = sizes(setting, [5, 2, 3], seeds=3, width=16, batch=4)
            assert found.depths.tolist() == [2, 3, 5]
            for n, depth in enumerate(found.depths):
                states = [inputs(3, 16, 4).unsqueeze(1).requires_grad_()]
                for block in stack(setting, np.array([depth]), 3, 16):
                    states.append(block(states[-1]))
                heads = torch.randn(3, 1, states[-1].shape[-1], generator=torch.Generator().manual_seed(3), dtype=torch.float64)
                gradients = torch.autograd.grad((states[-1][:, 0] * heads).sum(), states)
                for logs, values, base in ((found.gradient, gradients, -1), (found.activation, states, 0)):
                    norms = np.array([v.detach().flatten(1).norm(dim=1).numpy() for v in values])  # (depth + 1, seeds)
                    assert np.allclose(logs[:, n, : depth + 1].T, np.log10(norms / norms[base]), atol=1e-9)
                    assert np.isnan(logs[:, n, depth + 1 :]).all()


def test_one_depth_is_a_list_of_one():
    one, listed = (sizes(Config(), depths, seeds=2, width=4, batch=2) for depths in (3, [3]))
    assert np.array_equal(one.gradient, listed.gradient)


def test_plain_rotations_of_size_rho_leave_rho_to_the_depth():
    found = sizes(Config("none", rho=0.3, **LINEAR), [1, 24, 100])
    for n, depth in enumerate(found.depths):
        assert np.allclose(found.gradient[:, n, 0], bounds.highway(0.3, int(depth)), atol=1e-8)


def test_bounds_are_never_broken(subtests):
    for rho, lam in itertools.product([0.05, 0.5, 1.5], [1.0, 0.6]):
        with subtests.test(rho=rho, lam=lam):
            values = np.log10(singular_values(Config("add", lam, rho=rho, **LINEAR), 12, seeds=4, width=16))
            low, high = bounds.skip_bounds(rho, 12, lam)
            assert (values > low).all()
            assert (values < high).all()


def test_branch_norms_are_the_largest_singular_values():
    assert np.allclose(branch_norms(Config("add", rho=0.2, **LINEAR), 5, seeds=2, width=16), 0.2, rtol=1e-5)
    weights = torch.stack([block.branch.weight[:, :, :] for block in stack(Config("none", init="he", activation="linear"), [4], 2, 16)])
    truth = torch.linalg.matrix_norm(weights, 2).T.detach().numpy()
    assert np.allclose(branch_norms(Config("none", init="he", activation="linear"), 4, seeds=2, width=16), truth, rtol=0.02)
    assert np.isnan(branch_norms(Config("none", norm="batch"), 3)).all()


def test_gamma_zero_is_the_identity_at_every_depth():
    found = sizes(Config("add", init="he", gamma="0"), [10], seeds=2)
    assert np.abs(found.gradient).max() < 1e-12
    assert np.abs(found.activation).max() < 1e-12


def test_merges_share_their_weights():
    plain, add = (stack(Config(merge), np.array([3]), 2, 8) for merge in ("none", "add"))
    for one, other in zip(plain, add, strict=True):
        assert torch.equal(one.branch.weight, other.branch.weight)


def test_init_has_its_gain(subtests):
    for init, gain in [("default", 3**-0.5), ("he", 2**0.5), ("orthogonal", 1.0), ("haar", 0.4)]:
        with subtests.test(init=init, gain=gain):
            weight = stack(Config("none", init=init, rho=0.4), np.array([1]), 8, 64)[0].branch.weight
            assert weight.square().mean().mul(64).sqrt().item() == pytest.approx(gain, rel=0.02)
            if init == "default":
                assert weight.abs().max() <= 64**-0.5


def test_haar_rotations_have_no_preferred_direction():
    """The trace of a uniform rotation has mean 0 and variance 1; without the signs of R its mean is not 0."""
    weight = stack(Config("none", **LINEAR, rho=1.0), np.array([50]), 8, 16)
    traces = torch.stack([block.branch.weight.diagonal(dim1=-2, dim2=-1).sum(-1) for block in weight])
    assert abs(traces.mean().item()) < 0.15
    assert traces.var().item() == pytest.approx(1, abs=0.25)


def test_norms_standardise_along_their_axis():
    weight = torch.randn(2, 8, 8, dtype=torch.float64)
    h = torch.randn(2, 3, 16, 8, dtype=torch.float64)
    for norm, axis in (("layer", -1), ("batch", -2)):
        z = Branch(weight, Config(norm=norm, activation="linear"))(h)
        assert torch.allclose(z.mean(axis), torch.zeros((), dtype=z.dtype), atol=1e-9)
        assert torch.allclose(z.var(axis, unbiased=False), torch.ones((), dtype=z.dtype), atol=1e-3)


def test_concat_keeps_its_input_and_grows():
    x = inputs(2, 8, 4).unsqueeze(1)
    y = torch.nn.Sequential(*stack(Config("concat"), np.array([3]), 2, 8))(x)
    assert y.shape[-1] == 8 + 3 * GROWTH
    assert torch.equal(y[..., :8], x)


def test_leaving_out_a_silent_block_changes_nothing_and_a_linear_one_what_it_adds():
    assert drop_a_block(Config("add", init="he", gamma="0"), 4, seeds=2).max() == 0
    changes = drop_a_block(Config("add", rho=0.1, **LINEAR), 6, seeds=2)
    assert ((changes > 0.05) & (changes < 0.2)).all()


def test_a_straight_function_is_not_shattered():
    assert shattering(Config("add", **LINEAR), 10, seeds=2) == pytest.approx(1, abs=0.05)
    assert np.abs(shattering(Config("none", init="he", norm="batch"), 24)).max() < 0.3


def test_a_setting_of_another_class_is_refused_by_name(subtests):
    measures = branch_norms, drop_a_block, shattering, singular_values, sizes
    for measure, setting in itertools.product(measures, (None, "add", tokens.Config())):
        said = r"setting: expected a stack\.Config, got "
        with subtests.test(measure=measure, setting=setting), pytest.raises(TypeError, match=said):
            measure(setting, 3)


def test_bad_input_is_named(subtests):
    for call, words in [
        (lambda: Config("sum"), ["merge", "'sum'", "'concat'"]),
        (lambda: Config(lam=float("nan")), ["lam", "nan"]),
        (lambda: Config(rho=-1), ["rho", "-1"]),
        (lambda: Config(init="xavier"), ["init", "'xavier'", "'he'"]),
        (lambda: Config(activation=3), ["activation", "3"]),
        (lambda: sizes(Config(), [0]), ["depths", "0", "1 to 1000"]),
        (lambda: sizes(Config(), []), ["depths: ", "at least one", "[]"]),
        (lambda: sizes(Config(), None), ["depths: ", "None"]),
        (lambda: sizes(Config(), [2.5]), ["depths", "2.5"]),
        (lambda: sizes(Config(), [10**9]), ["depths", "1000000000"]),
        (lambda: sizes(Config(), [3], seeds=-1), ["seeds", "-1"]),
        (lambda: inputs(2, 8, 0), ["batch", "0"]),
        (lambda: singular_values(Config(norm="batch"), 3), ["norm", "'batch'"]),
        (lambda: drop_a_block(Config("concat"), 3), ["merge", "'concat'"]),
        (lambda: shattering(Config(), 3, lag=0), ["lag", "0"]),
        (lambda: shattering(Config(), 3, points="a"), ["points: ", "'a'"]),
        (lambda: shattering(Config(), 3, points=-4), ["points: ", "-4"]),
        (lambda: branch_norms(Config(), 0), ["depth", "0"]),
    ]:
        with subtests.test(words=words):
            with pytest.raises((TypeError, ValueError)) as problem:
                call()
            for word in words:
                assert word in str(problem.value)
