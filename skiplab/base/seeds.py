"""One seed is an anecdote: every number of the course comes from several, counted from one that a reader may change."""

import os

from skiplab.base.errors import need_number

LARGEST = 10**12


def first_seed():
    """The number from which all seeds of a notebook count, SKIPLAB_FIRST_SEED, else 0; another one repeats it with fresh seeds."""
    text = os.environ.get("SKIPLAB_FIRST_SEED") or "0"
    if not (text.isascii() and text.isdecimal()) or int(text) > LARGEST:
        raise ValueError(f"SKIPLAB_FIRST_SEED: expected a whole number from 0 to {LARGEST}, got {text!r}.")
    return int(text)


def jitter():
    """By how much initial weights and data are disturbed, SKIPLAB_JITTER, else 0.

    Another processor rounds otherwise, and a training that feels it takes another path: with SKIPLAB_JITTER=1e-6 this one shows now
    what others may show later.
    """
    text = os.environ.get("SKIPLAB_JITTER") or "0"
    try:
        return need_number("SKIPLAB_JITTER", float(text), 0, 0.1)
    except ValueError:
        raise ValueError(f"SKIPLAB_JITTER: expected a number from 0 to 0.1, got {text!r}.") from None
