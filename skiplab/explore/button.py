"""Some things are worth waiting for: a button has the kernel train what the dials say, and the picture grows while it does."""

import threading

from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene import draw


class ActingExplorer(TableExplorer):
    """A table explorer with a button. A subclass gives the button's text, the method `act`, and what `act` may add to a frame.

    action   text of the button, such as "Train this one now"; while `act` runs it says "Stop"
    free     names of dials that may move without what was found leaving the picture, as `act` does not look at them
    overlay  dict of name -> what a frame holds as long as nothing was added to it, such as {"live": 0, "live_y": []}
    act      method (values, tell, stopped): `values` where the dials stood; tell(text, **numbers) shows a line of text and adds
             numbers to the frame of these dials; stopped() says whether the reader asked to stop
    """

    action = ""
    free: tuple = ()
    overlay: dict = {}

    def __init__(self, **values):
        self._stopped, self._actor, self._sent_live = threading.Event(), None, 0
        super().__init__(**values)
        self.canvas.action = self.action
        self.canvas.observe(lambda change: self.press(), "pressed")

    @classmethod
    def frame(cls, **values):
        """The numbers of one picture, with nothing added yet."""
        return {**super().frame(**values), **cls.overlay}

    def act(self, values, tell, stopped):
        """What the button does; a subclass says it."""
        raise NotImplementedError

    def press(self):
        """Press the button: begin, or stop what goes on."""
        with self._lock:
            if self._actor and self._actor.is_alive():
                self._stopped.set()
                return self
            self._stopped.clear()
            self.canvas.doing, self.canvas.error = "…", ""
            self._actor = threading.Thread(target=self._work_on, args=(self.values,))
            self._actor.start()
        return self

    def settle(self, seconds=60):
        """Wait until the button's work is done and the table on screen is that of the dials."""
        if self._actor:
            self._actor.join(seconds)
        return super().settle(seconds)

    def _work_on(self, values):
        last, concerned = "", self._concerned(values)

        def tell(text, **numbers):
            nonlocal last
            last = text
            unknown = set(numbers) - set(self.overlay)
            if unknown:
                raise KeyError(f"overlay: {sorted(unknown)} not among {sorted(self.overlay)}")
            self._sent_live += 1
            with self.canvas.hold_sync():
                self.canvas.doing = text
                self.canvas.live = {"at": self._sent_live, "values": concerned, "numbers": draw.plain(numbers)}

        try:
            self.act(values, tell, self._stopped.is_set)
        except Exception as problem:
            last = ""
            self._fail(problem, concerned)
        self.canvas.done, self.canvas.doing = last, ""

    def _concerned(self, values):
        """The dials that what is found belongs to: neither free nor greyed."""
        matter = (dial.name for dial in self.dials if dial.name not in self.free and all(values[n] in v for n, v in dial.only.items()))
        return {name: values[name] for name in matter}
