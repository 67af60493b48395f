"""A seed stands for one network, whatever else draws at the same time: an explorer that trains, or the cell that runs beside it.

torch has one generator for all threads. What is drawn inside `drawing` comes from a generator of its own, with the numbers that
torch's would have given after torch.manual_seed.
"""

import contextlib
import contextvars
import threading

import torch
from torch.overrides import TorchFunctionMode

from skiplab.base.seeds import first_seed, jitter

_FREE = threading.RLock()
_NOW = contextvars.ContextVar("seed", default=None)  # that of the network which this thread makes
_DRAWING = {
    torch.rand, torch.randn, torch.randint, torch.randperm, torch.normal, torch.bernoulli, torch.multinomial, torch.poisson,
    *(getattr(torch.Tensor, name) for name in ("bernoulli", "multinomial", "bernoulli_", "cauchy_", "exponential_", "geometric_",
                                               "log_normal_", "normal_", "random_", "uniform_")),
}  # fmt: skip
_LIKE = {torch.rand_like: torch.rand, torch.randn_like: torch.randn}


class _Own(TorchFunctionMode):
    """Every draw of this thread gets a generator, one for each kind of device, all from one seed."""

    def __init__(self, seed):
        super().__init__()
        self.seed, self.generators = seed, {}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in _LIKE:
            kwargs = {"dtype": args[0].dtype, "device": args[0].device, **kwargs}
            func, args = _LIKE[func], (args[0].shape,)
        if kwargs.get("generator") is None and (func in _DRAWING or "generator" in kwargs):  # torch.nn.init hands a None on
            kwargs = {**kwargs, "generator": self._generator(args, kwargs)}
        return func(*args, **kwargs)

    def _generator(self, args, kwargs):
        tensors = [v for v in (*args, *kwargs.values()) if isinstance(v, torch.Tensor)]
        place = torch.device(kwargs.get("device") or (tensors[0].device if tensors else "cpu")).type
        if place == "meta":
            return None
        if place not in self.generators:
            self.generators[place] = torch.Generator(place).manual_seed(self.seed)
        return self.generators[place]


@contextlib.contextmanager
def drawing(seed):
    """Inside, this thread draws from this seed; nobody else's draws change, and nobody else changes these.

    Only for functions that can be given a generator, as all of torch.nn.init can; for dropout, see `seeded`.
    """
    now = _NOW.set(seed)
    try:
        with _Own(seed):
            yield
    finally:
        _NOW.reset(now)


def seed_now():
    """Which of its seeds `train.fit` is making a network for, counted from 0; a function that makes networks may ask."""
    if _NOW.get() is None:
        raise RuntimeError("seed_now: no network is being made; expected a call inside a function that train.fit makes networks with.")
    return _NOW.get() - first_seed()


def generators():
    """The state of torch's shared generators; it changes with every draw from them."""
    return torch.cat([torch.get_rng_state(), *([torch.cuda.get_rng_state()] if torch.cuda.is_initialized() else [])])


@contextlib.contextmanager
def seeded(seed):
    """Inside, torch's shared generators draw from this seed, for dropout, which takes no other; they go on as before afterwards."""
    cuda = torch.cuda.is_initialized()
    with _FREE, torch.random.fork_rng(devices=[torch.cuda.current_device()] if cuda else []):
        (torch if cuda else torch.default_generator).manual_seed(seed)  # torch's own takes 100 times as long
        yield


def normal(seed, *shape, dtype=torch.float64):
    """Standard normal numbers of that shape on the processor, the same ones for the same seed, and `jittered`."""
    return jittered(torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype))


def jittered(values):
    """A tensor of initial weights or data, each number times 1 + `jitter()` · standard normal noise; equal tensors get equal noise."""
    if not jitter() or not values.is_floating_point():
        return values
    noise = torch.randn(values.shape, generator=torch.Generator().manual_seed(0), dtype=values.dtype)
    return values * (1 + jitter() * noise.to(values.device))
