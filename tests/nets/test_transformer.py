"""The blocks are torch's on the same weights, to float64 round-off, and each is two Skips; a decoder sees one vector or the whole past."""

import copy
import math

import pytest
import torch
from torch.func import functional_call, grad, stack_module_state, vmap

from skiplab import Add, Concat, Skip
from skiplab.nets.transformer import Attention, Encoder, EncoderDecoder, block, mlp, stack, torch_layer

WIDTH, HEADS = 12, 3


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture
def attention():
    torch.manual_seed(1)
    return Attention(WIDTH, HEADS).double()


def heads(x):
    return x.unflatten(-1, (HEADS, -1)).transpose(1, 2)


@pytest.mark.parametrize("memory", [None, random(4, 9, WIDTH, seed=2)], ids=["self", "memory"])
def test_attention_is_torchs(attention, memory):
    x = random(4, 7, WIDTH)
    other = x if memory is None else memory
    q, k, v = heads(attention.query(x)), heads(attention.key(other)), heads(attention.value(other))
    theirs = attention.out(torch.nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(-2))
    assert (attention(x, memory) - theirs).abs().max() < 1e-14


def test_attention_is_multihead_attention_on_its_weights(attention):
    theirs = torch.nn.MultiheadAttention(WIDTH, HEADS, batch_first=True).double()
    theirs.load_state_dict(attention_weights(attention))
    x = random(4, 7, WIDTH)
    y, weights = theirs(x, x, x, average_attn_weights=False)
    assert (attention(x) - y).abs().max() < 1e-14
    assert (attention.weights(x) - weights).abs().max() < 1e-14


def test_rows_of_attention_sum_to_one_and_equal_tokens_get_equal_weight(attention):
    weights = attention.weights(random(2, 5, WIDTH))
    assert torch.allclose(weights.sum(-1), torch.ones(2, HEADS, 5, dtype=torch.float64))
    assert torch.allclose(attention.weights(random(1, 1, WIDTH).expand(1, 5, -1)), torch.tensor(0.2, dtype=torch.float64))


@torch.no_grad()
def test_attention_written_out_as_a_sum_over_places(attention):
    x, y = random(1, 4, WIDTH), torch.zeros(4, WIDTH, dtype=torch.float64)
    size = WIDTH // HEADS
    for h in range(HEADS):
        part = slice(h * size, (h + 1) * size)
        q, k, v = (layer(x)[0, :, part] for layer in (attention.query, attention.key, attention.value))
        for t in range(4):
            scores = torch.tensor([float(q[t] @ k[m]) / math.sqrt(size) for m in range(4)], dtype=torch.float64)
            y[t, part] = sum(w * v[m] for m, w in enumerate(torch.softmax(scores, 0)))
    assert (attention(x)[0] - attention.out(y)).abs().max() < 1e-14


def attention_weights(attention):
    """Our weights under torch's names."""
    inputs = [attention.query, attention.key, attention.value]
    return {
        "in_proj_weight": torch.cat([m.weight for m in inputs]), "in_proj_bias": torch.cat([m.bias for m in inputs]),
        "out_proj.weight": attention.out.weight, "out_proj.bias": attention.out.bias,
    }  # fmt: skip


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_block_is_torchs_encoder_layer_on_its_weights(norm):
    torch.manual_seed(3)
    ours = block(WIDTH, HEADS, norm, hidden=17).double()
    for layer in (m for m in ours.modules() if isinstance(m, torch.nn.LayerNorm)):
        torch.nn.init.normal_(layer.weight)
        torch.nn.init.normal_(layer.bias)
    theirs = torch_layer(ours)
    assert theirs.norm_first == (norm == "pre")
    x = random(4, 7, WIDTH)
    assert (ours(x) - theirs(x)).abs().max() < 1e-14


@pytest.mark.parametrize("merge", ["none", "gate", Add(0.5), Add(gamma=0.1), Add(torch.ones(())), Add(gamma=lambda x: 1.0)])
def test_torch_has_no_layer_of_another_merge_or_without_norms(merge):
    for norm in ("pre", "post"):
        with pytest.raises(ValueError, match="merge 'add'"):
            torch_layer(block(WIDTH, HEADS, norm, merge))
    with pytest.raises(ValueError, match="two norms"):
        torch_layer(block(WIDTH, HEADS, "none"))


@pytest.mark.parametrize("norm", ["pre", "post", "none"])
def test_a_block_is_two_skips_and_its_draws_do_not_depend_on_norm_and_merge(norm):
    nets = []
    for merge in ("add", "none", Add(lam=0.5)):
        torch.manual_seed(4)
        nets.append(block(WIDTH, HEADS, norm, merge))
        assert sum(isinstance(m, Skip) for m in nets[-1].modules()) == 2
    torch.manual_seed(4)
    plain = [p for p in block(WIDTH, HEADS, "none").parameters() if p.ndim == 2]
    for net in nets:
        for one, other in zip([p for p in net.parameters() if p.ndim == 2], plain, strict=True):
            assert torch.equal(one, other)


def test_a_merge_is_copied_for_each_half():
    skips = [m for m in block(WIDTH, HEADS, merge=Add(gamma=torch.nn.Parameter(torch.zeros(())))).modules() if isinstance(m, Skip)]
    assert skips[0].merge.gamma is not skips[1].merge.gamma


def test_with_silent_branches_pre_ln_hands_its_input_on_and_post_ln_does_not():
    x = random(2, 5, WIDTH) * 3 + 1
    for norm in ("pre", "none", "post"):
        blocks = torch.nn.Sequential(*(block(WIDTH, HEADS, norm, Add(gamma=0.0)) for _ in range(4))).double()
        assert torch.equal(blocks(x), x) == (norm != "post")


def test_pre_ln_closes_with_a_norm():
    assert isinstance(stack(3, WIDTH, HEADS, "pre")[-1], torch.nn.LayerNorm)
    assert len(stack(3, WIDTH, HEADS, "post")) == len(stack(3, WIDTH, HEADS, "none")) == 3
    assert mlp(WIDTH)[0].out_features == 2 * WIDTH
    assert mlp(WIDTH, 5)[0].out_features == 5


@pytest.mark.parametrize(
    "make",
    [lambda: Encoder(7, 5, WIDTH, 2, HEADS), lambda: Encoder(7, 5, WIDTH, 2, HEADS, "post", "none"), lambda: EncoderDecoder(7, 5, WIDTH),
     lambda: EncoderDecoder(7, 5, WIDTH, attention=False)],
    ids=["pre", "post without skip", "attention", "context"],
)  # fmt: skip
def test_many_seeds_at_once_are_single_nets_one_by_one(make):
    torch.manual_seed(5)
    nets = [make() for _ in range(3)]
    symbols = torch.randint(7, (3, 4, 5))
    params, mould = stack_module_state(nets)[0], copy.deepcopy(nets[0]).to("meta")

    def loss(p, x):
        return torch.nn.functional.cross_entropy(functional_call(mould, p, (x,)), x.flip(-1))

    found = vmap(grad(loss))(params, symbols)
    for seed, net in enumerate(nets):
        out = net(symbols[seed])
        assert out.shape == (4, 7, 5)
        torch.nn.functional.cross_entropy(out, symbols[seed].flip(-1)).backward()
        for name, p in net.named_parameters():
            assert torch.allclose(found[name][seed], torch.zeros_like(p) if p.grad is None else p.grad, atol=1e-5), name


def test_without_attention_all_goes_through_one_vector():
    """The writer of the first place depends on the last state alone; with attention also on each state of the reader."""
    for attention in (False, True):
        torch.manual_seed(6)
        net = EncoderDecoder(7, 5, WIDTH, attention).double()
        assert (net.look is not None) == attention
        written = net.write(random(2, WIDTH))
        assert written.shape == (2, 5, WIDTH)
    weights = net.attention(torch.randint(7, (2, 5)))
    assert weights.shape == (2, 5, 5)
    assert torch.allclose(weights.sum(-1), torch.ones(2, 5, dtype=torch.float64))


def test_bad_input_is_named(subtests):
    for call, words in [
        (lambda: Attention(10, 3), ["heads", "divisor", "10", "3"]),
        (lambda: Attention(0), ["width", "0"]),
        (lambda: Attention(8, 0), ["heads", "0"]),
        (lambda: block(8, norm="rms"), ["norm", "'rms'", "'post'"]),
        (lambda: block(8, merge="sum"), ["merge", "'sum'"]),
        (lambda: block(8, merge="concat"), ["merge: ", "keeps the width", "'concat'"]),
        (lambda: Encoder(merge=Concat()), ["merge: ", "keeps the width", "Concat()"]),
        (lambda: block(8, hidden=-1), ["hidden: ", "-1"]),
        (lambda: mlp("a"), ["width: ", "'a'"]),
        (lambda: Encoder(width=-3), ["width: ", "-3"]),
        (lambda: Encoder(width="a"), ["width: ", "'a'"]),
        (lambda: EncoderDecoder(width=-1), ["width: ", "-1"]),
        (lambda: stack(1000, 65536), ["depth and width", "at most 200,000,000 parameters"]),
        (lambda: torch_layer(torch.nn.Linear(8, 8)), ["net: ", "one block with two norms"]),
        (lambda: stack(0, 8), ["depth", "0"]),
        (lambda: Encoder(symbols=1), ["symbols", "1"]),
        (lambda: EncoderDecoder(length=2.5), ["length", "2.5"]),
    ]:
        with subtests.test(words=words):
            with pytest.raises((TypeError, ValueError)) as problem:
                call()
            for word in words:
                assert word in str(problem.value)
