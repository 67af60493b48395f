"""What each notebook costs when it is run whole: CPU-seconds on one thread, and the most memory it takes.

CPU-seconds     of the kernel and its child processes, from its start until the last cell is done.
Peak memory     of the kernel: the resident set (RSS) at its largest, as the operating system has recorded it; where there are child
                processes, their resident sets are added at the moment of the largest sum, looked at ten times a second.

Checked against what a lesson may cost, OVER marks what is more: 25 CPU-seconds on average, 60 at most, 600 MB at most. On a busy machine
CPU time grows too; a notebook that is over is worth a second run by itself. Ends with status 1 where a notebook fails.

    python benchmarks/suite.py [notebooks ...] [--quick] [--json FILE]
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from skiplab.refresh import ENVIRONMENT, SECONDS_A_CELL, Refused, read, reason

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
MEAN_S, MOST_S, MOST_MB = 25, 60, 600
LOOK = 0.1  # s


class Meter(threading.Thread):
    """Looks at a process and its children as long as it runs."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.root, self.peak = psutil.Process(pid), 0
        self.note()
        self.start()

    def run(self):
        with contextlib.suppress(psutil.NoSuchProcess):
            while True:
                self.peak = max(self.peak, self._sum(lambda process: process.memory_info().rss))
                time.sleep(LOOK)

    def note(self):
        """CPU-seconds with those of all children, running or done, and the largest memory in MB so far."""
        cpu = self._sum(lambda process: sum(process.cpu_times()[:4]))  # two of its own, two of the children it has waited for
        self.figures = {"cpu_s": round(cpu, 1), "peak_mb": round(max(self.peak, _recorded_peak(self.root)) / 1e6)}

    def _sum(self, ask):
        """Of the process, which must be there, and of each child that is."""
        total = ask(self.root)
        for child in self.root.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += ask(child)
        return total


def _recorded_peak(process):
    """The largest resident set of a process so far in bytes; 0 where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return getattr(process.memory_info(), "peak_wset", 0)
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def measure(path):
    """Run a notebook whole, in a kernel of this environment; nothing is stored. Raises `Refused` where that fails."""
    (_, notebook), meters = read(path), []
    client = NotebookClient(notebook, timeout=SECONDS_A_CELL, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}})
    client.create_kernel_manager().kernel_spec_manager = KernelSpecManager(kernel_dirs=[])
    client.on_notebook_start = lambda notebook: meters.append(Meter(client.km.provisioner.pid))
    client.on_cell_executed = lambda cell, cell_index, execute_reply: meters[0].note()
    try:
        client.execute(env={**os.environ, **ENVIRONMENT}, stderr=subprocess.DEVNULL)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as problem:
        raise Refused(f"fails: {reason(problem)}") from None
    return meters[0].figures


def report(found):
    """Print the table, name -> figures, with what is over a budget marked."""
    print(f"\n{'':<34}{'CPU s':>8}{'peak MB':>9}")
    for name, cost in found.items():
        print(
            f"{name:<34}{cost['cpu_s']:>8.1f}{cost['peak_mb']:>9}{_over(cost['cpu_s'], MOST_S, 's')}{_over(cost['peak_mb'], MOST_MB, 'MB')}"
        )
    mean = sum(cost["cpu_s"] for cost in found.values()) / len(found)
    print(f"{'mean':<34}{mean:>8.1f}{'':>9}{_over(mean, MEAN_S, 's')}")
    print(f"{'budget':<34}{MEAN_S:>4} to {MOST_S}{MOST_MB:>6}")


def _over(value, most, unit):
    return f"   OVER {most} {unit}" if value > most else ""


def main():
    """All notebooks, or those named."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("notebooks", nargs="*", type=Path, help="default: all in notebooks/")
    options.add_argument("--quick", action="store_true", help="only the first notebook, to see that it runs")
    options.add_argument("--json", metavar="FILE", help="write the figures here")
    asked = options.parse_args()
    paths = asked.notebooks or sorted(FOLDER.glob("*.ipynb"))
    found, failures = {}, 0
    for path in paths[:1] if asked.quick else paths:
        try:
            found[path.stem] = measure(path.resolve())
            print(f"{path.stem}: {found[path.stem]['cpu_s']} s, {found[path.stem]['peak_mb']} MB", flush=True)
        except Refused as refused:
            print(f"{path.stem} {refused}", file=sys.stderr, flush=True)
            failures += 1
    if found:
        report(found)
    if asked.json:
        Path(asked.json).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
