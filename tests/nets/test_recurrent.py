"""Each cell is torch's on the same weights, to float64 round-off, and each is a Skip from an older state to the next."""

import copy

import pytest
import torch
from torch.func import functional_call, stack_module_state, vmap

from skiplab import Skip
from skiplab.nets import recurrent
from skiplab.nets.recurrent import CELLS, GRU, IRNN, LSTM, RNN, AddRNN, LagRNN, Recurrent, net, unroll

TORCHS = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
WIDTH = 7


@pytest.fixture
def x():
    return torch.randn(5, 50, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def theirs_and_ours(name):
    """A layer of torch's, and our cell with its weights; of a GRU the rows of z with the other sign."""
    torch.manual_seed(1)
    theirs, ours = TORCHS[name](3, WIDTH, batch_first=True).double(), CELLS[name](3, WIDTH).double()
    weights = {key.removesuffix("_l0"): weight.clone() for key, weight in theirs.state_dict().items()}
    if name == "gru":
        for weight in weights.values():
            weight[WIDTH : 2 * WIDTH] *= -1
    ours.load_state_dict(weights)
    return theirs, ours


@pytest.mark.parametrize("name", TORCHS)
def test_on_torchs_weights_it_is_torchs_layer(name, x):
    theirs, ours = theirs_and_ours(name)
    assert (unroll(ours, x) - theirs(x)[0]).abs().max() < 1e-15 * 10


@pytest.mark.parametrize("name", TORCHS)
def test_gradients_are_torchs_too(name, x):
    theirs, ours = theirs_and_ours(name)
    for layer, y in ((theirs, theirs(x)[0]), (ours, unroll(ours, x))):
        layer.zero_grad()
        y.square().sum().backward()
    for (_, one), (_, other) in zip(theirs.named_parameters(), ours.named_parameters(), strict=True):
        assert torch.allclose(one.grad.abs(), other.grad.abs(), atol=1e-11)


@pytest.mark.parametrize("name", TORCHS)
def test_a_seed_draws_weights_of_torchs_size(name):
    """Uniform from -1/√width to 1/√width, and of the same shapes under the same names."""
    ours, theirs = CELLS[name](9, 64), TORCHS[name](9, 64)
    assert [(k, tuple(w.shape)) for k, w in ours.named_parameters()] == [
        (k.removesuffix("_l0"), tuple(w.shape)) for k, w in theirs.named_parameters()
    ]
    assert ours.weight_hh.abs().max() <= 1 / 8
    assert ours.weight_hh.std().item() == pytest.approx(1 / 8 / 3**0.5, rel=0.05)


def test_without_the_change_of_sign_torchs_gru_is_another(x):
    theirs, ours = theirs_and_ours("gru")
    ours.load_state_dict({key.removesuffix("_l0"): weight for key, weight in theirs.state_dict().items()})
    assert (unroll(ours, x) - theirs(x)[0]).abs().max() > 0.1


def test_an_irnn_is_torchs_relu_net_whose_matrix_starts_at_the_identity(x):
    """It is written as a residual block: what torch calls U is I + V, and its biases start at 0."""
    for gain in (1.0, 0.5):
        ours, theirs = IRNN(3, WIDTH, gain=gain).double(), torch.nn.RNN(3, WIDTH, nonlinearity="relu", batch_first=True).double()
        assert torch.equal(ours.weight_hh, (gain - 1) * torch.eye(WIDTH, dtype=torch.float64))
        assert not any(bias.any() for bias in (ours.bias_ih, ours.bias_hh))
        ours.weight_hh.data += 0.1 * torch.randn(WIDTH, WIDTH, dtype=torch.float64)
        weights = {f"{name}_l0": weight for name, weight in ours.state_dict().items()}
        theirs.load_state_dict(weights | {"weight_hh_l0": torch.eye(WIDTH, dtype=torch.float64) + ours.weight_hh})
        assert torch.allclose(unroll(ours, x), theirs(x)[0], 1e-10, 1e-12)


def test_a_shut_gate_is_the_identity():
    gru = GRU(3, WIDTH, bias=-1e4)
    h = torch.randn(4, WIDTH)
    assert torch.equal(gru(torch.randn(4, 3), (h,))[0], h)


def test_an_open_gate_is_the_candidate():
    gru = GRU(3, WIDTH, bias=1e4)
    x, h = torch.randn(4, 3), torch.randn(4, WIDTH)
    n = gru.step.branch(h, gru.read(x), gru.recall(h))
    assert torch.equal(gru(x, (h,))[0], n)
    assert torch.equal(gru.update(gru.read(x), (h,)), torch.ones(4, WIDTH))


def test_an_lstm_with_both_keys_at_one_adds_as_a_residual_block_does():
    lstm = LSTM(3, WIDTH)
    lstm.bias_ih.data[: 2 * WIDTH] = 1e4
    x, h, c = torch.randn(4, 3), torch.randn(4, WIDTH), torch.randn(4, WIDTH)
    assert torch.equal(lstm(x, (h, c))[1], c + lstm.step.branch(c, lstm.read(x), lstm.recall(h)))


def test_the_bias_keeps_in_both_gated_cells():
    torch.manual_seed(2)
    for kind, sign in ((GRU, 1), (LSTM, -1)):
        torch.manual_seed(3)
        plain = kind(3, WIDTH)
        torch.manual_seed(3)
        biased = kind(3, WIDTH, bias=-2.0)
        moved = biased.bias_ih - plain.bias_ih
        assert torch.allclose(moved[WIDTH : 2 * WIDTH], torch.full((WIDTH,), -2.0 * sign))
        assert moved[:WIDTH].abs().max() == moved[2 * WIDTH :].abs().max() == 0


def by_hand_with_a_lag(cell, x, k, merged):
    """h of every step, from the formula alone."""
    h = [torch.zeros(len(x), WIDTH, dtype=x.dtype)] * k
    for x_t in x.unbind(1):
        h.append(merged(x_t @ cell.weight_ih.T + cell.bias_ih + h[-1] @ cell.weight_hh.T + cell.bias_hh, h[-k]))
    return torch.stack(h[k:], 1)


@pytest.mark.parametrize("k", [2, 3, 7])
def test_the_skip_comes_from_k_steps_before(k, x):
    lag, add = LagRNN(3, WIDTH, lag=k).double(), AddRNN(3, WIDTH, lag=k).double()
    older = lag.step.shortcut.weight
    assert torch.allclose(unroll(lag, x), by_hand_with_a_lag(lag, x, k, lambda new, old: torch.tanh(new + old @ older.T)), atol=1e-13)
    assert torch.allclose(unroll(add, x), by_hand_with_a_lag(add, x, k, lambda new, old: torch.tanh(new) + old), atol=1e-11)


def test_the_gain_is_matched_in_total():
    """Two matrices with gain/√2 have together the squares of one with gain."""
    for init in recurrent.INITS:
        one, two = RNN(3, 64, gain=1.5, init=init).weight_hh, LagRNN(3, 64, gain=1.5, init=init)
        total = two.weight_hh.square().sum() + two.step.shortcut.weight.square().sum()
        assert total.item() == pytest.approx(one.square().sum().item(), rel=0.05)
    square = RNN(3, 64, gain=1.5, init="orthogonal").weight_hh
    assert torch.allclose(square @ square.T, 2.25 * torch.eye(64), atol=1e-4)


@pytest.mark.parametrize("name", CELLS)
def test_many_nets_go_through_vmap_together(name):
    nets = [net(name, 3, 2, width=WIDTH) for _ in range(4)]
    params, x = stack_module_state(nets)[0], torch.randn(5, 9, 3)
    mould = copy.deepcopy(nets[0]).to("meta")
    many = vmap(lambda p: functional_call(mould, p, (x,)))(params)
    assert torch.allclose(many, torch.stack([one(x) for one in nets]), atol=1e-6)


def test_its_print_shows_the_skip(subtests):
    for name in CELLS:
        with subtests.test(name=name):
            cell = CELLS[name](3, WIDTH)
            assert isinstance(cell.step, Skip)
            assert "(step): Skip(" in repr(Recurrent(cell, 2))


def test_bad_input_is_named(subtests):
    for call, words in [
        (lambda: net("elman", 2, 1), ["cell", "'elman'", "'gru'"]),
        (lambda: GRU(2, 0), ["width", "0"]),
        (lambda: GRU(-1, 4), ["inputs", "-1"]),
        (lambda: GRU(2, 4, init="xavier"), ["init", "'xavier'"]),
        (lambda: GRU(2, 4, bias="low"), ["bias", "'low'"]),
        (lambda: RNN(2, 4, gain=float("nan")), ["gain", "nan"]),
        (lambda: RNN(2, 4, bias=-2.0), ["bias", "RNN", "no gate"]),
        (lambda: LagRNN(2, 4, lag=1), ["lag", "1"]),
        (lambda: LagRNN(2, 4, gain="a"), ["gain: ", "'a'"]),
        (lambda: net("rnn", 2, -1), ["outputs: ", "-1"]),
        (lambda: net("rnn", 2, 0), ["outputs: ", "0"]),
        (lambda: net("rnn", 2, "a"), ["outputs: ", "'a'"]),
        (lambda: unroll(GRU(2, 4), torch.zeros(5, 0, 2)), ["x: ", "at least one step", "(5, 0, 2)"]),
        (lambda: AddRNN(2, 4, lag=0.5), ["lag", "0.5"]),
        (lambda: unroll(GRU(2, 4), torch.zeros(5, 2)), ["x", "(B, T, inputs)", "(5, 2)"]),
    ]:
        with subtests.test(words=words):
            with pytest.raises((TypeError, ValueError)) as problem:
                call()
            for word in words:
                assert word in str(problem.value)
