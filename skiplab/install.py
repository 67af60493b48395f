"""Makes the course's own environment, proves that all pins are in it, and leaves alone what else is installed here."""

import hashlib
import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from skiplab import CPU_WHEELS, NEWEST, OLDEST

ROOT = Path(__file__).resolve().parent.parent
FOREIGN = re.compile("PIP_|PYTHON|JUPYTER|PYTEST_|MPLBACKEND|MATPLOTLIBRC|VIRTUAL_ENV|__PYVENV_LAUNCHER__")
HARMLESS = re.compile(  # how to reach an index, how to write text, where a reader's own settings are kept
    "PIP_(.*INDEX.*|PYPI_URL|FIND_LINKS|TRUSTED_HOST|PROXY|.*CERT|.*TIMEOUT|RETRIES|(NO_)?CACHE_DIR|CONFIG_FILE|KEYRING_PROVIDER)"
    "|PYTHON(UTF8|IOENCODING|UNBUFFERED|DONTWRITEBYTECODE|PYCACHEPREFIX)"
    "|JUPYTER_(CONFIG_DIR|DATA_DIR|RUNTIME_DIR|TOKEN|TOKEN_FILE|ALLOW_INSECURE_WRITES)"
)


class Stop(Exception):
    """Says in one sentence why the command cannot go on."""


def say(sentence):
    print(f"skiplab: {sentence}", file=sys.stderr, flush=True)


def environment(gpu):
    """Gives the Python of an environment that holds the pins; makes, repairs or brings it up to date where needed."""
    if not all((ROOT / name).is_file() for name in ("requirements.txt", "pyproject.toml")):
        raise Stop(f"lab, test and refresh work in a clone of the repository, and {ROOT} is not one.")
    home = os.environ.get("JUPYTER_DATA_DIR") or os.path.expanduser("~")
    if not os.access(home, os.W_OK):
        raise Stop(f"Jupyter needs a folder to keep its settings in, and {home} cannot be written to: set HOME to one that can.")
    venv = ROOT / ".venv"
    if venv.is_symlink() and (other := clone_of(venv)) != ROOT and other.is_dir():
        raise Stop(f"{venv} is a link to the environment of another clone, {other}, which this command would take away from it.")
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


def clone_of(venv):
    """The folder whose skiplab an environment holds, this one where it holds none."""
    for file in venv.glob("[Ll]ib/**/site-packages/skiplab-*.dist-info/direct_url.json"):
        return Path(url2pathname(urlsplit(json.loads(file.read_text(encoding="utf-8"))["url"]).path))
    return ROOT


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
    return subprocess.run(command, cwd=ROOT, env=clean_environment()).returncode


def bring_up_to_date(venv, python, found, gpu):
    """Installs when the pins, the folder, the Python or --gpu differ from what the stamp says was installed."""
    stamp = venv / "skiplab-stamp.txt"
    before = stamp.read_text(encoding="utf-8", errors="replace") if stamp.is_file() else ""
    gpu = gpu or before.startswith("gpu ")
    wanted = f"{'gpu' if gpu else 'cpu'} {fingerprint(found)}"
    if before != wanted:
        stamp.unlink(missing_ok=True)
        install(venv, python, gpu)
        prove(python)
        stamp.write_text(wanted, encoding="utf-8")


def fingerprint(found):
    try:
        pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    except (ValueError, KeyError) as problem:
        raise Stop(f"requirements.txt or pyproject.toml is damaged ({problem}): restore both with git.") from None
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


def prove(python):
    """Lets the environment's own Python import the pins: only then does a stamp say that they are there."""
    command = [str(python), "-c", "from skiplab import install; install.import_pins()"]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(), stderr=subprocess.PIPE, text=True)
    if done.returncode:
        reason = done.stderr.strip().rpartition("\n")[2]
        raise Stop(
            f"pip is done, but what it installed does not work in {python} ({reason}): look whether "
            "'pip config list' names a target, prefix, root or the like, then run this again."
        )


def import_pins():
    """Fails where a pin has another version here, or cannot be imported."""
    homes = metadata.packages_distributions()
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        name, exact, pinned = line.partition("==")
        if exact:
            found = metadata.version(name).partition("+")[0]
            if found != pinned:
                raise ImportError(f"{name} is {found}, and {pinned} is pinned")
            modules = [module for module, owners in homes.items() if name in owners]
            importlib.import_module(name if name in modules else modules[0])


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
    """Asked by a process of its own, which is ended in time also where looking up the host's name hangs."""
    ask = f"from urllib.request import Request, urlopen; urlopen(Request({address!r}, method='HEAD'))"
    try:
        return subprocess.run([sys.executable, "-c", ask], capture_output=True, timeout=seconds).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def clean_environment():
    """The environment variables, but for those that change what is installed where, or which modules and kernels are found."""
    kept = {name: text for name, text in os.environ.items() if HARMLESS.fullmatch(name) or not FOREIGN.match(name)}
    return {**kept, "PIP_USER": "0", "JUPYTER_PREFER_ENV_PATH": "1"}
