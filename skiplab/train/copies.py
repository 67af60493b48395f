"""Many networks of one shape are one network whose every weight has a first axis more: the copies.

A copy is one setting at one seed. Networks that differ only in their numbers go through torch together, in the way that is
quickest for them: "axis", one batched product a layer; "vmap", by torch.func; "loop", one after another, for convolutions on a
processor.
"""

import copy
from dataclasses import dataclass

import torch
from torch import nn
from torch.func import functional_call, grad_and_value, stack_module_state, vmap

from skiplab.claims import first_seed
from skiplab.train import axis

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_COMMON = set(vars(nn.Module()))


@dataclass
class Copies:
    """C networks: params and buffers, each (C, ...), and one network without weights as a mould; `way` as above, `at_once` by vmap."""

    params: dict
    buffers: dict
    mould: nn.Module
    way: str
    at_once: int

    def __len__(self):
        return len(next(iter(self.params.values())))

    def outputs(self, x):
        """What every network makes of x: (B, ...) -> (C, B, ...)."""
        with torch.no_grad():
            if self.way == "axis":
                return axis.outputs(self.mould, self.params, self.buffers, x.expand(len(self), *x.shape))
            if self.way == "loop":
                return torch.stack([self._call(*self.one(c), x) for c in range(len(self))])
            return self._vmap(lambda params, buffers: self._call(params, buffers, x))(self.params, self.buffers)

    def gradients(self, loss, x, y):
        """Sets the gradient of loss(params, out, y) in every parameter; x, y (C, B, ...), one batch a copy -> losses (C,)."""
        return {"axis": self._by_axis, "vmap": self._by_vmap, "loop": self._by_loop}[self.way](loss, x, y)

    def one(self, c):
        """(params, buffers) of copy c."""
        return {name: p[c] for name, p in self.params.items()}, {name: b[c] for name, b in self.buffers.items()}

    def _call(self, params, buffers, x):
        return functional_call(self.mould, (params, buffers), (x,))

    def _vmap(self, function):
        return vmap(function, chunk_size=self.at_once if self.at_once < len(self) else None, randomness="different")

    def _by_axis(self, loss, x, y):
        leaves = {name: p.detach().requires_grad_() for name, p in self.params.items()}
        losses = vmap(loss)(leaves, axis.outputs(self.mould, leaves, self.buffers, x), y)
        self._keep(torch.autograd.grad(losses.sum(), list(leaves.values()), allow_unused=True, materialize_grads=True))
        return losses.detach()

    def _by_vmap(self, loss, x, y):
        def one(params, buffers, x, y):
            return loss(params, self._call(params, buffers, x), y)

        found, losses = self._vmap(grad_and_value(one))(self.params, self.buffers, x, y)
        self._keep(found.values())
        return losses.detach()

    def _by_loop(self, loss, x, y):
        found, losses = [], []
        for c in range(len(self)):
            params, buffers = self.one(c)
            leaves = {name: p.detach().requires_grad_() for name, p in params.items()}
            value = loss(leaves, self._call(leaves, buffers, x[c]), y[c])
            found.append(torch.autograd.grad(value, list(leaves.values()), allow_unused=True, materialize_grads=True))
            losses.append(value.detach())
        self._keep([torch.stack(gradients) for gradients in zip(*found, strict=True)])
        return torch.stack(losses)

    def _keep(self, gradients):
        for p, gradient in zip(self.params.values(), gradients, strict=True):
            p.grad = gradient.contiguous()  # fused optimisers on the processor take no notice of strides


def stacked(nets, mould, place, way, at_once):
    """The `Copies` of networks of one shape, on the device `place`."""
    moving = [name for name, m in nets[0].named_modules() if getattr(m, "running_mean", None) is not None]
    if moving:
        raise ValueError(
            f"make: the running_mean of {', '.join(moving)} would be mixed up between seeds; use batch statistics, "
            "track_running_stats=False."
        )
    if any(not _same_constants(nets[0], net) for net in nets[1:]):
        raise ValueError("make: expected networks that differ in parameters and buffers only; register the tensor as a buffer.")
    params, buffers = ({name: v.detach().to(place) for name, v in state.items()} for state in stack_module_state(nets))
    return Copies(params, buffers, mould, way, at_once)


def build(make, setting, seeds):
    """make(**setting) for each of the seeds, counted from `first_seed()`; torch's own generator is left alone."""
    nets = []
    with torch.random.fork_rng(devices=[]):
        for seed in seeds:
            torch.manual_seed(first_seed() + seed)
            nets.append(make(**setting))
    return nets


def mould_of(net):
    """The network without its weights."""
    return copy.deepcopy(net).to("meta")


def way_of(net, x, place):
    """The quickest way for copies of this network, given x (B, ...)."""
    if place == "cpu" and any(isinstance(m, CONVOLUTIONS) for m in net.modules()):
        return "loop"  # grouped convolutions gain nothing there
    return "axis" if axis.carries(net, x) else "vmap"


def signature(net):
    """Equal for two networks only if they differ in nothing but the numbers in their parameters and buffers."""
    shapes = tuple((name, tuple(v.shape), v.dtype) for name, v in (*net.named_parameters(), *net.named_buffers()))
    return repr(net), shapes, tuple(_constants(net))


def _constants(net):
    """Everything a module holds besides parameters, buffers and modules: plain values as they are, others by identity."""
    for where, module in net.named_modules():
        for name, value in vars(module).items():
            if name not in _COMMON:
                value = tuple(value) if isinstance(value, list) else value
                plain = isinstance(value, (bool, int, float, str, tuple, type(None)))
                yield where, name, repr(value) if plain else id(value)


def _same_constants(a, b):
    """Whether two networks agree in the tensors that are neither parameters nor buffers."""
    pairs = zip(a.modules(), b.modules(), strict=True)
    held = [(v, vars(n).get(name)) for m, n in pairs for name, v in vars(m).items() if isinstance(v, torch.Tensor)]
    return all(isinstance(w, torch.Tensor) and torch.equal(v, w) for v, w in held)
