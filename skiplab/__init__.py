"""skiplab: a skip connection is a branch and a merge.

The rooms, each above those that it imports (tests/test_rooms.py holds the arrows):

    install, start   make the environment, start everything    refresh  run and tidy the notebooks, gather the notes of `teaching`
    explorers        pictures with dials, one a file          lesson   claims, predictions and exercises
    explore          the kit of which explorers are made      sweeps   long measurements, kept as Grids
    scene            a picture as data, drawn twice           probe    what a network does inside
    nets             one architecture a file, of `Skip`s      train    many seeds trained at once
    theory           what can be said on paper                data     data sets that need no connection
    skip             Skip and the merges: the one idea        base     errors, device, seeds, Grid

Importing skiplab loads nothing but the standard library; each name is loaded when it is first used.
"""

__version__ = "0.1.0"
OLDEST, NEWEST = (3, 11), (3, 14)  # the Pythons it runs on
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"  # where torch and torchvision are built for a processor alone

_HOME_OF = {"Skip": "skip", "Plain": "skip", "Add": "skip", "Concat": "skip", "Gate": "skip",
            "check": "lesson.checks", "claim": "lesson.claims", "predict": "lesson.predict", "reveal": "lesson.predict",
            "show_source": "scene.draw"}  # fmt: skip


def _explorers():
    """Name of an explorer's class -> its module, from what stands in explorers/."""
    import os
    import re

    folder = os.path.join(os.path.dirname(__file__), "explorers")
    found = {}
    for file in sorted(os.listdir(folder)):
        if file.endswith(".py"):
            with open(os.path.join(folder, file), "rb") as text:
                names = re.findall(r"^class (\w+Explorer)\(", text.read().decode("utf-8"), re.MULTILINE)
            found.update((name, "explorers." + file[:-3]) for name in names)
    return found


_HOME_OF.update(_explorers())
__all__ = sorted(_HOME_OF)


def __getattr__(name):
    import importlib

    from skiplab.base.imports import whole

    home = "skiplab.scene.draw" if name == "draw" else "skiplab." + _HOME_OF.get(name, name)
    try:
        with whole():
            room = importlib.import_module(home)
        return getattr(room, name) if name in _HOME_OF else room
    except ImportError as problem:
        if problem.name != home:
            raise
    raise AttributeError("skiplab has no room and no name %r; it has %s." % (name, ", ".join(__all__)))  # noqa: UP031


def __dir__():
    return sorted(set(globals()) | set(__all__))
