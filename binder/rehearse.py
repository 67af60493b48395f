"""Rehearses Binder without Docker: its pins, postBuild and start, then the notebooks on one core within 2 GB.

    .venv/bin/python binder/rehearse.py [--env DIR] [--python PYTHON] [NOTEBOOK ...]

The newest four kernels stay open, as with a learner who shuts one down now and then. Memory is the proportional set size:
a page that several processes share counts once. The peak of a kernel is its resident set, shared pages counted in full.
"""

import argparse
import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from pathlib import Path

import psutil
import websocket

from skiplab import CPU_WHEELS
from skiplab.install import answers, clean_environment, say, version
from skiplab.start import QUIET_NEWS

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 2**20
LIMIT = 2048  # MB for the server and all kernels, as on mybinder.org
OPEN = 4  # kernels at a time
SECONDS = 300  # without a message from the kernel
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "build", "*.egg-info", ".ipynb_checkpoints")
COLUMNS = "{:<28} {:>7} {:>7} {:>15} {:>10} {:>8}"


class Failed(Exception):
    """Says in one sentence what went wrong."""


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env", type=Path, metavar="DIR", help="make the environment here, or use the one that is here")
    parser.add_argument("--python", help="the Python of a new environment (default: that of runtime.txt)")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all in notebooks/")
    args = parser.parse_args(argv)
    if not hasattr(os, "sched_setaffinity"):
        parser.error("the rehearsal needs Linux, as Binder has")
    names = [path.name for path in args.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb"))]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "jovyan"
        try:
            shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
            prefix = (args.env or Path(scratch) / "env").absolute()
            install(prefix, args.python or chosen_python(), folder)
            return rehearse(names, folder, prefix)
        except Failed as failure:
            say(failure)
            return 1


def chosen_python():
    """The Python of runtime.txt where there is one, else the one that runs this."""
    wanted = (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip().replace("-", "")
    found = shutil.which(wanted)
    if found and "python{}.{}".format(*(version(found) or (0, 0))) == wanted:
        return found
    say(f"there is no {wanted} here; this is rehearsed with {sys.version.split()[0]}.")
    return sys.executable


def install(prefix, python, folder):
    """What the build of the image does: the pins, then postBuild in a copy of the repository."""
    outside = clean_environment()
    variables = {**outside, "NB_PYTHON_PREFIX": str(prefix), "PATH": f"{prefix / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    pins = folder / "binder" / "requirements.txt"
    if not (prefix / "bin" / "python").exists():
        step([python, "-m", "venv", str(prefix)], folder, outside)
    if not answers(CPU_WHEELS + "/torch/"):
        say("the index of small CPU wheels does not answer; torch comes from pip's usual index, perhaps with CUDA.")
        pins.write_text(re.sub(r"(?m)^--extra-index-url.*\n", "", pins.read_text(encoding="utf-8")), encoding="utf-8")
    step([str(prefix / "bin" / "pip"), "install", "--no-cache-dir", "-r", str(pins)], folder, variables)
    step([str(folder / "binder" / "postBuild")], folder, variables)


def step(command, folder, variables):
    begin, name = time.perf_counter(), " ".join([Path(command[0]).name, *command[1:3]])
    done = subprocess.run(command, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Failed(f"{name} ends with {done.returncode}:\n{done.stdout[-3000:]}")
    say(f"{name}: {time.perf_counter() - begin:.0f} s")


class Server:
    """JupyterLab through binder/start on one core; a watch stops it where all of it together passes the limit."""

    def __init__(self, folder, prefix, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.token = secrets.token_hex(16)
        variables = {"PATH": f"{prefix / 'bin'}:/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
        variables.update(NB_PYTHON_PREFIX=str(prefix), JUPYTER_TOKEN=self.token, SKIPLAB_STRICT="1")
        command = [str(folder / "binder" / "start"), "jupyter", "lab", "--no-browser", "--ServerApp.ip=127.0.0.1"]
        command += [f"--ServerApp.port={self.address.partition(':')[2]}", *(["--allow-root"] if os.geteuid() == 0 else [])]
        first = min(os.sched_getaffinity(0))
        where = {"cwd": folder, "env": variables, "stdout": log, "stderr": subprocess.STDOUT}
        self.process = psutil.Popen(command, **where, preexec_fn=lambda: os.sched_setaffinity(0, {first}))
        self.peak, self.over, self.sessions = 0.0, threading.Event(), []
        threading.Thread(target=self.watch, daemon=True).start()

    def ask(self, path, body=None, method=None):
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            request = urllib.request.Request(f"http://{self.address}{path}", data, headers, method=method)
            with opener.open(request, timeout=60) as answer:
                return None if answer.status == 204 else json.load(answer)
        except OSError as problem:
            raise Failed(f"the server does not give {path}: {problem}") from None

    def open(self, name):
        """The id of a new notebook's kernel; where it would be one too many, the oldest is shut down before."""
        if len(self.sessions) == OPEN:
            self.ask(f"/api/sessions/{self.sessions.pop(0)}", method="DELETE")
        body = {"path": f"notebooks/{name}", "name": name, "type": "notebook", "kernel": {"name": "python3"}}
        session = self.ask("/api/sessions", body)
        self.sessions.append(session["id"])
        return session["kernel"]["id"]

    def wait(self, seconds=120):
        """Until it answers, and with the news turned off."""
        begin = time.perf_counter()
        while time.perf_counter() < begin + seconds and self.process.poll() is None:
            with contextlib.suppress(Failed):
                self.ask("/api/status")
                break
            time.sleep(0.1)
        else:
            raise Failed("the server does not answer.")
        say(f"the server answers after {time.perf_counter() - begin:.1f} s.")
        settings = self.ask("/lab/api/settings/@jupyterlab/apputils-extension:notification")
        if settings["schema"]["properties"]["fetchNews"]["default"] != QUIET_NEWS[settings["id"]]["fetchNews"]:
            raise Failed("JupyterLab would ask about news.")

    def watch(self):
        while not self.over.wait(0.2):
            self.peak = max(self.peak, sum(map(held, self.everybody())))
            if self.peak > LIMIT:
                self.stop()

    def everybody(self):
        with contextlib.suppress(psutil.Error):
            return [self.process, *self.process.children(recursive=True)]
        return []

    def kernel(self, name):
        """The process of the kernel; Failed where it is not as binder/start should make it."""
        for process in self.everybody():
            with contextlib.suppress(psutil.Error):
                if any(f"{name}.json" in word for word in process.cmdline()):
                    found = [process.environ().get(one) for one in ("OMP_NUM_THREADS", "SKIPLAB_DEVICE")]
                    if [*found, len(process.cpu_affinity())] == ["1", "cpu", 1]:
                        return process
        raise Failed("the kernel is gone, or lacks what binder/start sets.")

    def stop(self):
        self.over.set()
        for process in reversed(self.everybody()):
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.process.wait()


def held(process):
    """Proportional set size in MB; 0 for a process that has just ended."""
    try:
        return process.memory_full_info().pss / MEGABYTE
    except psutil.Error:
        return 0.0


def highest(process):
    """The highest resident set of a process in MB, from the system's own count."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024


def rehearse(names, folder, prefix):
    failures = []
    with tempfile.TemporaryFile("w+") as log:
        server = Server(folder, prefix, log)
        try:
            server.wait()
            print(COLUMNS.format("notebook", "wall s", "CPU s", "kernel peak MB", "server MB", "sum MB"), flush=True)
            for name in names:
                failures += row(server, name)
        except Failed as failure:
            log.seek(0)
            failures.append(f"{failure}\n{log.read()[-3000:]}")
        finally:
            server.stop()
    for failure in failures:
        say(failure)
    return 1 if failures else 0


def row(server, name):
    """Runs one notebook and prints its figures; gives sentences where it fails."""
    begin, failures, server.peak = time.perf_counter(), [], 0.0
    kernel = server.open(name)
    try:
        run_all(server, kernel, ROOT / "notebooks" / name)
    except (Failed, OSError, websocket.WebSocketException) as problem:
        failures.append(f"{name}: {problem or type(problem).__name__}")
    wall = time.perf_counter() - begin
    time.sleep(0.5)  # the watch looks once more
    if server.over.is_set():
        raise Failed(f"{name}: {server.peak:.0f} MB is more than {LIMIT} MB for the server and all kernels.")
    process = server.kernel(kernel)
    figures = wall, sum(process.cpu_times()[:2]), highest(process), held(server.process), server.peak
    print(COLUMNS.format(name, *(f"{figure:.1f}" for figure in figures[:2]), *(f"{figure:.0f}" for figure in figures[2:])), flush=True)
    return failures


def run_all(server, kernel, path):
    """Executes the cells one after the other; Failed at the first error."""
    address, header = f"ws://{server.address}/api/kernels/{kernel}/channels", [f"Authorization: token {server.token}"]
    channel = websocket.create_connection(address, timeout=SECONDS, header=header, suppress_origin=True, http_no_proxy=["*"])
    with contextlib.closing(channel):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                reply = execute(channel, "".join(cell["source"]))
                if reply["status"] != "ok":
                    raise Failed(f"cell {cell['id']}: {reply.get('ename', reply['status'])}: {reply.get('evalue', '')}")


def execute(channel, source):
    """Gives the kernel's reply to one cell."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "rehearsal", "username": "", "version": "5.3"}
    content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    channel.send(json.dumps(message))
    while True:
        frame = channel.recv()
        if isinstance(frame, bytes):  # a picture of a widget
            continue
        reply = json.loads(frame)
        if reply["content"].get("execution_state") in ("restarting", "dead"):
            raise Failed("the kernel died.")
        if reply["msg_type"] == "execute_reply" and reply["parent_header"].get("msg_id") == header["msg_id"]:
            return reply["content"]


if __name__ == "__main__":
    sys.exit(main())
