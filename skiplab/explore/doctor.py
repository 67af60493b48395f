"""Before the course begins, see whether widgets answer, torch is there, and device, memory and cores will do."""

import threading
from importlib import metadata

from skiplab import device
from skiplab.explore.dials import Slider
from skiplab.explore.explorer import Explorer

GIGABYTE = 2**30
_found = {"device": ""}  # filled once torch has loaded, in a thread of its own


def _row(i, name, template, state):
    """Two marks: the sign of one check and what was found."""
    y = 4.5 - i
    sign = {"kind": "text", "x": 0.25, "y": y, "text": f"{{{state}:!|✓|…}}", "size": 1.5, "bold": True, "color": f"@{state}_colour"}
    return [
        sign,
        {"kind": "text", "x": 0.6, "y": y, "text": name, "size": 1.15, "bold": True, "align": "left"},
        {"kind": "text", "x": 2.2, "y": y, "text": template, "size": 1.15, "align": "left"},
    ]


_TRIP = {"by": "tripped", "of": ["move the slider above: does the kernel answer?", "the kernel answered in {trip_ms:.0f} ms"]}
_ROWS = [
    *_row(0, "widgets", _TRIP, "trip"),
    *_row(1, "torch", "{torch_text}", "torch"),
    *_row(2, "device", "{device_text}", "device"),
    *_row(3, "memory", "{free:.1f} GB free of {total:.1f} GB", "memory"),
    *_row(4, "cores", "{cores:d} processor {several:core|cores}", "cores_ok"),
]


class DoctorExplorer(Explorer):
    """Checks the machine, and shows how a slider is moved: by mouse, or by the arrow keys once it has the focus."""

    dials = (Slider("knock", "move me", 0, 0, 10, 1),)
    sentence = [
        "Five checks: widgets, torch, device, memory, cores. The slider stands at {knock:d}. ",
        "{well:Something is missing: read the rows with an exclamation mark.|All that the course needs is here.}",
    ]
    scene = {
        "height": 215,
        "panels": [
            {"box": [0, 0, 1, 1], "axes": False, "title": "{well:Something is missing|Ready}: the slider stands at {knock:d}",
             "x": {"range": [0, 10]}, "y": {"range": [0, 5]}, "marks": _ROWS}
        ],
    }  # fmt: skip

    def __init__(self, **values):
        super().__init__(**values)
        threading.Thread(target=self._load_torch).start()

    @classmethod
    def frame(cls, knock):
        """What was found; a state is 0 bad, 1 good, 2 not known yet. The browser measures the round trip."""
        free, total = (size / GIGABYTE for size in device.memory())
        version = _version("torch")
        states = {"trip": 2, "torch": int(bool(version)), "device": 1 if _found["device"] else 2, "memory": int(free > 0.5), "cores_ok": 1}
        colours = {f"{name}_colour": ("plain", "concat", "muted")[state] for name, state in states.items()}
        return {
            **states, **colours, "knock": knock, "tripped": 0, "trip_ms": 0.0, "well": int(0 not in states.values()),
            "torch_text": f"version {version}" if version else "not installed: run the first command of the README again",
            "device_text": _found["device"] or "torch is loading …", "free": free, "total": total,
            "cores": device.cores(), "several": int(device.cores() > 1),
        }  # fmt: skip

    def _load_torch(self):
        try:
            _found["device"] = f"training runs on {device.describe(device.device())}"
        except Exception as problem:
            _found["device"] = f"torch does not load: {problem}"
        self._push()


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
