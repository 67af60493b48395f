"""Makes a sweep anew: `python -m skiplab.sweeps residual`."""

import importlib
import sys
import time

from skiplab import sweeps
from skiplab.base import grid
from skiplab.base.say import say


def main(names):
    known = sorted(path.stem for path in sweeps.HERE.glob("[a-z]*.py"))
    if not names or set(names) - set(known):
        print(f"Give the sweeps to make, of {', '.join(known)}.", file=sys.stderr)
        return 2
    for name in names:
        began, room = time.perf_counter(), importlib.import_module(f"skiplab.sweeps.{name}")
        path = sweeps.HERE / f"{name}.npz"
        grid.save(path, room.measure(lambda done, of: say(f"\r{done} of {of}", end="", flush=True)), room.ABOUT)
        say(f"\r{name}: {path.stat().st_size / 1000:.0f} kB after {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
