"""Many networks of one shape are one network whose every weight has a first axis more: the copies.

A copy is one setting at one seed. Networks that differ only in their numbers go through torch together, by the backend that is
quickest for them: "batched", one batched product a layer; "vmap", by torch.func; "loop", one after another, for convolutions on a
processor and for what torch.func cannot do.
"""

import functools
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.func import stack_module_state, vmap

from skiplab.base.rng import drawing
from skiplab.base.seeds import first_seed
from skiplab.train import batched
from skiplab.train.skeleton import is_random, materialise, need_alike, places, swapped_in

PART = 256  # examples that go through at once where nothing is trained, to bound the memory
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


@dataclass
class Ensemble:
    """C networks.

    params   what is trained, each (C, ...)              buffers  what is not: buffers and frozen parameters, each (C, ...)
    skeleton one network without weights                 backend  as above; `at_once` copies together by vmap
    random   whether a pass draws, as dropout does; `outputs` draws nothing
    """

    params: dict
    buffers: dict
    skeleton: nn.Module
    backend: str
    at_once: int
    random: bool = False

    def __len__(self):
        return len(next(iter(self.params.values())))

    def only(self, rows):
        """Some of the copies."""
        params, buffers = ({name: v[rows] for name, v in held.items()} for held in (self.params, self.buffers))
        return replace(self, params=params, buffers=buffers)

    def net(self, c):
        """Copy c as a network of its own."""
        params, buffers = self.one(c)
        return materialise(self.skeleton, params | buffers)

    def outputs(self, x):
        """What every network makes of x: (B, ...) -> (C, B, ...)."""
        self._train(False)
        with torch.no_grad():
            if self.backend == "batched":
                parts = [x] if batched.mixes(self.skeleton) else x.split(max(PART, len(x) // 100))
                return torch.cat([self._call(self.params, self.buffers, part.expand(len(self), *part.shape)) for part in parts], 1)
            if self.backend == "loop":
                return torch.stack([self._call(*self.one(c), x) for c in range(len(self))])
            return self._vmap(lambda params, buffers: self._call(params, buffers, x))(self.params, self.buffers)

    def gradients(self, loss, x, y):
        """Sets the gradient of loss(params, out, y) in every parameter; x, y (C, B, ...), one batch a copy -> losses (C,)."""
        self._train(True)
        return {"batched": self._by_batched, "vmap": self._by_vmap, "loop": self._by_loop}[self.backend](loss, x, y)

    def one(self, c):
        """(params, buffers) of copy c."""
        return {name: p[c] for name, p in self.params.items()}, {name: b[c] for name, b in self.buffers.items()}

    def _train(self, on):
        if self.random:
            self._acting[0].train(on)

    @functools.cached_property
    def _acting(self):
        """The skeleton that x goes through, and the places in it."""
        net = batched.for_copies(self.skeleton) if self.backend == "batched" else self.skeleton
        return net, places(net)

    def _call(self, params, buffers, x):
        net, spots = self._acting
        with swapped_in(spots, params | buffers):
            return net(x)

    def _vmap(self, function):
        return vmap(function, chunk_size=self.at_once if self.at_once < len(self) else None, randomness="different")

    def _by_batched(self, loss, x, y):
        leaves = {name: p.detach().requires_grad_() for name, p in self.params.items()}
        losses = vmap(loss)(leaves, self._call(leaves, self.buffers, x), y)
        self._keep(_slopes(losses.sum(), leaves))
        return losses.detach()

    def _by_vmap(self, loss, x, y):
        def one(params, buffers, x, y):
            return loss(params, self._call(params, buffers, x), y)

        found, losses = [], []
        for first in range(0, len(self), self.at_once):
            rows = slice(first, first + self.at_once)
            part = self.only(rows)
            leaves = {name: p.detach().requires_grad_() for name, p in part.params.items()}
            values = vmap(one, randomness="different")(leaves, part.buffers, x[rows], y[rows])
            found.append(_slopes(values.sum(), leaves))  # quicker than torch.func.grad inside vmap
            losses.append(values.detach())
        self._keep([torch.cat(gradients) for gradients in zip(*found, strict=True)])
        return torch.cat(losses)

    def _by_loop(self, loss, x, y):
        found, losses = [], []
        for c in range(len(self)):
            params, buffers = self.one(c)
            leaves = {name: p.detach().requires_grad_() for name, p in params.items()}
            value = loss(leaves, self._call(leaves, buffers, x[c]), y[c])
            found.append(_slopes(value, leaves))
            losses.append(value.detach())
        self._keep([torch.stack(gradients) for gradients in zip(*found, strict=True)])
        return torch.stack(losses)

    def _keep(self, gradients):
        for p, gradient in zip(self.params.values(), gradients, strict=True):
            p.grad = gradient.contiguous()  # fused optimizers on the processor take no notice of strides


def _slopes(value, leaves):
    """The gradient of a number in each of the leaves, 0 where it does not depend on one."""
    return torch.autograd.grad(value, list(leaves.values()), allow_unused=True, materialize_grads=True)


def stacked(nets, skeleton, device, backend, at_once):
    """The `Ensemble` of networks of one shape, on the device; raises ValueError where they are not alike."""
    need_alike(nets)
    params, buffers = ({name: v.detach().to(device) for name, v in state.items()} for state in stack_module_state(nets))
    buffers |= {name: params.pop(name) for name, p in skeleton.named_parameters() if not p.requires_grad}
    return Ensemble(params, buffers, skeleton, backend, at_once, is_random(skeleton))


def build(make, setting, seeds):
    """make(**setting) for each of the seeds, counted from `first_seed()`."""
    nets = []
    for seed in seeds:
        with drawing(first_seed() + seed):
            nets.append(make(**setting))
    return nets


def backend_of(net, x, device):
    """The quickest backend for copies of this network, given x (B, ...)."""
    if device == "cpu" and any(isinstance(m, CONVOLUTIONS) for m in net.modules()):
        return "loop"  # grouped convolutions gain nothing there
    return "batched" if batched.carries(net, x) else "vmap"
