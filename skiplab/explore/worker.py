"""One computation at a time, in a thread of its own: of all that was asked meanwhile, the newest is done next."""

import threading


class Worker:
    """Calls `do(stopped)` after each `wake`, once for all that came while it was at work; stopped() says whether one came since."""

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
        while True:
            with self._lock:
                if self._done == self._asked:
                    self._thread = None
                    return
                self._done = at = self._asked
            self._do(lambda at=at: self._asked != at)
