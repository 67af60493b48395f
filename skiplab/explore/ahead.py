"""What a tip needs is computed before the tip is pressed: while nobody wants anything of the kernel, and not a moment longer."""

import os
import threading
import time
import weakref
from collections import deque
from contextlib import contextmanager, suppress

from IPython import get_ipython

from skiplab.base import device
from skiplab.explore.worker import Worker

QUIET = 1.0  # s for which nobody has wanted anything
MOST = 20.0  # CPU s that a kernel spends on it
ROOM = 2**30  # bytes of memory that have to be free
_jobs, _busy, done = deque(), {}, set()  # (weak reference to an explorer, key) each; who wants something now; keys of what is there
_since, _spent = [0.0], [0.0]


def want(explorer, keys):
    """Have `explorer.prepare(key)` called for each key when there is time; never where notebooks are stored, nor with SKIPLAB_AHEAD=0."""
    shell = get_ipython()
    if shell is None or device.strict() or os.environ.get("SKIPLAB_AHEAD") == "0":
        return
    if _cell_begins not in shell.events.callbacks["pre_run_cell"]:
        shell.events.register("pre_run_cell", _cell_begins)
        shell.events.register("post_run_cell", _ends)
        _cell_begins()  # the one that shows the explorer
    _jobs.extend((weakref.ref(explorer), key) for key in keys)
    _worker.wake()


@contextmanager
def first():
    """Inside, somebody waits, so that all else gives way."""
    me = object()
    _busy[me] = True
    try:
        yield
    finally:
        _ends(who=me)


def _cell_begins(info=None):
    _busy["cell"] = True


def _ends(result=None, who="cell"):
    _busy.pop(who, None)
    _since[0] = time.monotonic()


def _go_on(stopped):
    """Do all, one after the other; what gave way comes again."""
    while _jobs and threading.main_thread().is_alive() and _spent[0] < MOST:
        explorer, key = _jobs[0][0](), _jobs[0][1]
        if explorer is None or explorer.comm is None or key in done:
            _jobs.popleft()
        elif _busy or time.monotonic() < _since[0] + QUIET or device.memory()[0] < ROOM:
            del explorer
            time.sleep(QUIET / 5)
        else:
            begin = time.thread_time()
            with suppress(InterruptedError), _giving_way(explorer):
                explorer.prepare(key)
                done.add(key)
            _spent[0] += time.thread_time() - begin
    _jobs.clear()


def _giving_way(explorer):
    """Inside, each call of torch in this thread first looks whether somebody waits, or the explorer has gone."""
    from torch.overrides import TorchFunctionMode

    class GivingWay(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            if _busy or explorer.comm is None or not threading.main_thread().is_alive():
                raise InterruptedError
            return func(*args, **(kwargs or {}))

    return GivingWay()


_worker = Worker(_go_on)
