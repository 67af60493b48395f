"""An explorer joins controls to a picture, and says in one sentence what the picture shows."""

import inspect
import threading
from pathlib import Path

import ipywidgets

from skiplab.explore.canvas import Canvas, put_together
from skiplab.explore.dials import Slider
from skiplab.scene import draw
from skiplab.scene.template import fill


class Explorer(ipywidgets.VBox):
    """Controls above one canvas. A subclass says what it is by class attributes, and gives one method, `frame`.

    dials      Slider and Choice, one a control; each is also an attribute, so that `explorer.alpha = 2` moves it
    frame      classmethod: the dials' values -> a dict of every number drawn or said (the "closed" source repeats it in JavaScript)
    scene      what is drawn from the frame: see `skiplab.scene.draw.scene`
    sentence   what is said of it: see `skiplab.scene.template`
    source     "closed", the browser computes with the .js file beside the explorer's own, or "push", the kernel computes after each move
    tips       (text, values) pairs: what to try, each a button that sets these dials and puts the others back to their starts
    pad        which panel can be clicked, and the two dials that a click moves
    play       the dial that the play button runs
    """

    dials = ()
    scene: dict
    sentence: list
    source = "push"
    constants: dict = {}
    tips = ()
    pad: dict = {}
    play = ""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for dial in cls.dials:
            setattr(cls, dial.name, _dial_property(dial))

    def __init__(self, **values):
        self._lock, self._moving = threading.RLock(), False
        self.controls = {dial.name: dial.control() for dial in self.dials}
        self.canvas = self._canvas()
        rows = ipywidgets.Box(list(self.controls.values())).add_class("skiplab-controls")
        super().__init__([rows, self.canvas])
        self.add_class("skiplab-explorer")
        self.set(**values)
        if self.source == "push":
            for control in self.controls.values():
                control.observe(lambda change: self._moving or self._push(), "value")

    def set(self, **values):
        """Move dials by name, all together; an unknown name or a value that is not allowed moves none."""
        known = {dial.name: dial for dial in self.dials}
        for name in values:
            if name not in known:
                raise ValueError(f"{name}: {type(self).__name__} has no such dial; it has {', '.join(known)}.")
        checked = {name: known[name].check(value) for name, value in values.items()}
        with self._lock:
            self.check(**{**self.values, **checked})
            self._moving = True
            try:
                for name, value in checked.items():
                    self.controls[name].value = value
            finally:
                self._moving = False
            if self.source == "push":
                self._push()
        return self

    @classmethod
    def check(cls, **values):
        """Raise where dials that are each allowed do not go together."""

    @property
    def values(self):
        """Where every dial stands."""
        with self._lock:
            return {name: _tidy(control.value) for name, control in self.controls.items()}

    @property
    def setting(self):
        """The line of code that makes this explorer as it stands."""
        starts = {dial.name: dial.start for dial in self.dials}
        moved = [f"{name}={value!r}" for name, value in self.values.items() if value != starts[name]]
        return f"{type(self).__name__}({', '.join(moved)})"

    def snapshot(self):
        """The sentence and the picture of one moment: (text, matplotlib Figure); of a setting that cannot be, (what is wrong, None)."""
        try:
            frame = type(self).frame(**self.values)
        except (ValueError, TypeError) as problem:
            return str(problem), None
        return fill(self.sentence, frame), draw.scene(self.scene, frame)

    def _canvas(self):
        formula = {"formula": Path(inspect.getfile(type(self))).with_suffix(".js")} if self.source == "closed" else {}
        return Canvas(
            _esm=put_together("explore/canvas.js", **formula),
            name=type(self).__name__,
            dials=[_describe(dial) for dial in self.dials],
            controls=list(self.controls.values()),
            source=self.source, constants=self.constants, scene=self.scene, sentence=self.sentence,
            tips=[list(tip) for tip in self.tips], pad=self.pad, play=self.play,
        )  # fmt: skip

    def _fail(self, problem, at):
        """Show a failure in the explorer where the dials in `at`, {name: value}, stand so; it is never raised into the notebook."""
        with self.canvas.hold_sync():
            self.canvas.error, self.canvas.error_at = str(problem) or type(problem).__name__, at

    def _push(self):
        """Compute here and send."""
        with self._lock:
            try:
                self.canvas.frame, self.canvas.error = draw.plain(type(self).frame(**self.values)), ""
            except Exception as problem:
                self._fail(problem, {})

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs) or {}
        sentence, picture = self.snapshot()
        bundle["text/plain"] = sentence
        if picture:
            bundle["text/html"] = draw.image(picture, sentence)
        return bundle


def _dial_property(dial):
    def read(self):
        return self.values[dial.name]

    def write(self, value):
        self.set(**{dial.name: value})

    return property(read, write, doc=f"The dial {dial.label}.")


def _describe(dial):
    look = {"name": dial.name, "label": dial.label, "start": dial.start, "only": dial.only}
    if not isinstance(dial, Slider):
        return {**look, "options": list(dial.options), "whole": all(isinstance(option, int) for option in dial.options)}
    return {**look, "least": dial.least, "most": dial.most, "step": dial.step, "whole": dial.whole}


def _tidy(value):
    """The value without the rounding of the browser's slider, which sends 0.020000000000000462 for 0.02."""
    return float(f"{value:.12g}") if isinstance(value, float) else value
