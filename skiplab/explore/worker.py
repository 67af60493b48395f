"""One computation at a time, in a thread of its own: of all that was asked meanwhile, the newest is done next."""

import threading


class Worker:
    """Calls `do(stopped)` after each `wake`, once for all that came while it was at work; stopped() says whether one came since.

    After one that was to stop the next is not, so that something is seen while one asks again and again, as in a drag.
    """

    def __init__(self, do):
        self._do, self._lock = do, threading.Lock()
        self._asked = self._done = 0
        self._thread = None

    def wake(self):
        """Ask for the newest."""
        with self._lock:
            self._asked += 1
            if not (self._thread and self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run)
                self._thread.start()

    def settle(self, seconds):
        """Wait until nothing is left to do."""
        with self._lock:
            thread = self._thread
        if thread:
            thread.join(seconds)

    def _run(self):
        spared = False
        while True:
            with self._lock:
                if self._done == self._asked:
                    self._thread = None
                    return
                self._done = at = self._asked
            stopped = lambda at=at, spared=spared: self._asked != at and not spared  # noqa: E731
            self._do(stopped)
            spared = stopped()
