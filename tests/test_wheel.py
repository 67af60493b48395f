"""The wheel holds every file of the package, code and shipped measurements, so that an installed explorer can draw."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENDINGS = (".py", ".js", ".css", ".npz")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built offline from a copy, so that no build folder is left behind or taken up."""
    copy = tmp_path_factory.mktemp("source") / "skiplab"
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "skiplab", copy / "skiplab", ignore=skip)
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-prose"):
        shutil.copy(ROOT / name, copy / name)
    out = copy.parent / "wheels"
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", str(out), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = out.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def files_of_the_package():
    found = (path for path in (ROOT / "skiplab").rglob("*") if path.suffix in ENDINGS)
    return {path.relative_to(ROOT).as_posix(): path for path in found if "__pycache__" not in path.parts}


def test_every_file_of_the_package_is_in_the_wheel(wheel):
    tree = files_of_the_package()
    assert any(name.endswith(".js") for name in tree)
    assert sorted(name for name in wheel if name.endswith(ENDINGS)) == sorted(tree)
    assert [name for name, path in tree.items() if wheel[name] != path.read_bytes()] == []


def test_both_licences_are_in_the_wheel(wheel):
    assert {Path(name).name for name in wheel} >= {"LICENSE", "LICENSE-prose"}
