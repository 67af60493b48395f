"""Fast dials look the picture up in a table; a slow dial has the kernel compute another table, and says so while it works."""

import functools
import threading
import time

from skiplab.explore.dials import Slider
from skiplab.explore.explorer import Explorer

PAUSE = 0.15  # s in which the other dials of one move arrive


class TableExplorer(Explorer):
    """An explorer with the source "table". A subclass names its `slow` dials and gives the classmethod `table(**slow) -> Table`."""

    source = "table"
    slow = ()
    overlay: dict = {}  # see `ActingExplorer`

    def __init__(self, **values):
        self._working, self._woken, self._sent = False, False, None
        super().__init__(**values)
        self._ship(self._slow_values())
        for name in self.slow:
            self.controls[name].observe(lambda change: self._wake(), "value")

    @classmethod
    def frame(cls, **values):
        """The numbers of one picture, from the table of its slow dials."""
        positions = {dial.name: _position(dial, values[dial.name]) for dial in cls.dials}
        return _table(cls, tuple(values[name] for name in cls.slow)).frame(values, positions)

    def settle(self, seconds=60):
        """Wait until the table on screen is that of the dials."""
        if self._worker:
            self._worker.join(seconds)
        return self

    _worker = None

    def _slow_values(self):
        values = self.values
        return tuple(values[name] for name in self.slow)

    def _wake(self):
        """Have the newest table computed, by one thread at a time."""
        with self._lock:
            self._woken = True
            if not self._working:
                self._working = True
                self._worker = threading.Thread(target=self._work)
                self._worker.start()

    def _work(self):
        """Until the table that was sent is the one that is wanted, or nobody asks again for one that failed.

        Dials that move together arrive one by one, so it waits a little.
        """
        while True:
            time.sleep(PAUSE)
            with self._lock:
                wanted, woken, self._woken = self._slow_values(), self._woken, False
                if wanted == self._sent or not woken:
                    self._working, self.canvas.busy = False, ""
                    return
            self.canvas.busy = "Computing …"
            self._ship(wanted)

    def _ship(self, wanted):
        slow = dict(zip(self.slow, wanted, strict=True))
        try:
            rows, block = _packed(type(self), wanted)
            rows = {**rows, "words": {**rows["words"], **self.overlay}}
            with self._lock, self.canvas.hold_sync():
                self.canvas.rows, self.canvas.slow, self.canvas.error = rows, slow, ""
                self.canvas.block = block
            self._sent = wanted
        except Exception as problem:
            self._sent = None
            self._fail(problem, slow)


@functools.lru_cache(maxsize=16)
def _table(cls, slow):
    return cls.table(**dict(zip(cls.slow, slow, strict=True)))


@functools.lru_cache(maxsize=16)
def _packed(cls, slow):
    return _table(cls, slow).packed()


def _position(dial, value):
    return round((value - dial.least) / dial.step) if isinstance(dial, Slider) else list(dial.options).index(value)
