"""The JavaScript of an explorer: one module, put together from small files; and, while developing, again after each edit."""

import functools
import re
import threading
import time
from pathlib import Path

HOUSE = Path(__file__).parents[1]
EVERY = 0.3  # s between two looks at the files
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


@functools.cache
def style():
    """The CSS of all explorers."""
    return (HOUSE / "explore/canvas.css").read_text(encoding="utf-8")


def follow_edits(heed, until):
    """Call `heed` after each edit of a .js or .css file, until `until()`, in a thread of its own."""

    def stamps():
        return {path: path.stat().st_mtime_ns for path in [*HOUSE.glob("*/*.js"), *HOUSE.glob("*/*.css")]}

    before = stamps()

    def watch():
        nonlocal before
        while not until():
            time.sleep(EVERY)
            if (now := stamps()) != before:
                before = now
                put_together.cache_clear()
                style.cache_clear()
                heed()

    threading.Thread(target=watch, daemon=True).start()
