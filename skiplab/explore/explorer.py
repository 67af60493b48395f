"""An explorer is one widget: dials above a picture, and one sentence that says what the picture shows."""

import inspect
import os
import threading
from pathlib import Path

import anywidget
import traitlets

from skiplab.base import notebook
from skiplab.explore import cells
from skiplab.explore.button import Press
from skiplab.explore.canvas import follow_edits, put_together, style
from skiplab.explore.dials import Trait, describe, setting
from skiplab.explore.packed import to_json
from skiplab.explore.worker import Worker
from skiplab.scene import draw
from skiplab.scene.marks import PALETTE
from skiplab.scene.paint import paint
from skiplab.scene.template import fill

FORGOTTEN = {"_code": "", "_spec": {}, "_block": None, "_table": {}, "_frame": {}, "_live": {}}  # as JupyterLab keeps a closed model


class Explorer(anywidget.AnyWidget):
    """One ipywidget. A subclass says what it is by class attributes, and gives one method, `frame`.

    dials      Slider, Ladder, Choice, Pairs; each is a trait: `explorer.alpha = 2`, `observe`, `link` and `jslink` work with it
    frame      classmethod: the dials' values -> a dict of every number drawn or said (the "closed" source repeats it in JavaScript);
               if it has a parameter `stopped`, a slow "push" frame may ask it whether a newer one is wanted, and return None
    scene      what is drawn from the frame: see `skiplab.scene.parts`
    sentence   what is said of it: see `skiplab.scene.template`
    source     "closed", the browser computes with the .js file beside the explorer's own, or "push", the kernel computes after each move
    takes      what the explorer is about, such as "a Run": it is given first, and `frame` gets it before the values
    button     a `Button` that has the kernel do something: the method act(values, tell, stopped) says what; `values` where the dials
               stood; tell(text, **numbers) shows a line and adds numbers to the frame; stopped() says whether the reader asked to stop
    tips       (text, values) pairs: what to try, each a button that sets these dials and puts the others back to their starts
    pad        which panels can be clicked, and the two dials that a click moves
    play       the dial that the play button runs
    doors      dial -> of each of its options [text, notebook beside this one]: a link
    """

    dials = tips = ()
    scene: dict
    sentence: list
    source, takes, play, button = "push", "", "", None
    slow: tuple = ()  # see `TableExplorer`
    constants: dict = {}
    pad: dict = {}
    doors: dict = {}

    _esm = traitlets.Unicode().tag(sync=True)  # what loads `_code`, all other JavaScript
    _code = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    _anywidget_id = traitlets.Unicode("skiplab.Explorer").tag(sync=True)
    _spec = traitlets.Dict().tag(sync=True)  # what never changes
    _frame = traitlets.Dict().tag(sync=True, to_json=to_json)  # of a push source: `numbers`, of which `values`, and how many came before
    _asked = traitlets.Int().tag(sync=True)  # how often a picture has begun to listen to a push source
    _block = traitlets.Bytes().tag(sync=True)  # a table: its numbers, deflated
    _table = traitlets.Dict().tag(sync=True)  # `rows`, where in it each array stands, and `slow`, the dials for which it was computed
    _busy = traitlets.Unicode().tag(sync=True)  # what the kernel is doing, or nothing
    _pressed = traitlets.Int().tag(sync=True)  # how often the button was pressed
    _doing = traitlets.Unicode().tag(sync=True)  # how far that is, while it goes on
    _done = traitlets.Unicode().tag(sync=True)  # what was said of it last
    _live = traitlets.Dict().tag(sync=True, to_json=to_json)  # `numbers` that it adds to the frame of some dials' `values`
    _error = traitlets.Dict().tag(sync=True)  # `text`, and the dials' `values` to which it belongs

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for dial in cls.__dict__.get("dials", ()):
            if hasattr(Explorer, dial.name):
                raise ValueError(f"{dial.name}: no dial can have this name, as every explorer has an attribute of that name.")
            setattr(cls, dial.name, Trait(dial))
            getattr(cls, dial.name).class_init(cls, dial.name)

    def __init__(self, subject=None, /, **values):
        if (subject is not None) != bool(self.takes):
            wanted = f"is given {self.takes} first" if self.takes else "is given dials by name, and nothing before them"
            raise TypeError(f"{type(self).__name__} {wanted}, got {type(subject).__name__}.")
        self._lock, self._subject = threading.RLock(), (subject,) if self.takes else ()
        self._worker, self._press, self._controls = Worker(self._answer), Press(self), []
        self._spec = self._described()
        self._dress()
        self.set(**values)
        super().__init__()
        names = {"push": [dial.name for dial in self.dials], "table": list(self.slow), "closed": []}[self.source]
        if names:
            self.observe(lambda change: self._worker.wake(), names)
        if self.source == "push":
            self._worker.wake()
            self.observe(lambda change: self._frame and self._show(_frame={**self._frame, "at": self._frame["at"] + 1}), "_asked")
        self.observe(lambda change: self.press(), "_pressed")
        if os.environ.get("ANYWIDGET_HMR") == "1":
            follow_edits(self._dress, until=lambda: self.comm is None)
        cells.belongs(self)

    def __setattr__(self, name, value):
        if name in self._dials():
            self.set(**{name: value})
        elif name.startswith("_") or hasattr(type(self), name):
            super().__setattr__(name, value)
        else:
            raise AttributeError(f"{name}: {type(self).__name__} has no such dial; it has {', '.join(self._dials())}.")

    def set(self, **values):
        """Move dials by name, all together; an unknown name or a value that is not allowed moves none."""
        known = self._dials()
        for name in values:
            if name not in known:
                raise ValueError(f"{name}: {type(self).__name__} has no such dial; it has {', '.join(known)}.")
        checked = {name: known[name].check(value) for name, value in values.items()}
        with self._lock:
            self.check(**{**self.values, **checked})
            self._show(**checked)
        return self

    @classmethod
    def check(cls, **values):
        """Raise where dials that are each allowed do not go together."""

    @property
    def values(self):
        """Where every dial stands."""
        with self._lock:
            return {dial.name: getattr(self, dial.name) for dial in self.dials}

    @property
    def code(self):
        """The line of code that makes this explorer as it stands."""
        starts = {dial.name: dial.start for dial in self.dials}
        moved = [f"{name}={value!r}" for name, value in self.values.items() if value != starts[name]]
        return f"{type(self).__name__}({', '.join([*self.takes.lower().split()[-1:], *moved])})"

    def __repr__(self):
        return self.code

    def slider(self, name):
        """An ipywidgets control that moves with the dial `name`, as do all others that are linked to it."""
        if name not in self._dials():
            raise ValueError(f"name: {type(self).__name__} has no dial {name!r}; it has {', '.join(self._dials())}.")
        control = self._dials()[name].control(getattr(self, name))
        traitlets.link((self, name), (control, "value"))
        self._controls.append(control)
        return control

    def press(self):
        """Press the button: begin, or stop what goes on."""
        with self._lock:
            self._press.press()
        return self

    def act(self, values, tell, stopped):
        """What the button does; a subclass that has one says it."""
        raise NotImplementedError

    def settle(self, seconds=60):
        """Wait until the button's work is done and what the kernel has to send was sent."""
        self._press.settle(seconds)
        self._worker.settle(seconds)
        return self

    def snapshot(self):
        """The sentence and the picture of one moment: (text, matplotlib Figure); of a setting that cannot be, (what is wrong, None)."""
        try:
            values = self.values
            frame = {**self._extras(), **type(self).frame(*self._subject, **values)}
        except (ValueError, TypeError) as problem:
            return str(problem), None
        return fill(self.sentence, frame), paint(self.scene, frame, foot=setting(self.dials, values))

    def set_state(self, sync_data):
        """What the browser sends goes to the nearest value that is allowed."""
        known = self._dials()
        with self._lock:
            super().set_state({name: known[name].nearest(value) if name in known else value for name, value in sync_data.items()})

    def add_traits(self, **traits):
        """anywidget gives each widget a class of its own, for traits that all explorers have already."""
        if new := {name: trait for name, trait in traits.items() if not self.has_trait(name)}:
            super().add_traits(**new)

    @classmethod
    def _dials(cls):
        return {dial.name: dial for dial in cls.dials}

    @classmethod
    def _extras(cls):
        return cls.button.extras if cls.button else {}

    def _described(self):
        return {
            "name": type(self).__name__, "dials": [describe(dial) for dial in self.dials], "takes": self.takes,
            "source": self.source, "constants": self.constants, "scene": self.scene, "sentence": self.sentence,
            "tips": [list(tip) for tip in self.tips], "pad": self.pad, "play": self.play, "doors": self.doors, "palette": PALETTE,
            "button": self.button.spec() if self.button else None, "kept": notebook.hiding(self.layout.model_id),
        }  # fmt: skip

    def _dress(self):
        """Give the browser its JavaScript and CSS."""
        closed = self.source == "closed"
        formula = Path(inspect.getfile(type(self))).with_suffix(".js") if closed else "explore/formula.js"
        code = put_together("explore/canvas.js", formula)
        self._show(_esm=f"{put_together('explore/loader.js')}// {hash(code)}\n", _code=code, _css=style())

    def _show(self, **traits):
        """Send several things at once."""
        with self._lock, self.hold_sync(), self.hold_trait_notifications():
            for name, value in traits.items():
                self.set_trait(name, value)

    def _fail(self, problem, values):
        """Show a failure in the explorer where the dials stand as in `values`; it is never raised into the notebook."""
        self._show(_error={"text": str(problem) or type(problem).__name__, "values": values})

    def _answer(self, stopped):
        """Compute the frame of a push source, and send it; if it was given up for a newer one, send nothing."""
        frame, values = type(self).frame, self.values
        more = {"stopped": stopped} if "stopped" in inspect.signature(frame).parameters else {}
        try:
            if numbers := frame(*self._subject, **values, **more):
                self._show(_frame={"at": self._frame.get("at", 0) + 1, "values": values, "numbers": numbers}, _error={})
        except Exception as problem:
            self._fail(problem, values)

    def open(self):
        """Take part in the page again, after `close`."""
        self.__dict__.pop("_repr_mimebundle_", None)  # which ipywidgets puts out of use where a widget is closed
        self.layout.open()
        super().open()

    def close(self):
        """Stop the button's work, and leave the page with all controls that were made by `slider`; shown again, it opens again."""
        if self.comm is None:
            return
        self._press.stop()
        for part in [part for control in self._controls for part in (control.style, control.layout, control)]:
            part.close()
        self._send({"method": "update", "state": FORGOTTEN, "buffer_paths": []})
        super().close()
        self.layout.close()

    def _repr_mimebundle_(self, **kwargs):
        sentence, picture = self.snapshot()
        poster, metadata = draw.bundle(picture, sentence) if picture else ({"text/plain": sentence}, {})
        return super()._repr_mimebundle_(**kwargs)[0] | poster, metadata

    def _ipython_display_(self):
        self.open()
        cells.show(self, *self._repr_mimebundle_())
