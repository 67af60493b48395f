"""A training that is stopped keeps what it has, and says how far it came; an interrupt ends the cell as well, as anywhere else."""

import contextlib
import threading

from skiplab.base.say import say
from skiplab.train.runs import STOPS

SHOWN = 6  # settings that are named in one sentence
_LAST = []


def last():
    """What the training begun last had when it was interrupted: a `Run`, or with settings `Runs`; LookupError if there is none."""
    if not _LAST:
        raise LookupError("last: no training was interrupted in its steps, or another one has begun since.")
    return _LAST[0]


@contextlib.contextmanager
def begun():
    """Inside, a training gets ready: an interrupt leaves nothing, and once it is ready what an earlier one left is gone.

    One that is refused has not begun. Those of other threads, which are never interrupted, leave `last` alone.
    """
    forget = _LAST.clear if _main() else lambda: None
    try:
        yield
    except KeyboardInterrupt:
        forget()
        raise
    forget()


def end(reason, run, steps):
    """Say how far a training came that was stopped; raises KeyboardInterrupt where it was interrupted. run: a `Run` or `Runs`."""
    runs = run if isinstance(run, dict) else {"": run}
    made = {name: one.steps_made for name, one in runs.items() if one.stopped in STOPS}
    when = {name: f"after {count} of {steps} steps" if count else "before the first step" for name, count in made.items()}
    parts = [f"{text} of {name!r}" if isinstance(run, dict) else text for name, text in when.items()]
    far = "; ".join(parts[:SHOWN]) + f"; and {len(parts) - SHOWN} more" * (len(parts) > SHOWN)
    if reason == "interrupted":
        _LAST[:] = [run]
        raise KeyboardInterrupt(f"interrupted {far or 'after the last step'}: what was trained so far is in skiplab.train.last().")
    if far and _main():  # an explorer that trains says so itself
        say(f"{reason} {far}: what was trained so far is in the run{'s' if isinstance(run, dict) else ''}.")


def _main():
    return threading.current_thread() is threading.main_thread()
