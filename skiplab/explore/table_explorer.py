"""Fast dials look the picture up in a table; a slow dial has the kernel compute another table, and says so while it works."""

import functools
import time
from contextlib import suppress

from skiplab.base.settings import as_taught
from skiplab.explore import ahead
from skiplab.explore.dials import Pairs, Slider
from skiplab.explore.explorer import Explorer

PAUSE = 0.15  # s in which the other dials of one move arrive


class TableExplorer(Explorer):
    """An explorer with the source "table". A subclass names its `slow` dials and gives the classmethod `table(**slow) -> Table`."""

    source = "table"

    def __init__(self, subject=None, /, **values):
        self._sent = None  # the slow dials of the table that is on the screen
        super().__init__(subject, **values)
        self._ship(self._slow_values())

    @classmethod
    def frame(cls, *subject, **values):
        """The numbers of one picture, from the table of its slow dials."""
        positions = {dial.name: _position(dial, values[dial.name]) for dial in cls.dials}
        table = _table(cls, _Same(subject), tuple(values[name] for name in cls.slow))
        return {**table.frame(values, positions), **cls._extras()}

    def _slow_values(self):
        values = self.values
        return tuple(values[name] for name in self.slow)

    def _answer(self, stopped):
        """Send the table that is wanted, unless it is there."""
        if self._key(self._slow_values()) not in ahead.done:
            time.sleep(PAUSE)
        if (wanted := self._slow_values()) != self._sent:
            self._show(_busy="Computing …")
            with ahead.first():
                self._ship(wanted)
        if not stopped():
            self._show(_busy="")

    def prepare(self, key):
        """Compute the table of a key; what goes wrong is said once it is asked for."""
        with suppress(ValueError, RuntimeError):
            _packed(*key)

    def _key(self, slow):
        return type(self), _Same(self._subject), slow

    def _ipython_display_(self):
        super()._ipython_display_()
        starts = {dial.name: dial.start for dial in self.dials}
        tips = dict.fromkeys(tuple({**starts, **tip}[name] for name in self.slow) for _, tip in self.tips)
        if self.slow and not self._subject:
            ahead.want(self, [self._key(slow) for slow in tips if slow != self._sent])

    def _ship(self, wanted):
        slow = dict(zip(self.slow, wanted, strict=True))
        try:
            rows, block = _packed(*self._key(wanted))
            self._show(_table={"rows": rows, "slow": slow}, _block=block, _error={})
            self._sent = wanted
        except Exception as problem:
            self._sent = None
            self._fail(problem, slow)


class _Same(tuple):
    """A subject as the key of a cache: equal to itself alone, since arrays cannot be hashed."""

    def __hash__(self):
        return hash(tuple(map(id, self)))

    def __eq__(self, other):
        return [id(one) for one in self] == [id(one) for one in other]


@functools.lru_cache(maxsize=16)
@as_taught()
def _table(cls, subject, slow):
    return cls.table(*subject, **dict(zip(cls.slow, slow, strict=True)))


@functools.lru_cache(maxsize=16)
def _packed(cls, subject, slow):
    return _table(cls, subject, slow).packed()


def _position(dial, value):
    if isinstance(dial, Pairs):
        return dial.place(value)
    return round((value - dial.least) / dial.step) if isinstance(dial, Slider) else list(dial.options).index(value)
