"""One seed is an anecdote: every number of the course comes from several, counted from one that a reader may change."""

import os

LARGEST = 10**12


def first_seed():
    """The number from which all seeds of a notebook count, SKIPLAB_FIRST_SEED, else 0; another one repeats it with fresh seeds."""
    text = os.environ.get("SKIPLAB_FIRST_SEED") or "0"
    if not (text.isascii() and text.isdecimal()) or int(text) > LARGEST:
        raise ValueError(f"SKIPLAB_FIRST_SEED: expected a whole number from 0 to {LARGEST}, got {text!r}.")
    return int(text)
