"""The README's recipes are followed word by word in a copy of the repository, and what they add is there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"```python\n# (\S+?\.py)(?:, in (\w+))?\n(.*?)```", re.DOTALL)
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "notebooks")

MERGE = """
import torch
from skiplab import GradientExplorer, Skip, SkipExplorer
net, x = torch.nn.Linear(4, 4), torch.ones(2, 4)
assert torch.equal(Skip(net, "mean")(x), (x + net(x)) / 2)
said, picture = SkipExplorer(merge="mean", x0=0.5).snapshot()
assert said.startswith("mean: y = (x + F(x)) / 2. Here x = (0.50, "), said
assert "2 blocks, a mean; ReLU branches" in GradientExplorer(merge="mean").snapshot()[0]
"""
EXPLORER = """
import skiplab
assert "ChainExplorer" in skiplab.__all__
assert skiplab.ChainExplorer(depth=40).snapshot()[0] == "Behind 40 skips of strength 0.9 a share of 0.015 is left."
assert skiplab.ChainExplorer(depth=40, lam=0.5).snapshot()[0] == "Behind 40 skips of strength 0.5 a share of 9.1×10⁻¹³ is left."
"""
EXERCISE = """
from skiplab import check
check("00-z", 0.35)
check("00-z", 0.9)
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The repository with all that the recipes add."""
    copy = tmp_path_factory.mktemp("recipes") / "skiplab"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    for file, table, text in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8")):
        follow(copy / file, table, text)
    return copy


def follow(path, table, text):
    """Put a block of the README where it says: into a new file, at the end of one, or into a table of one."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if table:
        start = before.index(f"\n{table} = {{")
        end = before.index("\n}", start)
        text = before[:end] + "\n    " + text.rstrip("\n") + before[end:]
    elif before:
        text = f"{before.rstrip()}\n\n\n{text}"
    path.write_text(text, encoding="utf-8")


def python(copy, *words):
    done = subprocess.run(
        [sys.executable, *words], cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_readme_has_a_recipe_for_each():
    files = [file for file, _, _ in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))]
    assert files == ["skiplab/skip.py", "skiplab/base/merges.py", "skiplab/explorers/chain.py", "skiplab/lesson/exercises/nb00.py"]


@pytest.mark.parametrize("code", [MERGE, EXPLORER], ids=["merge", "explorer"])
def test_what_was_added_is_there(copy, code):
    python(copy, "-c", code)


def test_the_new_exercise_is_judged(copy):
    right, wrong = python(copy, "-c", EXERCISE).splitlines()
    assert right == "✓ 00-z · right. 0.9 to the tenth power: about a third."
    assert wrong == "✗ 00-z · not yet. Each skip leaves nine tenths of what came into it."


@pytest.mark.slow
def test_the_tests_of_the_house_take_in_what_was_added(copy):
    rooms = ["tests/test_rooms.py", "tests/test_skip.py", "tests/scene/test_parts.py", "tests/explore/test_table.py"]
    said = python(copy, "-m", "pytest", "-n0", "-p", "no:cacheprovider", *rooms, "-m", "not slow")
    assert re.search(r"\d+ passed", said)
    python(copy, "-m", "ruff", "check", "skiplab")
