"""Nets with weights of their own, one or many at once."""

import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

ROUND_OFF = {"rtol": 1e-12, "atol": 1e-12}


def made(make, *args, seed=0, **settings):
    torch.manual_seed(seed)
    return make(*args, **settings).double()


def numbers(net):
    return sum(p.numel() for p in net.parameters())


def shaken(net, seed=3):
    """The net with every parameter and statistic of its norms moved, so that none is 0 or 1."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for m in net.modules():
            if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)):
                m.weight.normal_(1, 0.3, generator=rng)
                m.bias.normal_(0, 0.3, generator=rng)
            if getattr(m, "running_mean", None) is not None:
                m.running_mean.normal_(0, 0.3, generator=rng)
                m.running_var.uniform_(0.5, 2, generator=rng)
    return net


def many(make, x):
    nets = [make().double() for _ in range(3)]
    params, buffers = stack_module_state(nets)
    assert not buffers
    skeleton = make().to("meta")
    together = vmap(lambda p: functional_call(skeleton, p, (x,)))(params)
    torch.testing.assert_close(together, torch.stack([net(x) for net in nets]), **ROUND_OFF)
