"""A training that is stopped keeps what it has, and says how far it came; an interrupt ends the cell as well, as anywhere else."""

import threading

from skiplab.base.say import say
from skiplab.train.runs import STOPS

SHOWN = 6  # settings that are named in one sentence
_LAST = []


def last():
    """What the last interrupted training had: a `Run`, or with settings `Runs`; LookupError if there was none."""
    if not _LAST:
        raise LookupError("last: no training was interrupted so far.")
    return _LAST[0]


def end(reason, run, steps):
    """Say how far a training came that was stopped; raises KeyboardInterrupt where it was interrupted. run: a `Run` or `Runs`."""
    runs = run if isinstance(run, dict) else {"": run}
    made = {name: one.steps_made for name, one in runs.items() if one.stopped in STOPS}
    when = {name: f"after {count} of {steps} steps" if count else "before the first step" for name, count in made.items()}
    parts = [f"{text} of {name!r}" for name, text in when.items()]
    far = "; ".join(parts[:SHOWN]) + f"; and {len(parts) - SHOWN} more" * (len(parts) > SHOWN)
    if "" in made:
        far = f"after {made['']} of {steps} steps"
    if reason == "interrupted":
        _LAST[:] = [run]
        raise KeyboardInterrupt(f"interrupted {far or 'after the last step'}: what was trained so far is in skiplab.train.last().")
    if far and threading.current_thread() is threading.main_thread():  # an explorer that trains says so itself
        say(f"{reason} {far}: what was trained so far is in the run{'s' if isinstance(run, dict) else ''}.")
