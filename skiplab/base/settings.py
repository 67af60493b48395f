"""What a reader sets in torch holds for the reader's code; ours computes as the course was written, and leaves all as it was."""

import contextlib
import os
import threading

_FREE, _readers = threading.Lock(), []  # the reader's default dtype, once for each that is inside: torch has one for all threads


@contextlib.contextmanager
def threads():
    """Inside, torch has SKIPLAB_THREADS threads, by default one: more only get in each other's way on networks this small."""
    import torch

    text = os.environ.get("SKIPLAB_THREADS") or "1"
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise ValueError(f"SKIPLAB_THREADS: expected a whole number from 1 to 1024, got {text!r}.")
    before = torch.get_num_threads()
    torch.set_num_threads(int(text))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def as_taught():
    """Inside, numbers of no other kind are float32, gradients are kept, and torch has as many threads as `threads` gives it."""
    import torch

    with _FREE:
        _readers.append(_readers[0] if _readers else torch.get_default_dtype())
        torch.set_default_dtype(torch.float32)
    try:
        with threads(), torch.enable_grad():
            yield
    finally:
        with _FREE:
            before = _readers.pop()
            if not _readers:
                torch.set_default_dtype(before)
