"""A repository of its own, in which `python -m skiplab` makes an environment without pins, notebooks or network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STUB_PYTEST = """
import json, os, sys
print(json.dumps({"args": sys.argv[1:], "prefix": sys.prefix, "path": sys.path, "environ": dict(os.environ)}))
sys.exit(7)
"""


def make(root):
    """A clone whose `pytest` is a stub that tells how it was called."""
    for room in ("explorers", "base"):
        (root / "skiplab" / room).mkdir(parents=True)
    for name in ("__init__.py", "__main__.py", "start.py", "install.py", "base/__init__.py", "base/imports.py"):
        shutil.copy(ROOT / "skiplab" / name, root / "skiplab" / name)
    (root / "pytest.py").write_text(STUB_PYTEST, encoding="utf-8")
    (root / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
    (root / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["a"]\n', encoding="utf-8")
    return root


def skiplab(folder, *words, flags=("-S",), python=sys.executable, **variables):
    command = [str(python), *flags, "-m", "skiplab", *words]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, timeout=300
    )
