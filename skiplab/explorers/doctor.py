"""Before the course begins, see whether widgets answer, torch is there, and device, memory and cores will do."""

import threading
from importlib import metadata

from skiplab.base import device
from skiplab.explore.dials import Slider
from skiplab.explore.explorer import Explorer
from skiplab.scene.looks import LOOK
from skiplab.scene.paint import paint
from skiplab.scene.parts import axis, panel, picture, text

GIGABYTE = 2**30
CHECKS = ("trip", "torch", "device", "memory", "cores")
_found = {"device": "torch is loading …", "state": 2}  # changed once torch has loaded, in a thread of its own


def _row(i, name, template, state):
    """The sign of one check, its name and what was found."""
    y = 4.5 - i
    yield text(0.25, y, f"{{{state}:!|✓|…}}", size=1.5, bold=True, color=f"@{state}_colour")
    yield text(0.6, y, name, size=1.15, bold=True, align="left")
    yield text(2.2, y, template, size=1.15, align="left")


_TRIP = {"by": "tripped", "of": ["{trip_text}", "the kernel answered in {trip_ms:.0f} ms"]}
_ROWS = [
    *_row(0, "widgets", _TRIP, "trip"),
    *(mark for i, name in enumerate(CHECKS[1:], 1) for mark in _row(i, name, f"{{{name}_text}}", name)),
]


def _verdict(missing, unmoved, loading, well):
    """Words for each stage; that all is well is said only when every row is answered."""
    return {"by": "well", "of": [missing, {"by": "tripped", "of": [unmoved, {"by": "loaded", "of": [loading, well]}]}]}


class DoctorExplorer(Explorer):
    """Checks the machine, and shows how a slider is moved: by mouse, or by the arrow keys once it has the focus."""

    dials = (Slider("knock", "Move me", 0, 0, 10, 1),)
    sentence = [
        "Five checks: widgets, torch, device, memory, cores. The slider stands at {knock:d}. ",
        _verdict("Something is missing: read the rows with an exclamation mark.", "Move it: the row of the widgets waits for that.",
                 "The row of the device waits for torch.", "All that the course needs is here."),
    ]  # fmt: skip
    poster = "Run this cell: five checks of this machine take the place of this picture. If it stays, widgets do not work here."
    scene = picture(
        215,
        panel(
            [0, 0, 1, 1],
            [_verdict("Something is missing", *["Not yet answered"] * 2, "Ready"), ": the slider stands at {knock:d}"],
            _ROWS, axes=False, x=axis([0, 10]), y=axis([0, 5]),
        ),
    )  # fmt: skip

    def __init__(self, **values):
        super().__init__(**values)
        threading.Thread(target=self._load_torch).start()

    @classmethod
    def frame(cls, knock):
        """What was found; a state is 0 bad, 1 good, 2 not known yet. The browser measures the round trip."""
        free, total = (size / GIGABYTE for size in device.memory())
        version = _version("torch")
        states = {"trip": 2, "torch": int(bool(version)), "device": _found["state"], "memory": int(free > 0.5), "cores": 1}
        return {
            **_states(states), "knock": knock, "trip_text": "move the slider above: does the kernel answer?",
            "torch_text": f"version {version}" if version else "not installed: run the first command of the README again",
            "device_text": _found["device"], "memory_text": f"{free:.1f} GB free of {total:.1f} GB",
            "cores_text": f"{device.cores()} processor {'cores' if device.cores() > 1 else 'core'}",
        }  # fmt: skip

    def snapshot(self):
        """A stored picture says nothing of the machine on which it was made."""
        frame = _states(dict.fromkeys(CHECKS, 2)) | {f"{name}_text": "not looked at yet" for name in CHECKS}
        return self.poster, paint({**self.scene, "panels": [{**self.scene["panels"][0], "title": self.poster}]}, frame)

    def _load_torch(self):
        try:
            _found.update(device=f"training runs on {device.describe(device.device())}", state=1)
        except Exception as problem:
            _found.update(device=f"torch does not load: {problem}", state=0)
        self._worker.wake()


def _states(states):
    """What a frame holds of the five states and of what follows from them."""
    colours = {f"{name}_colour": LOOK[("lacking", "there", "awaited")[state]].color for name, state in states.items()}
    return {**states, **colours, "well": int(0 not in states.values()), "loaded": int(states["device"] != 2), "tripped": 0, "trip_ms": 0.0}


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
