"""The soak runs, and a few moves of an explorer leave no error, no wrong frame and no widget."""

import json
import subprocess
import sys

from lab import ROOT


def test_a_short_soak_finds_nothing(found, tmp_path):
    file = tmp_path / "soak.json"
    command = [sys.executable, "benchmarks/soak.py", "SkipExplorer", "--quick", "--json", str(file)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300)
    figures = json.loads(file.read_text())["SkipExplorer"]
    assert [figures[name] for name in ("moves", "errors", "wrong_frames", "widgets_left")] == [40, 0, 0, 0]
    assert max(figures["kernel_mb"], figures["browser_mb"]) <= 2
