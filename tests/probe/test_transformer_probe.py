"""The probes of a Transformer agree with the definitions written out one token, one net and one frequency at a time."""

import numpy as np
import pytest
import torch

from skiplab import Add
from skiplab.nets.transformer import Attention, EncoderDecoder, block
from skiplab.probe import transformer as tokens
from skiplab.probe.transformer import Config, filters, gain, residual, size, stacks, stream

SETTINGS = [Config("pre"), Config("post", 0.5), Config("none", 0.0, "xavier"), Config("pre", 0.9, branches="attention")]


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_many_depths_at_once_are_single_stacks_one_by_one(subtests):
    for setting in SETTINGS:
        with subtests.test(setting=setting):
            found = stream(setting, [5, 2], seeds=2, width=16, tokens=8)
            assert found.norm.shape == (2, 1, 6)
            assert found.value.shape == found.query.shape == (2, 1, 2, 5)
            head = random(1, 8, 16)
            for seed, (blocks, x) in enumerate(stacks(setting, 5, 2, 16, 8)):
                states = [x.unsqueeze(0)]
                for each in blocks:
                    states.append(each(states[-1]).detach())
                assert np.allclose(found.norm[seed, 0], [np.log10(float(size(h) / size(x))) for h in states])
                assert np.allclose(found.residual[seed, 0], [np.log10(float(residual(h))) for h in states], atol=0.3)  # round-off at -15
                assert np.allclose(found.flat[seed, 0], [h[0, :, :2].numpy() for h in states])
                for n, depth in enumerate((2, 5)):
                    net = torch.nn.Sequential(*blocks[:depth])
                    (net(x.unsqueeze(0)) * head).sum().backward()
                    layers = [next(m for m in each.modules() if isinstance(m, Attention)) for each in blocks[:depth]]
                    norms = np.array([[float(layer.weight.grad.norm()) for layer in (a.value, a.query)] for a in layers])
                    logs = np.log10(np.maximum(norms / norms[-1, 0], 1e-40))
                    assert np.allclose(found.value[seed, 0, n, :depth], logs[:, 0], atol=1e-6)
                    seen = logs[:, 1] > -12
                    assert np.allclose(found.query[seed, 0, n, :depth][seen], logs[seen, 1], atol=0.01)
                    assert np.isnan(found.value[seed, 0, n, depth:]).all()
                    net.zero_grad()


def test_many_strengths_at_once_are_single_ones():
    together = stream(Config("pre", (0.0, 0.5, 1.0)), [3], seeds=2, width=8, tokens=4)
    for p, lam in enumerate((0.0, 0.5, 1.0)):
        alone = stream(Config("pre", lam), [3], seeds=2, width=8, tokens=4)
        assert np.allclose(together.norm[:, p], alone.norm[:, 0])
        assert np.allclose(together.value[:, p], alone.value[:, 0])


def test_settings_share_their_weights_and_seeds_do_not(monkeypatch):
    weights = [
        [b[0].branch[1] if s.norm == "pre" else b[0].branch for b, _ in [(bs[0], x) for bs, x in stacks(s, 1, 2, 8, 4)]]
        for s in SETTINGS[:2]
    ]
    for one, other in zip(*weights, strict=True):
        assert torch.equal(one.query.weight, other.query.weight)
    assert not torch.equal(weights[0][0].query.weight, weights[0][1].query.weight)
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "1000")
    ((fresh, *_), _) = next(stacks(SETTINGS[0], 1, 1, 8, 4))
    assert not torch.equal(fresh[0].branch[1].query.weight, weights[0][0].query.weight)


def test_residual_and_size_of_known_tokens():
    same, opposite = torch.ones(5, 3), torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    assert residual(same) == 0
    assert residual(opposite) == 1
    assert size(2 * same) == 2


def test_gain_of_known_filters():
    x = random(3, 8, 5)
    assert torch.allclose(gain(x, -2 * x), torch.full((5,), 2.0, dtype=torch.float64))
    mean = x.mean(-2, keepdim=True).expand_as(x)
    assert torch.allclose(gain(x, mean), torch.tensor([1.0, 0, 0, 0, 0], dtype=torch.float64), atol=1e-12)
    assert torch.allclose(gain(x, x - mean), torch.tensor([0.0, 1, 1, 1, 1], dtype=torch.float64), atol=1e-12)
    shuffled = x[:, torch.randperm(8, generator=torch.Generator().manual_seed(1))]
    assert gain(x, shuffled)[0].item() == pytest.approx(1)  # a permutation keeps the mean
    with pytest.raises(ValueError, match="after: expected the shape"):
        gain(x, x[:2])


def test_filters_part_a_block_into_its_paths():
    torch.manual_seed(1)
    blocks, x = [block(12, 2, "pre", Add(0.5)).double() for _ in range(3)], random(4, 8, 12)
    for each in blocks:
        for layer in (each[0].branch[1].value, each[0].branch[1].out):
            torch.nn.init.zeros_(layer.bias)
    found = filters(blocks, x)
    assert {name: rows.shape for name, rows in found.items()} == dict.fromkeys(("skip", "attention", "sum"), (3, 5))
    assert np.allclose(found["skip"], 0.5)
    h = blocks[0](x)
    assert np.allclose(found["attention"][1], gain(h, blocks[1][0].branch(h)).detach())
    assert np.allclose(found["sum"][1], gain(h, blocks[1][0](h)).detach())


def test_biases_of_attention_are_no_part_of_its_filter():
    torch.manual_seed(2)
    net, x = block(12, 3, "pre").double(), random(4, 8, 12)
    clean = filters([net], x)
    for layer in (net[0].branch[1].value, net[0].branch[1].out):
        torch.nn.init.normal_(layer.bias)
    assert all(np.allclose(rows, clean[name]) for name, rows in filters([net], x).items())


@pytest.mark.parametrize("attention", [False, True])
def test_the_gradient_by_distance_is_that_of_one_place_after_another(attention):
    torch.manual_seed(2)
    net, symbols = EncoderDecoder(7, 5, 12, attention), torch.randint(7, (3, 5))
    head = torch.randn(7, generator=torch.Generator().manual_seed(0))
    found = tokens.by_distance(net, symbols)
    for place in range(5):
        x = net.stream(symbols).detach().requires_grad_()
        (net.answer(x)[:, :, place] @ head).sum().backward()
        assert found[place] == pytest.approx(x.grad[:, 4 - place].square().mean().sqrt().item(), rel=1e-4)


def test_bad_input_is_named(subtests):
    for call, words in [
        (lambda: Config("rms"), ["norm", "'rms'"]),
        (lambda: Config(lam=-1.0), ["lam", "-1"]),
        (lambda: Config(lam=(1.0, "x")), ["lam", "'x'"]),
        (lambda: Config(init="he"), ["init", "'he'", "'xavier'"]),
        (lambda: Config(branches="mlp"), ["branches", "'mlp'"]),
        (lambda: Config(lam=()), ["lam", "at least one"]),
        (lambda: stream(Config(), [0]), ["depths", "0"]),
        (lambda: stream(Config(), []), ["depths", "at least one"]),
        (lambda: stream(None, [2]), ["setting", "transformer.Config", "None"]),
        (lambda: stream(Config(), [2], seeds=0), ["seeds", "0"]),
        (lambda: stream(Config(), [2], tokens=1), ["tokens", "1"]),
    ]:
        with subtests.test(words=words):
            with pytest.raises((TypeError, ValueError)) as problem:
                call()
            for word in words:
                assert word in str(problem.value)


def test_one_depth_is_a_list_of_one():
    one, listed = (stream(Config(), depths, seeds=2, width=8, tokens=4) for depths in (3, [3]))
    assert np.array_equal(one.value, listed.value)


def test_nothing_is_nothing():
    assert tokens._log(torch.zeros(1)).item() == tokens.LOWEST
