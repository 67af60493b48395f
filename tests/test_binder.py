"""Binder gets the same pins as everybody else, an image that repo2docker can render, and a start that hands over."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from skiplab import CPU_WHEELS
from skiplab.start import QUIET_NEWS

ROOT = Path(__file__).resolve().parent.parent
BINDER = ROOT / "binder"
SCRIPTS = ("postBuild", "start")
NOT_ON_BINDER = {
    "nbval": "compares stored notebooks in the tests",
    "pytest": "runs the tests",
    "pytest-xdist": "runs them on several cores",
    "playwright": "drives a browser in the tests",
    "axe-playwright-python": "looks for barriers in the browser tests",
    "ruff": "is the linter",
}
TORCH_WHEELS = {"2.13.0": ("3.11", "3.12", "3.13", "3.14")}  # as listed on PyPI; a new pin needs a new look
needs_bash = pytest.mark.skipif(os.name == "nt" or not shutil.which("bash"), reason="needs bash")


def lines(path):
    bare = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in bare if line]


def pins(path):
    """{name: version} of every line that is no option; a line that is not an exact pin fails."""
    found = [Requirement(line) for line in lines(path) if not line.startswith("-")]
    assert [str(one) for one in found if not re.fullmatch(r"==[\d.]+", str(one.specifier))] == []
    return {one.name: str(one.specifier).removeprefix("==") for one in found}


def runtime():
    return re.fullmatch(r"python-(3\.\d+)", (BINDER / "runtime.txt").read_text(encoding="utf-8").strip()).group(1)


# ---- pins and Python --------------------------------------------------------------------------------------------

def test_both_lists_pin_the_same_versions():
    everybody, binder = pins(ROOT / "requirements.txt"), pins(BINDER / "requirements.txt")
    assert everybody.keys() >= NOT_ON_BINDER.keys()
    assert binder == {name: version for name, version in everybody.items() if name not in NOT_ON_BINDER}


def test_binder_has_what_the_package_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    binder = pins(BINDER / "requirements.txt")
    for need in map(Requirement, project["dependencies"]):
        assert need.specifier.contains(binder[need.name]), need


def test_the_pins_refer_to_no_local_file():
    """A local reference would make repo2docker install torch again at every commit."""
    assert [line for line in lines(BINDER / "requirements.txt") if line.startswith("-")] == [f"--extra-index-url {CPU_WHEELS}"]
    assert [line for line in lines(BINDER / "requirements.txt") if re.search(r"^\.|@|^file:|\.whl", line)] == []


def test_the_python_is_one_that_the_course_and_torch_support():
    allowed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert SpecifierSet(allowed).contains(runtime())
    assert runtime() in TORCH_WHEELS[pins(BINDER / "requirements.txt")["torch"]]


# ---- postBuild and start ----------------------------------------------------------------------------------------

@needs_bash
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_are_executable_bash_that_stops_at_an_error(name):
    path = BINDER / name
    text = path.read_bytes()
    assert os.access(path, os.X_OK)
    assert b"\r" not in text
    assert text.startswith(b"#!/usr/bin/env bash\n")
    assert b"\nset -euo pipefail\n" in text
    checked = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


@needs_bash
def test_start_becomes_the_command_it_is_given():
    assert lines(BINDER / "start")[-1] == 'exec "$@"'
    tell = "import json, os, sys; print(json.dumps([os.getpid(), dict(os.environ), sys.argv[1:]])); sys.exit(7)"
    command = [str(BINDER / "start"), sys.executable, "-c", tell, "two words", "*"]
    child = subprocess.Popen(command, env={**os.environ, "SKIPLAB_DEVICE": "cuda"}, stdout=subprocess.PIPE, text=True)
    pid, variables, words = json.loads(child.communicate(timeout=60)[0])
    assert (child.returncode, pid, words) == (7, child.pid, ["two words", "*"])
    assert (variables["OMP_NUM_THREADS"], variables["SKIPLAB_DEVICE"]) == ("1", "cpu")


def build(folder, pip):
    """Runs postBuild in an empty folder with a `pip` of our own."""
    stub = folder / "bin" / "pip"
    stub.parent.mkdir()
    stub.write_text(f"#!/usr/bin/env bash\n{pip}\n", encoding="utf-8")
    stub.chmod(0o755)
    path = os.pathsep.join([str(stub.parent), os.environ["PATH"]])
    variables = {**os.environ, "PATH": path, "NB_PYTHON_PREFIX": str(folder / "a prefix")}
    return subprocess.run([str(BINDER / "postBuild")], cwd=folder, env=variables, capture_output=True, text=True, timeout=60)


@needs_bash
def test_post_build_installs_the_course_and_turns_the_news_off(tmp_path):
    done = build(tmp_path, 'mkdir -p build skiplab.egg-info; echo "$@"')
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "install --no-deps --no-cache-dir --no-build-isolation .\n"
    settings = tmp_path / "a prefix" / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    assert json.loads(settings.read_text(encoding="utf-8")) == QUIET_NEWS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a prefix", "bin"]


@needs_bash
def test_post_build_fails_where_pip_fails(tmp_path):
    assert build(tmp_path, "exit 3").returncode == 3
    assert not (tmp_path / "a prefix").exists()


# ---- the rehearsal ----------------------------------------------------------------------------------------------

def test_the_rehearsal_keeps_the_newest_kernels_and_no_more(monkeypatch):
    spec = importlib.util.spec_from_file_location("rehearse", BINDER / "rehearse.py")
    spec.loader.exec_module(rehearse := importlib.util.module_from_spec(spec))
    server, asked = object.__new__(rehearse.Server), []
    server.sessions = []

    def ask(path, body=None, method=None):
        asked.append((method, path, body and body["name"]))
        return {"id": f"session of {body['name']}", "kernel": {"id": f"kernel of {body['name']}"}} if body else None

    monkeypatch.setattr(server, "ask", ask)
    names = [f"{number:02d}" for number in range(rehearse.OPEN + 2)]
    assert [server.open(name) for name in names] == [f"kernel of {name}" for name in names]
    assert [path for method, path, _ in asked if method] == ["/api/sessions/session of 00", "/api/sessions/session of 01"]
    assert server.sessions == [f"session of {name}" for name in names[2:]]
    readme = (ROOT / "README.md").read_text(encoding="utf-8").replace("\n", " ")
    assert (rehearse.OPEN, rehearse.LIMIT) == (4, 2048)
    assert "within 2 GB, the newest four kernels open at a time" in readme


# ---- repo2docker ------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def dockerfile():
    """What repo2docker would build, rendered without Docker and in a process of its own."""
    own = [sys.executable, "-m", "repo2docker"] if importlib.util.find_spec("repo2docker") else []
    command = own or [found for found in [shutil.which("repo2docker")] if found]
    if not command:
        pytest.skip("needs repo2docker (pip install jupyter-repo2docker in an environment of its own, and put it on PATH)")
    user = ["--user-id", "1000", "--user-name", "jovyan"]
    done = subprocess.run([*command, "--no-build", "--debug", *user, str(ROOT)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_repo2docker_installs_the_pins_before_it_copies_the_source(dockerfile):
    assert f"python={runtime()}" in dockerfile
    pip = dockerfile.index('pip install --no-cache-dir -r "binder/requirements.txt"')
    copy = re.search(r"^COPY .*\bsrc/ \$\{REPO_DIR\}", dockerfile, flags=re.MULTILINE).start()
    assert pip < copy < dockerfile.index("RUN ./binder/postBuild")
    assert dockerfile.count("pip install") == 1


def test_repo2docker_starts_by_our_script(dockerfile):
    assert 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in dockerfile
