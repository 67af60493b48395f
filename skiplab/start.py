"""Makes the course's own environment once, then opens JupyterLab, runs the tests or refreshes the notebooks."""

import argparse
import contextlib
import hashlib
import http.client
import importlib.util
import itertools
import json
import os
import subprocess
import sys
import threading
import tomllib
import urllib.request
from pathlib import Path

from skiplab import CPU_WHEELS, NEWEST, OLDEST

ROOT = Path(__file__).resolve().parent.parent
QUIET_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
TEST_HELP = """\
test --quick: something of every room, no browser and no stored notebook. test 03 06: two lessons with their
exercises, explorers and browser tests. test --seeds 3: the claims of every trained lesson with three fresh batches
of seeds. Other arguments go to pytest: test tests/test_start.py -q"""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Stop(Exception):
    """Says in one sentence why the command cannot go on."""


def say(sentence):
    print(f"skiplab: {sentence}", file=sys.stderr, flush=True)


# ---- the command line -------------------------------------------------------------------------------------------


def main(argv):
    args, extra = parse(argv)
    try:
        return args.run(environment(args.gpu), args, extra)
    except Stop as stop:
        say(stop)
        return 2
    except KeyboardInterrupt:
        say("stopped; the same command goes on from here.")
        return 130


def parse(argv):
    parser = argparse.ArgumentParser(prog="python3 -m skiplab", description=__doc__, allow_abbrev=False)
    parser.set_defaults(gpu=False)
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, run, text, rest in (
        ("lab", lab, "open the course in JupyterLab", "Other arguments go to jupyter lab."),
        ("test", test, "run every test, those of lessons (test 03), or the quick ones (test --quick)", TEST_HELP),
        ("refresh", refresh, "execute and normalise the notebooks",
         "[--check] [NOTEBOOK ...]; --check writes nothing."),
    ):
        commands.add_parser(name, help=text, description=text, epilog=rest, allow_abbrev=False).set_defaults(run=run)
    add = commands.choices["lab"].add_argument
    add("--gpu", action="store_true", help="install torch with CUDA (Linux); remembered afterwards")
    add("--port", type=int, metavar="N", help="port of the JupyterLab server")
    add("--no-browser", action="store_true", help="print the address, open no browser")
    args, extra = parser.parse_known_args(argv)
    if not hasattr(args, "run"):
        parser.print_help()
        parser.exit(2 if extra else 0)
    return args, [word for word in extra if word != "--"]


def lab(python, args, extra):
    first = ROOT / "notebooks" / "00_start_here.ipynb"
    if not first.is_file():
        raise Stop(f"{first} is missing: restore it with git, or clone the repository again.")
    quiet_news(ROOT / ".venv")
    command = [str(python), "-m", "jupyterlab", f"--ServerApp.root_dir={first.parent}"]
    command += [f"--LabApp.default_url=/lab/tree/{first.name}", "--ServerApp.ip=localhost"]
    command += [f"--ServerApp.port={args.port}"] if args.port is not None else []
    command += ["--no-browser"] if args.no_browser else []
    return hand_over([*command, *extra], {})


def quiet_news(venv):
    """Answers JupyterLab's first-start question for this environment only, not in the user's own settings."""
    settings = venv / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    if not settings.exists():
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps(QUIET_NEWS, indent=1) + "\n", encoding="utf-8")


def test(python, args, extra):
    os.chdir(ROOT)
    strict = {**ONE_THREAD, "SKIPLAB_STRICT": "1", "SKIPLAB_DEVICE": os.environ.get("SKIPLAB_DEVICE", "cpu")}
    lessons = list(itertools.takewhile(str.isdigit, extra))
    chosen = [f"--lesson={number}" for number in lessons]
    return hand_over([str(python), "-m", "pytest", *chosen, *extra[len(lessons) :]], strict)


def refresh(python, args, extra):
    return hand_over([str(python), "-m", "skiplab.refresh", *extra], ONE_THREAD)


def hand_over(command, variables):
    """Becomes the command where the system can, so that signals and exit code are the command's own, else waits."""
    sys.stdout.flush()
    variables = {**clean_environment(), **variables}
    if os.name != "nt":
        os.execve(command[0], command, variables)
    child = subprocess.Popen(command, env=variables)
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            return child.wait()


def clean_environment():
    return {name: text for name, text in os.environ.items() if name not in ("PYTHONHOME", "__PYVENV_LAUNCHER__")}


# ---- the environment --------------------------------------------------------------------------------------------


def environment(gpu):
    """Gives the Python of an environment that holds the pins; makes, repairs or brings it up to date where needed."""
    if not all((ROOT / name).is_file() for name in ("requirements.txt", "pyproject.toml")):
        raise Stop(f"lab, test and refresh work in a clone of the repository, and {ROOT} is not one.")
    venv = ROOT / ".venv"
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    active = sys.prefix if sys.prefix != sys.base_prefix else os.environ.get("VIRTUAL_ENV")
    if active and Path(active).resolve() != venv.resolve():
        say(f"your active environment {active} is left alone; the course uses its own, {venv}.")
    if version(python) is None:
        make(venv)
    found = version(python)
    if found is None or not OLDEST <= found <= NEWEST:
        held = "no working Python" if found is None else "Python {}.{}".format(*found)
        raise Stop(f"{venv} holds {held}, and 3.11 to 3.14 is needed: delete that folder and run this again.")
    bring_up_to_date(venv, python, found, gpu)
    return python


def version(python):
    """(3, 12) for a Python that runs, None for one that is absent or broken."""
    ask = [str(python), "-S", "-c", "import sys; print('%d %d' % sys.version_info[:2])"]
    try:
        answer = subprocess.run(ask, capture_output=True, text=True, timeout=60, env=clean_environment())
        return tuple(int(word) for word in answer.stdout.split()) or None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def make(venv):
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise Stop(f"this Python comes without {missing[0]}: on Debian or Ubuntu, sudo apt install python3-venv")
    say(f"making {venv} (once; about 1.5 GB and a few minutes) ...")
    if run([sys.executable, "-m", "venv", "--clear", str(venv)]):
        raise Stop(f"could not make {venv} (the reason is above): is the folder writable, is there space on the disk?")


def run(command):
    return subprocess.run(command, cwd=ROOT, env={**clean_environment(), "PIP_USER": "0"}).returncode


def bring_up_to_date(venv, python, found, gpu):
    """Installs when the pins, the folder, the Python or --gpu differ from what the stamp says was installed."""
    stamp = venv / "skiplab-stamp.txt"
    before = stamp.read_text(encoding="utf-8") if stamp.is_file() else ""
    gpu = gpu or before.startswith("gpu ")
    wanted = f"{'gpu' if gpu else 'cpu'} {fingerprint(found)}"
    if before != wanted:
        stamp.unlink(missing_ok=True)
        install(venv, python, gpu)
        stamp.write_text(wanted, encoding="utf-8")


def fingerprint(found):
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = json.dumps([pins, project.get("dependencies", []), str(ROOT), found])
    return hashlib.sha256(text.encode()).hexdigest()


def install(venv, python, gpu):
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    quiet = subprocess.run([*pip, "--version"], capture_output=True, env=clean_environment())
    if quiet.returncode and run([str(python), "-m", "ensurepip", "--default-pip"]):
        raise Stop(f"{venv} has no working pip: delete that folder and run this again.")
    if gpu and cpu_torch(venv):
        run([*pip, "uninstall", "-y", "torch"])
    say("installing what requirements.txt pins ...")
    if run([*pip, "install", "-r", str(ROOT / "requirements.txt"), *wheel_index(gpu)]):
        raise Stop(
            "pip could not install the pins (its reason is above): look at the network connection and the free disk "
            "space, then run this again; torch exists for 64-bit Linux, Windows and Apple-silicon macOS."
        )
    if gpu and (cpu_torch(venv) or sys.platform != "linux"):
        say("pip found no torch with CUDA for this system; pytorch.org says how to put one into .venv.")


def cpu_torch(venv):
    return any(venv.glob("[Ll]ib/**/site-packages/torch-*+cpu.dist-info"))


def wheel_index(gpu):
    """PyPI's torch for Linux brings gigabytes of CUDA; the CPU index has a small one, where it can be reached."""
    if gpu or sys.platform != "linux":
        return []
    if answers(CPU_WHEELS + "/torch/"):
        return ["--extra-index-url", CPU_WHEELS]
    say("the index of small CPU wheels does not answer; torch comes from pip's usual index, perhaps with CUDA.")
    return []


def answers(address, seconds=3):
    """A thread keeps the limit also where looking up the host's name hangs."""
    heard = []

    def ask():
        request = urllib.request.Request(address, method="HEAD")
        failures = contextlib.suppress(OSError, ValueError, http.client.HTTPException)
        with failures, urllib.request.urlopen(request, timeout=seconds):
            heard.append(True)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return bool(heard)
