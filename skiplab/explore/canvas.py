"""One canvas draws every explorer: it gets numbers and a scene, and knows nothing of networks."""

import functools
import re
from pathlib import Path

import anywidget
import ipywidgets
import traitlets

from skiplab.scene.marks import PALETTE

HOUSE = Path(__file__).parents[1]
_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.\.?/[\w/]+\.js)";\n', re.MULTILINE)


@functools.cache
def put_together(entry, formula="explore/formula.js"):
    """One ES module from `entry`, a path below skiplab/, and all that it imports, each file once, what is needed first.

    `formula` is the file that stands in for explore/formula.js.
    """
    done, closed = {}, HOUSE / "explore/formula.js"

    def add(path):
        path = HOUSE / formula if path == closed else path
        if path in done:
            return
        text = path.read_text(encoding="utf-8")
        done[path] = None  # a circle of imports ends here
        for needed in _IMPORT.findall(text):
            add((path.parent / needed).resolve())
        done[path] = done.pop(path) or _IMPORT.sub("", text)

    add(HOUSE / entry)
    *rooms, last = done.items()
    rooms = [re.sub(r"^export (?=const|function|class|async)", "", text, flags=re.MULTILINE) for _, text in rooms]
    return "\n".join([*rooms, last[1]])


class Canvas(anywidget.AnyWidget):
    """The picture, its sentence and its buttons; the browser reads the controls itself, so it never waits for the kernel."""

    _esm = traitlets.Unicode().tag(sync=True)
    _css = (Path(__file__).parent / "canvas.css").read_text(encoding="utf-8")

    name = traitlets.Unicode().tag(sync=True)  # of the explorer's class, for "copy this setting"
    dials = traitlets.List().tag(sync=True)  # of dicts: name, label, start, options or range
    controls = traitlets.List(traitlets.Instance(ipywidgets.Widget)).tag(sync=True, **ipywidgets.widget_serialization)
    source = traitlets.Unicode().tag(sync=True)  # "closed", "table" or "push"
    constants = traitlets.Dict().tag(sync=True)  # what a closed source is given besides the dials
    frame = traitlets.Dict().tag(sync=True)  # what a push source has sent
    block = traitlets.Bytes().tag(sync=True)  # a table: its numbers, deflated
    rows = traitlets.Dict().tag(sync=True)  # where in it each array stands
    slow = traitlets.Dict().tag(sync=True)  # the slow dials' values for which it was computed
    busy = traitlets.Unicode().tag(sync=True)  # what the kernel is doing, or nothing
    action = traitlets.Unicode().tag(sync=True)  # the text of a button that has the kernel do something, or nothing
    pressed = traitlets.Int().tag(sync=True)  # how often it was pressed
    doing = traitlets.Unicode().tag(sync=True)  # how far that is, while it goes on
    done = traitlets.Unicode().tag(sync=True)  # what was said of it last
    live = traitlets.Dict().tag(sync=True)  # numbers that it adds to the frame of some dials' values
    scene = traitlets.Dict().tag(sync=True)
    sentence = traitlets.Any().tag(sync=True)
    tips = traitlets.List().tag(sync=True)
    pad = traitlets.Dict().tag(sync=True)
    play = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    error_at = traitlets.Dict().tag(sync=True)  # the dials' values that the error belongs to; none: all
    palette = traitlets.Dict(PALETTE).tag(sync=True)
