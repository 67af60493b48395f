"""Before the course begins, see whether widgets answer, torch is there, and device, memory and cores will do."""

import threading
from importlib import metadata

from skiplab.base import device
from skiplab.explore.dials import Slider
from skiplab.explore.explorer import Explorer
from skiplab.scene.looks import LOOK
from skiplab.scene.paint import paint
from skiplab.scene.parts import axis, box, panel, picture, text

GIGABYTE = 2**30
ENOUGH = 0.5  # GB that are free
CHECKS = ("trip", "torch", "device", "memory", "cores")
_found = {"device": "torch is loading …", "state": 2}  # changed once torch has loaded, in a thread of its own


def _row(i, name, template, state):
    """The sign of one check, its name and what was found."""
    y = 4.5 - i
    yield text(0.25, y, f"{{{state}:!|✓|…}}", size=1.5, bold=True, color=f"@{state}_colour")
    yield text(0.6, y, name, size=1.15, bold=True, align="left")
    yield text(2.2, y, template, size=1.15, align="left")


_TRIP = {"by": "tripped", "of": ["{trip_text}", {"by": "timed", "of": ["the kernel answers; move the slider to see how soon",
                                                                       "the kernel answered in {trip_ms:.0f} ms"]}]}  # fmt: skip


def _verdict(missing, unasked, loading, well):
    """Words for each stage; that all is well is said only when every row is answered."""
    return {"by": "well", "of": [missing, {"by": "tripped", "of": [unasked, {"by": "loaded", "of": [loading, well]}]}]}


_TILE = [
    box(0.1, 5.3, w=9.8, h=2.1, fill="@tile", text=_verdict("! Something is missing", "… One moment", "… One moment", "✓ Ready"),
        ink="paper", size=3, bold=True),
    *_row(0, "widgets", _TRIP, "trip"),
    *(mark for i, name in enumerate(CHECKS[1:], 1) for mark in _row(i, name, f"{{{name}_text}}", name)),
]  # fmt: skip


class DoctorExplorer(Explorer):
    """Checks the machine, and shows how a slider is moved: by mouse, or by the arrow keys once it has the focus."""

    dials = (Slider("knock", "Move me", 0, 0, 10, 1),)
    sentence = [
        "Five checks: widgets, torch, device, memory, cores. The slider stands at {knock:d}. ",
        _verdict("Something is missing: do what the rows with an exclamation mark say.", "The row of the widgets waits for the kernel.",
                 "The row of the device waits for torch.", "All that the course needs is here."),
    ]  # fmt: skip
    poster = "Run this cell: five checks of this machine take the place of this picture. If it stays, widgets do not work here."
    scene = picture(
        300,
        panel(
            [0, 0, 1, 1], _verdict("Not ready yet: see the rows with an exclamation mark", *["Not all is answered yet"] * 2,
                                   "Ready: all five checks are good"),
            _TILE, axes=False, x=axis([0, 10]), y=axis([0, 7.6]),
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
        states = {"trip": 2, "torch": int(bool(version)), "device": _found["state"], "memory": int(free > ENOUGH), "cores": 1}
        return {
            **_states(states), "knock": knock, "trip_text": "no answer from the kernel yet; if this stays, restart it",
            "torch_text": f"version {version}" if version else "not installed: run the first command of the README again",
            "memory_text": f"{free:.1f} GB free of {total:.1f} GB{'' if free > ENOUGH else ': shut down the kernels of other notebooks'}",
            "device_text": _found["device"],
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
    well = int(0 not in states.values())
    loaded, tile = int(states["device"] != 2), LOOK["there" if well else "lacking"].color
    return {**states, **colours, "tile": tile, "well": well, "loaded": loaded, "tripped": 0, "timed": 0, "trip_ms": 0.0}


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
