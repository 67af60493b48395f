"""A bare Python gets its environment, proved by import, whatever else is set on the machine; what stands in the way is one sentence."""

import http.server
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
import venv
import zipfile
from functools import partial
from pathlib import Path

import pytest
from clones import skiplab

from skiplab import install, start

BIN = "Scripts" if os.name == "nt" else "bin"
REACHES = {  # options of pip that say how an index is reached, and no more
    "index-url", "pypi-url", "extra-index-url", "no-index", "find-links", "trusted-host", "proxy", "cert", "client-cert",
    "timeout", "default-timeout", "retries", "cache-dir", "no-cache-dir", "keyring-provider",
}  # fmt: skip


@pytest.mark.slow
def test_a_real_environment_is_made_used_again_and_repaired(clone):
    first = skiplab(clone, "test", "tests/x.py", "-q")
    assert first.returncode == 7, first.stderr
    told = json.loads(first.stdout.splitlines()[-1])
    assert told["args"] == ["tests/x.py", "-q"]
    assert Path(told["prefix"]).resolve() == (clone / ".venv").resolve()
    given = [told["environ"][name] for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "SKIPLAB_STRICT", "SKIPLAB_DEVICE")]
    assert given == ["1", "1", "1", "cpu"]

    again = skiplab(clone, "test")
    assert again.returncode == 7
    assert "installing" not in again.stderr

    for python in (clone / ".venv" / BIN).glob("python*"):
        python.unlink()
    repaired = skiplab(clone, "test")
    assert repaired.returncode == 7, repaired.stderr
    assert "making" in repaired.stderr


@pytest.mark.slow
def test_an_environment_without_pip_gets_one(clone):
    venv.create(clone / ".venv", with_pip=False)
    done = skiplab(clone, "test")
    assert done.returncode == 7, done.stderr
    assert "making" not in done.stderr


def recorded(monkeypatch, *, code=0):
    """Instead of running pip and venv, and what they would have installed, note their commands."""
    commands = []
    monkeypatch.setattr(install, "run", lambda command: commands.append(command) or code)
    monkeypatch.setattr(install, "answers", lambda address: True)
    monkeypatch.setattr(install, "prove", lambda python: None)
    return commands


@pytest.fixture
def ready(clone):
    venv.create(clone / ".venv", with_pip=False, symlinks=os.name != "nt")
    return clone


def installs(commands):
    return [command for command in commands if "install" in command]


def test_a_stamp_saves_the_second_installation_until_something_changes(ready, monkeypatch):
    commands = recorded(monkeypatch)
    changes = [
        lambda: None,
        lambda: (ready / "requirements.txt").write_text("numpy==2.4.6\n"),
        lambda: (ready / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["b"]\n'),
        lambda: monkeypatch.setattr(install, "version", lambda python: (3, 14)),
    ]
    for number, change in enumerate(changes, 1):
        change()
        for _ in range(2):
            install.environment(gpu=False)
            assert len(installs(commands)) == number
    install.environment(gpu=True)
    assert len(installs(commands)) == len(changes) + 1
    install.environment(gpu=False)
    assert len(installs(commands)) == len(changes) + 1, "CUDA wheels serve every later command"


def test_text_that_is_no_dependency_does_not_install_again(ready, monkeypatch):
    commands = recorded(monkeypatch)
    install.environment(gpu=False)
    (ready / "pyproject.toml").write_text('[project]\nname = "y"\ndependencies = ["a"]\n[tool.ruff]\n')
    install.environment(gpu=False)
    assert len(installs(commands)) == 1


def test_pip_is_asked_for_the_pins_and_never_cut_off_from_the_users_index(ready, monkeypatch):
    commands = recorded(monkeypatch)
    monkeypatch.setattr(install.sys, "platform", "linux")
    install.environment(gpu=False)
    install.environment(gpu=True)
    cpu, gpu = installs(commands)
    assert cpu[-4:] == ["-r", str(ready / "requirements.txt"), "--extra-index-url", install.CPU_WHEELS]
    assert gpu[-2:] == ["-r", str(ready / "requirements.txt")]
    assert not {"--index-url", "-i", "--no-index"} & {word for command in commands for word in command}


def test_gpu_takes_the_cpu_wheel_away_first(ready, monkeypatch, capsys):
    commands = recorded(monkeypatch)
    monkeypatch.setattr(install, "cpu_torch", lambda folder: True)
    install.environment(gpu=True)
    assert [command[4] for command in commands if "pip" in command] == ["uninstall", "install"]
    assert "no torch with CUDA" in capsys.readouterr().err


def test_a_cpu_wheel_is_known_by_its_folder(tmp_path):
    site = tmp_path / "lib" / "python3.12" / "site-packages"
    (site / "torch-2.13.0.dist-info").mkdir(parents=True)
    assert not install.cpu_torch(tmp_path)
    (site / "torch-2.13.0+cpu.dist-info").mkdir()
    assert install.cpu_torch(tmp_path)


def test_an_index_that_does_not_answer_is_left_out_quickly(monkeypatch, capsys):
    monkeypatch.setattr(install.sys, "platform", "linux")
    monkeypatch.setattr(install, "CPU_WHEELS", "http://127.0.0.1:9/whl")
    assert install.wheel_index(gpu=False) == []
    assert capsys.readouterr().err.count("\n") == 1


def test_an_index_that_hangs_is_given_up(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert install.answers(f"http://127.0.0.1:{silent.getsockname()[1]}", seconds=1) is False


def test_an_index_that_answers_is_used(monkeypatch, tmp_path):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        assert install.answers(address, seconds=60)
        assert not install.answers(address + "gone", seconds=60)
        server.shutdown()


# ---- what else is set on the machine ------------------------------------------------------------------------------

def options_of_pip():
    """Every option of `pip install`, long, without its dashes."""
    ask = "from pip._internal.commands import create_command; options = create_command('install').parser.option_list_all"
    ask += "; print(*(name for option in options for name in option._long_opts))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    return [name.removeprefix("--") for name in done.stdout.split()]


def hostile(folder):
    """Variables that would send packages, modules and kernels elsewhere: all options of pip, and those of Python and Jupyter."""
    (folder / "tiny.py").write_text("raise RuntimeError('a foreign module')")
    kernel = folder / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({"argv": ["/nowhere/python"], "display_name": "foreign", "language": "python"}))
    variables = {"PIP_" + name.upper().replace("-", "_"): "1" for name in options_of_pip() if name not in REACHES}
    variables |= {f"PIP_{name}": str(folder / name) for name in ("TARGET", "PREFIX", "ROOT", "SRC", "BUILD")}
    names = ("PYTHONPATH", "PYTHONUSERBASE", "PYTHONSTARTUP", "JUPYTER_PATH", "JUPYTER_DATA_DIR", "JUPYTERLAB_DIR", "VIRTUAL_ENV")
    return {**variables, **dict.fromkeys(names, str(folder)), "PYTHONWARNINGS": "error", "PYTHONSAFEPATH": "1",
            "PYTHONOPTIMIZE": "2", "JUPYTER_PREFER_ENV_PATH": "0", "PYTEST_PLUGINS": "gone", "MPLBACKEND": "gone"}  # fmt: skip


def test_of_pips_variables_those_pass_that_say_how_an_index_is_reached(monkeypatch):
    names = options_of_pip()
    assert {"target", "prefix", "root", "dry-run", "no-deps", "user", "index-url", "proxy"} <= set(names)
    for name in names:
        monkeypatch.setenv("PIP_" + name.upper().replace("-", "_"), "0")
    left = {name[4:].lower().replace("_", "-") for name in install.clean_environment() if name.startswith("PIP_")}
    assert left & set(names) == REACHES & set(names) | {"user"}
    assert install.clean_environment()["PIP_USER"] == "0"


def test_the_kernel_is_that_of_the_environment(monkeypatch, tmp_path):
    for name, text in hostile(tmp_path).items():
        monkeypatch.setenv(name, text)
    ask = "from jupyter_client.kernelspec import KernelSpecManager as K; print(K().get_kernel_spec('python3').resource_dir)"
    for variables, home in (({**os.environ, "PYTHONWARNINGS": ""}, tmp_path), (install.clean_environment(), sys.prefix)):
        done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, env=variables)
        assert Path(done.stdout.strip()).is_relative_to(home), done.stderr


def wheel(folder, version):
    """A package of one module, `tiny`, that needs no connection."""
    with zipfile.ZipFile(folder / f"tiny-{version}-py3-none-any.whl", "w") as file:
        file.writestr("tiny.py", "")
        place = f"tiny-{version}.dist-info"
        file.writestr(f"{place}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        file.writestr(f"{place}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{place}/RECORD", f"tiny.py,,\n{place}/METADATA,,\n{place}/WHEEL,,\n{place}/RECORD,,\n")


@pytest.mark.slow
def test_no_variable_sends_the_pins_elsewhere(clone, tmp_path):
    wheel(tmp_path, "1.0")
    (clone / "requirements.txt").write_text("tiny==1.0\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    reach = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    done = skiplab(clone, "test", flags=("-E", "-S"), **hostile(elsewhere), **reach)
    assert done.returncode == 7, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert not any(path.startswith(str(elsewhere)) for path in told["path"])
    assert [*(clone / ".venv").rglob("tiny.py")]
    assert sorted(path.name for path in elsewhere.iterdir()) == ["kernels", "tiny.py"]


@pytest.mark.slow
def test_only_pins_that_can_be_imported_get_a_stamp(clone, tmp_path):
    """A configuration file of pip is left to its owner; what it does to the pins is found out."""
    settings = tmp_path / "pip.conf"
    reach = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": str(settings)}
    for version, line, said in [
        ("1.0", f"target = {tmp_path / 'elsewhere'}", "No package metadata was found for tiny"),
        ("1.0", "", None),
        ("2.0", "dry-run = true", "tiny is 1.0, and 2.0 is pinned"),
        ("2.0", "", None),
    ]:
        wheel(tmp_path, version)
        (clone / "requirements.txt").write_text(f"tiny=={version}\n")
        settings.write_text(f"[install]\n{line}\n")
        done = skiplab(clone, "test", **reach)
        assert done.returncode == (2 if said else 7), done.stderr
        assert (clone / ".venv" / "skiplab-stamp.txt").exists() == (said is None)
        assert not said or said in done.stderr.splitlines()[-1]


# ---- one sentence for what stands in the way --------------------------------------------------------------------

def stopped(monkeypatch, capsys, words=("test",)):
    monkeypatch.setattr(start, "hand_over", lambda command, variables: pytest.fail("went on"))
    assert start.main(list(words)) == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_pip_that_fails(ready, monkeypatch, capsys):
    recorded(monkeypatch)
    monkeypatch.setattr(install, "run", lambda command: int("-r" in command))
    assert "pip could not install the pins" in stopped(monkeypatch, capsys)
    assert not (ready / ".venv" / "skiplab-stamp.txt").exists()


def test_a_python_without_ensurepip(clone, monkeypatch, capsys):
    found = importlib.util.find_spec
    monkeypatch.setattr(install.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else found(name))
    assert "sudo apt install python3-venv" in stopped(monkeypatch, capsys)


def test_a_folder_in_which_nothing_can_be_made(clone, monkeypatch, capsys):
    recorded(monkeypatch, code=1)
    assert "could not make" in stopped(monkeypatch, capsys)


def test_an_environment_of_another_python(clone, monkeypatch, capsys):
    monkeypatch.setattr(install, "version", lambda python: (3, 9))
    assert "holds Python 3.9" in stopped(monkeypatch, capsys)


@pytest.mark.parametrize("words", [["lab"], ["test"], ["refresh"]])
def test_no_clone(words, clone, monkeypatch, capsys):
    (clone / "requirements.txt").unlink()
    assert "work in a clone of the repository" in stopped(monkeypatch, capsys, words)


def test_a_foreign_environment_is_left_alone(ready, monkeypatch, capsys):
    recorded(monkeypatch)
    monkeypatch.setattr(install.sys, "prefix", str(ready / "theirs"))
    install.environment(gpu=False)
    assert "theirs is left alone" in capsys.readouterr().err
    monkeypatch.setattr(install.sys, "prefix", str(ready / ".venv"))
    install.environment(gpu=False)
    assert "left alone" not in capsys.readouterr().err


def test_a_link_to_the_environment_of_another_clone_takes_nothing_from_it(ready, tmp_path, monkeypatch, capsys):
    recorded(monkeypatch)
    (theirs := tmp_path / "another clone").mkdir()
    (ready / ".venv").rename(elsewhere := tmp_path / "environment")
    (ready / ".venv").symlink_to(elsewhere, target_is_directory=True)
    start.environment(gpu=False)  # a link of one's own, to a larger disk say, is fine
    held = next(elsewhere.glob("[Ll]ib/**/site-packages")) / "skiplab-0.1.0.dist-info"
    held.mkdir()
    (held / "direct_url.json").write_text(json.dumps({"url": theirs.as_uri(), "dir_info": {"editable": True}}))
    assert f"the environment of another clone, {theirs}" in stopped(monkeypatch, capsys)
    theirs.rmdir()  # gone, or moved here
    start.environment(gpu=False)


def test_what_is_damaged_or_refused_is_named(ready, monkeypatch, capsys):
    recorded(monkeypatch)
    stamp, project = ready / ".venv" / "skiplab-stamp.txt", ready / "pyproject.toml"
    stamp.mkdir()
    assert "the system does not let this go on ([Errno" in (said := stopped(monkeypatch, capsys))
    assert str(stamp) in said
    stamp.rmdir()
    stamp.write_bytes(b"\xff\xfe")
    start.environment(gpu=False)
    assert stamp.read_text().startswith("cpu ")
    for text in (b"[project", b"\xff", b"[tool]"):
        project.write_bytes(text)
        assert "pyproject.toml is damaged" in stopped(monkeypatch, capsys)


def test_a_home_that_cannot_be_written_to(ready, monkeypatch, capsys, tmp_path):
    recorded(monkeypatch)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "nobody"))
    monkeypatch.delenv("JUPYTER_DATA_DIR", raising=False)
    assert f"{tmp_path / 'nobody'} cannot be written to" in stopped(monkeypatch, capsys)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    start.environment(gpu=False)
