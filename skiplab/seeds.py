"""One seed is an anecdote: every number of the course comes from several, counted from one that a reader may change.

torch's generators are there once for all threads, and an explorer computes in a thread of its own. Networks are therefore drawn
inside `seeded`, by one thread at a time.
"""

import contextlib
import os
import threading

_DRAWING = threading.RLock()


def first_seed():
    """The number from which all seeds of a notebook count, SKIPLAB_FIRST_SEED, else 0; another one repeats it with fresh seeds."""
    text = os.environ.get("SKIPLAB_FIRST_SEED", "0")
    if not text.isdecimal():
        raise ValueError(f"SKIPLAB_FIRST_SEED: expected a whole number, got {text!r}.")
    return int(text)


@contextlib.contextmanager
def seeded(seed):
    """Inside, torch draws from this seed; torch's own generators go on afterwards as if nothing had been."""
    import torch

    cuda = torch.cuda.is_initialized()
    with _DRAWING, torch.random.fork_rng(devices=[torch.cuda.current_device()] if cuda else []):
        (torch if cuda else torch.default_generator).manual_seed(seed)  # torch's own takes 100 times as long
        yield
