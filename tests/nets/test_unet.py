"""A U-Net equals one written out by hand, keeps every size, and its skips can be chosen, muted and batched."""

import itertools

import pytest
import torch
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.functional import conv2d, conv_transpose2d, max_pool2d

from skiplab.nets.unet import Aligned, SelfConcat, align, long_skips, muted, unet
from skiplab.skip import Add, Concat, Plain, Skip


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def by_hand(net, x, merges, short="none"):
    """The forward pass as textbooks write it: keep the states on the way down, fetch them on the way up."""
    values = list(net.parameters())
    weights, kept = iter(zip(values[::2], values[1::2], strict=True)), []  # in the order in which x meets them

    def convolved(h, same):
        new = conv2d(h.relu(), *next(weights), padding=1)
        return h + new if short == "add" and same else new

    h = conv2d(x, *next(weights), padding=1)
    for _ in merges:
        kept.append(h)
        h = convolved(max_pool2d(h, 2), same=False)
    h = convolved(h, same=True)
    for merge in reversed(merges):
        h, old = conv_transpose2d(h.relu(), *next(weights), stride=2), kept.pop()
        h = {"none": lambda h, old: h, "add": torch.add, "concat": lambda h, old: torch.cat([old, h], 1),
             "self": lambda h, old: torch.cat([h, h], 1)}[merge](h, old)  # fmt: skip
        h = convolved(h, same=merge in ("none", "add"))
    return conv2d(h, *next(weights))


def test_it_equals_one_written_by_hand(subtests):
    every = [*itertools.product(("none", "add", "concat", "self"), repeat=2), ("none", "add", "concat")]
    for short, merges in itertools.product(["none", "add"], every):
        with subtests.test(short=short, merges=merges):
            net = unet(2, 3, width=4, levels=len(merges), merges=merges, short=short).double()
            x = draw(2, 2, 16, 24)
            assert torch.allclose(net(x), by_hand(net, x, merges, short), rtol=1e-12, atol=1e-12)


def test_it_keeps_any_size(subtests):
    for merges, size in itertools.product(["none", "add", "concat", "self"], [(8, 8), (9, 15), (13, 32), (31, 17), (45, 37)]):
        with subtests.test(merges=merges, size=size):
            assert unet(width=2, merges=merges)(torch.zeros(1, 1, *size)).shape == (1, 1, *size)


def test_align_crops_and_repeats_the_last_row_and_column():
    x = torch.arange(6.0).view(1, 1, 2, 3)
    assert align(x, (2, 3)) is x or torch.equal(align(x, (2, 3)), x)
    assert align(x, (3, 4))[0, 0].tolist() == [[0, 1, 2, 2], [3, 4, 5, 5], [3, 4, 5, 5]]
    assert align(x, (1, 4))[0, 0].tolist() == [[0, 1, 2, 2]]
    assert align(x, (2, 1))[0, 0].tolist() == [[0], [3]]


def test_what_is_at_the_top_left_stays_there():
    """The branch of an odd size is not shifted: padding belongs where pooling dropped."""
    net = Aligned(torch.nn.MaxPool2d(2), torch.nn.Upsample(scale_factor=2))
    x = torch.zeros(1, 1, 7, 9)
    x[..., 2, 4] = 1
    assert net(x)[0, 0].nonzero().tolist() == [[2, 4], [2, 5], [3, 4], [3, 5]]


def test_each_level_has_its_merge_finest_first():
    skips = long_skips(unet(merges=("none", "add", "self")))
    assert [type(skip.merge) for skip in skips] == [Plain, Add, SelfConcat]
    widths = [next(m for m in skip.branch.modules() if isinstance(m, torch.nn.Conv2d)).in_channels for skip in skips]
    assert widths == [8, 16, 32]
    assert [type(skip.merge) for skip in long_skips(unet(levels=2))] == [Concat, Concat]
    assert long_skips(unet(levels=0)) == []


def test_self_concat_has_the_parameters_of_concat_and_add_those_of_none():
    counts = {m: sum(p.numel() for p in unet(merges=m).parameters()) for m in ("none", "add", "concat", "self")}
    assert counts == {"none": 84281, "add": 84281, "concat": 96377, "self": 96377}


def test_the_same_seed_draws_the_same_weights_for_none_and_add():
    nets = []
    for merges in ("none", "add"):
        torch.manual_seed(3)
        nets.append(unet(merges=merges))
    assert all(torch.equal(a, b) for a, b in zip(*(net.parameters() for net in nets), strict=True))


def test_a_muted_skip_hands_on_zeros_and_the_net_itself_stays():
    net, x = unet(width=4, merges=("concat", "add", "none")).double(), draw(2, 1, 16, 16)
    whole = net(x)
    assert torch.equal(muted(net)(x), whole)
    assert not torch.allclose(muted(net, 0)(x), whole)
    assert not torch.allclose(muted(net, 1)(x), muted(net, 0)(x))
    assert torch.equal(muted(net, 2)(x), whole)  # there is no skip to mute
    assert torch.equal(net(x), whole)
    plain = unet(width=4, merges="none").double()
    plain.load_state_dict(unet(width=4, merges="add").double().state_dict())
    added = unet(width=4, merges="add").double()
    added.load_state_dict(plain.state_dict())
    assert torch.equal(muted(added, 0, 1, 2)(x), plain(x))


def test_short_skips_go_round_the_convolutions_that_keep_the_width():
    net = unet(merges="none", short="add")
    assert sum(isinstance(m, Skip) for m in net.modules()) == 3 + 4  # the long ones, and three joins and the bottom
    assert sum(isinstance(m, Skip) for m in unet(merges="concat", short="add").modules()) == 3 + 1


def test_what_reaches_the_head_has_both_signs():
    net = unet()
    seen = []
    net[-1].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    net(draw(4, 1, 32, 32).float())
    assert (seen[0] < 0).float().mean() > 0.1
    assert (seen[0] > 0).float().mean() > 0.1


@pytest.mark.parametrize("merges", ["none", "concat", "self"])
def test_torch_func_batches_it(merges):
    nets, x = [unet(width=2, levels=2, merges=merges).double() for _ in range(3)], draw(2, 1, 9, 10)
    params, _ = stack_module_state(nets)
    mould = unet(width=2, levels=2, merges=merges).double()
    together = vmap(lambda p: functional_call(mould, p, (x,)))(params)
    for net, out in zip(nets, together, strict=True):
        assert torch.allclose(net(x), out, rtol=1e-10, atol=1e-12)


def test_bad_settings_are_named(subtests):
    for how, said in [
        ({"merges": "gate"}, "merges: expected one of 'none', 'add', 'concat', 'self', got 'gate'"),
        ({"merges": ("add", "add")}, "merges: expected one merge, or one for each of 3 levels"),
        ({"width": 0}, "width: expected a whole number from 1"),
        ({"short": "concat"}, "short: expected one of 'none', 'add'"),
    ]:
        with subtests.test(how=how, said=said), pytest.raises(ValueError, match=said):
            unet(**how)


def test_a_picture_too_small_or_no_batch_is_refused(subtests):
    for shape in [(1, 1, 7, 9), (1, 8, 8)]:
        said = r"x: expected pictures \(B, channels, H, W\) of at least 8 x 8 px"
        with subtests.test(shape=shape), pytest.raises(ValueError, match=said):
            unet()(torch.zeros(shape))


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match="levels: expected a whole number from 0 to 2"):
        muted(unet(), 3)
    with pytest.raises(ValueError, match="net: expected a U-Net with long skips"):
        muted(torch.nn.Linear(8, 8), 0)


def test_merges_that_are_no_list_are_named(subtests):
    for merges in [None, 3]:
        said = f"merges: expected one merge, or one for each of 3 levels, got {merges!r}"
        with subtests.test(merges=merges), pytest.raises(TypeError, match=said):
            unet(merges=merges)


def test_a_net_too_large_to_build_is_refused_at_once(subtests):
    for size in [{"levels": 10, "width": 10_000}, {"levels": 10}, {"levels": 0, "width": 10_000}]:
        said = "width and levels: expected a network of at most 200,000,000 parameters"
        with subtests.test(size=size), pytest.raises(ValueError, match=said):
            unet(**size)


def test_align_is_told_a_height_and_a_width(subtests):
    for size in [3, None, (5,), (1, 2, 3), ("a", 4), (-1, 4), (0, 4), (4, 2.0)]:
        with subtests.test(size=size), pytest.raises((TypeError, ValueError), match="size: expected a "):
            align(torch.zeros(1, 1, 4, 4), size)
