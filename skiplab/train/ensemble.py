"""Many networks of one shape are one network whose every weight has a first axis more: the copies.

A copy is one setting at one seed. Networks that differ only in their numbers go through torch together, by the backend that is
quickest for them: "batched", one batched product a layer; "vmap", by torch.func; "loop", one after another, for convolutions on a
processor and for what torch.func cannot do.
"""

import contextlib
import copy
import functools
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.func import stack_module_state, vmap

from skiplab.base.rng import drawing, jittered, seeded
from skiplab.base.seeds import first_seed
from skiplab.train import batched
from skiplab.train.skeleton import materialise, need_alike, places

PART = 256  # examples that go through at once where nothing is trained, to bound the memory
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


@dataclass
class Ensemble:
    """C networks.

    params   what is trained, each (C, ...)              buffers  what is not: buffers and frozen parameters, each (C, ...)
    skeleton one network without weights                 backend  as above; `at_once` copies together by vmap
    random   whether a pass draws, as dropout does; `outputs` then draws the same each time, as a rule nothing
    """

    params: dict
    buffers: dict
    skeleton: nn.Module
    backend: str
    at_once: int
    random: bool = False

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "_acting"}  # its classes are made on the way

    def __len__(self):
        return len(next(iter(self.params.values())))

    def at(self, rows):
        """(params, buffers) of one of the copies, a number, or of several, a slice."""
        return tuple({name: v[rows] for name, v in held.items()} for held in (self.params, self.buffers))

    def only(self, rows):
        """Some of the copies."""
        params, buffers = self.at(rows)
        return replace(self, params=params, buffers=buffers)

    def repeated(self, times):
        """All copies, so many times."""
        if times == 1:
            return self
        params, buffers = ({name: torch.cat([v] * times) for name, v in held.items()} for held in (self.params, self.buffers))
        return replace(self, params=params, buffers=buffers)

    def net(self, c):
        """Copy c as a network of its own."""
        params, buffers = self.at(c)
        return materialise(self.skeleton, params | buffers)

    def outputs(self, x):
        """What every network makes of x: (B, ...) -> (C, B, ...)."""
        self._train(False)
        with torch.no_grad(), seeded(first_seed()) if self.random else contextlib.nullcontext():
            if self.backend == "batched":
                mixed = any(isinstance(module, nn.BatchNorm1d) for module in self.skeleton.modules())
                parts = x.split(len(x) if mixed else max(PART, len(x) // 100))
                return torch.cat([self._call(self.params, self.buffers, part.expand(len(self), *part.shape)) for part in parts], 1)
            if self.backend == "loop":
                return torch.stack([self._call(*self.at(c), x) for c in range(len(self))])
            every = {"chunk_size": self.at_once, "randomness": "different"}
            return vmap(lambda params, buffers: self._call(params, buffers, x), **every)(self.params, self.buffers)

    def gradients(self, loss, x, y):
        """Sets the gradient of loss(params, out, y) in every parameter; x, y (C, B, ...), one batch a copy -> losses (C,)."""
        self._train(True)
        each = vmap(loss) if self.backend == "batched" else loss
        loop, chunk, losses, slopes = self.backend == "loop", self.at_once, [], []

        def act(params, buffers, x, y):
            return each(params, self._call(params, buffers, x), y)

        act = vmap(act, randomness="different") if self.backend == "vmap" else act
        for some in range(len(self)) if loop else [slice(first, first + chunk) for first in range(0, len(self), chunk)]:
            params, buffers = self.at(some)
            leaves = {name: p.detach().requires_grad_() for name, p in params.items()}
            values = act(leaves, buffers, x[some], y[some])
            losses.append(values.detach())  # what follows is quicker than torch.func.grad inside vmap
            slopes.append(torch.autograd.grad(values.sum(), [*leaves.values()], allow_unused=True, materialize_grads=True))
        join = torch.stack if loop else torch.cat if len(losses) > 1 else lambda parts: parts[0]
        for p, gradients in zip(self.params.values(), zip(*slopes, strict=True), strict=True):
            p.grad = join(gradients).contiguous()  # fused optimizers on the processor take no notice of strides
        return join(losses)

    def _train(self, on):
        if (net := self._acting[0]).training != on:
            net.train(on)

    @functools.cached_property
    def _acting(self):
        """What x goes through, a skeleton of this ensemble's own, and the places in it."""
        net = (batched.for_copies if self.backend == "batched" else copy.deepcopy)(self.skeleton)
        return net.train(), places(net)

    def _call(self, params, buffers, x):
        """Puts the values into their places and acts; quicker than torch.func.functional_call."""
        net, spots = self._acting
        for name, value in (params | buffers).items():
            for held, key in spots[name]:
                held[key] = value
        return net(x)


def stacked(nets, skeleton, device, backend, at_once, random=False):
    """The `Ensemble` of networks of one shape, on the device; raises ValueError where they are not alike."""
    need_alike(nets)
    params, buffers = ({name: v.detach().to(device) for name, v in state.items()} for state in stack_module_state(nets))
    buffers |= {name: params.pop(name) for name, p in skeleton.named_parameters() if not p.requires_grad}
    return Ensemble(params, buffers, skeleton, backend, at_once, random)


def build(make, setting, seeds):
    """make(**setting) for each of the seeds, counted from `first_seed()`."""
    nets = []
    for seed in seeds:
        with drawing(first_seed() + seed):
            nets.append(make(**setting))
        for p in nets[-1].parameters() if isinstance(nets[-1], nn.Module) else ():
            p.data = jittered(p.data)
    return nets


def backend_of(net, x, device):
    """The quickest backend for copies of this network, given x (B, ...)."""
    if device == "cpu" and any(isinstance(m, CONVOLUTIONS) for m in net.modules()):
        return "loop"  # grouped convolutions gain nothing there
    return "batched" if batched.carries(net, x) else "vmap"
