"""One command makes the environment where there is none, then opens JupyterLab, runs the tests or refreshes the notebooks."""

import argparse
import contextlib
import itertools
import json
import os
import subprocess
import sys

from skiplab.install import ROOT, Stop, clean_environment, environment, say

QUIET_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
TEST_HELP = """\
test --quick: something of every room, no browser and no stored notebook. test 03 06: two lessons with their
exercises, explorers and browser tests. test --seeds 3: the claims of every trained lesson with three fresh batches
of seeds. Other arguments go to pytest: test tests/test_start.py -q"""
PLAIN = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "SKIPLAB_FIRST_SEED": ""}


def main(argv):
    args, extra = parse(argv)
    try:
        return args.run(environment(args.gpu), args, extra)
    except KeyboardInterrupt:
        say("stopped; the same command goes on from here.")
        return 130
    except Stop as stop:
        say(stop)
    except OSError as problem:
        say(f"the system does not let this go on ({problem}): look at that file or folder, then run this again.")
    return 2


def parse(argv):
    parser = argparse.ArgumentParser(prog="python3 -m skiplab", description=__doc__, allow_abbrev=False)
    parser.set_defaults(gpu=False)
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, run, text, rest in (
        ("lab", lab, "open the course in JupyterLab", "Other arguments go to jupyter lab."),
        ("test", test, "run every test, those of lessons (test 03), or the quick ones (test --quick)", TEST_HELP),
        ("refresh", refresh, "execute and normalise the notebooks", "[NOTEBOOK ...], files or numbers; all by default."),
    ):
        commands.add_parser(name, help=text, description=text, epilog=rest, allow_abbrev=False).set_defaults(run=run)
    add = commands.choices["lab"].add_argument
    add("--gpu", action="store_true", help="install torch with CUDA (Linux); remembered afterwards")
    add("--port", type=port, metavar="N", help="port of the JupyterLab server")
    add("--no-browser", action="store_true", help="print the address, open no browser")
    args, extra = parser.parse_known_args(argv)
    if not hasattr(args, "run"):
        parser.print_help()
        parser.exit(2 if extra else 0)
    return args, [word for word in extra if word != "--"]


def port(text):
    if not 0 <= int(text) <= 65535:
        raise ValueError
    return int(text)


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
    strict = {**PLAIN, "SKIPLAB_STRICT": "1", "SKIPLAB_DEVICE": os.environ.get("SKIPLAB_DEVICE", "cpu")}
    lessons = list(itertools.takewhile(str.isdigit, extra))
    chosen = [f"--lesson={number}" for number in lessons]
    return hand_over([str(python), "-m", "pytest", *chosen, *extra[len(lessons) :]], strict)


def refresh(python, args, extra):
    return hand_over([str(python), "-m", "skiplab.refresh", *extra], PLAIN)


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
