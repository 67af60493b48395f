"""Some things are worth waiting for: a button has the kernel train what the dials say, and the picture grows while it does."""

import threading
from dataclasses import dataclass, field

from skiplab.explore import ahead
from skiplab.explore.dials import matters


@dataclass(frozen=True)
class Button:
    """A button of an explorer, which says in its method `act` what the button does; while it works, the button says "Stop".

    free     names of dials that may move without what was found leaving the picture, as `act` does not look at them
    extras   name -> what a frame holds as long as nothing was added to it, such as {"live": 0, "live_y": []}
    """

    text: str
    free: tuple = ()
    extras: dict = field(default_factory=dict)

    def spec(self):
        """What the browser is told."""
        return {"text": self.text, "extras": self.extras}

    def concerns(self, dials, values):
        """The dials that what is found belongs to: neither free nor greyed."""
        return {dial.name: values[dial.name] for dial in dials if dial.name not in self.free and matters(dial, values)}


class Press:
    """The work of one explorer's button, in a thread of its own: one at a time."""

    def __init__(self, explorer):
        self._explorer, self._stopped, self._thread, self._told = explorer, threading.Event(), None, 0

    def press(self):
        """Begin, or stop what goes on."""
        if self._thread and self._thread.is_alive():
            return self.stop()
        self._stopped.clear()
        self._explorer._show(_doing="…", _error={})
        self._thread = threading.Thread(target=self._work, args=(self._explorer.values,))
        self._thread.start()

    def stop(self):
        """Have what goes on stop at its next step."""
        self._stopped.set()

    def settle(self, seconds):
        """Wait until the work is done."""
        if self._thread:
            self._thread.join(seconds)

    def _work(self, values):
        explorer, last = self._explorer, ""
        button, concerned = explorer.button, explorer.button.concerns(explorer.dials, values)

        def tell(text, **numbers):
            nonlocal last
            if unknown := set(numbers) - set(button.extras):
                raise KeyError(f"extras: {sorted(unknown)} not among {sorted(button.extras)}")
            last = text
            self._told += 1
            explorer._show(_doing=text, _live={"at": self._told, "values": concerned, "numbers": numbers})

        try:
            with ahead.first():
                explorer.act(values, tell, self._stopped.is_set)
        except Exception as problem:
            last = ""
            explorer._fail(problem, concerned)
        explorer._show(_done=last, _doing="")
