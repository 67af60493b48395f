"""The command line gives a bare Python its environment, and says in one sentence what stands in the way."""

import ast
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from clones import ROOT, skiplab

from skiplab import NEWEST, OLDEST, start
from skiplab import __main__ as entry
from skiplab.install import clean_environment


def handed_over(monkeypatch, words, python="PYTHON"):
    """The command and the variables that `words` would start, with an environment that is ready."""
    calls = []
    monkeypatch.chdir(start.ROOT)
    monkeypatch.setattr(start, "environment", lambda gpu: Path(python))
    monkeypatch.setattr(start, "hand_over", lambda command, variables: calls.append((command, variables)) or 0)
    assert start.main(words) == 0
    return calls[0]


# ---- which Python -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 10, 13), (3, 15, 0), (4, 0, 0)])
def test_a_python_too_old_or_too_new_gets_one_sentence(version, monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (*version, "final", 0))
    with pytest.raises(SystemExit) as leaving:
        runpy.run_path(entry.__file__, run_name="__main__")
    said = capsys.readouterr().err
    assert leaving.value.code == 2
    assert said.count("\n") == 1
    assert "3.11, 3.12, 3.13 or 3.14" in said
    assert ".".join(map(str, version)) in said


def test_real_old_pythons_say_it_too():
    names = ["python2.7", *(f"python3.{minor}" for minor in range(4, 11))]
    found = [path for path in map(shutil.which, names) if path]
    working = [path for path in found if subprocess.run([path, "-c", ""], capture_output=True).returncode == 0]
    if not working:
        pytest.skip("no older Python on this computer")
    for python in working:
        done = skiplab(ROOT, "lab", flags=("-S", "-B"), python=python)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert "this course needs Python 3.11" in done.stderr


@pytest.mark.parametrize("name", ["__init__.py", "__main__.py"])
def test_what_runs_before_the_version_check_parses_on_old_pythons(name):
    source = (ROOT / "skiplab" / name).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 4))
    assert source.isascii(), "Python 2 refuses other letters"
    nodes = list(ast.walk(tree))
    assert not any(isinstance(node, (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal)) for node in nodes)
    displays = [node.elts for node in nodes if isinstance(node, (ast.List, ast.Tuple, ast.Set))]
    assert not any(isinstance(part, ast.Starred) for parts in displays for part in parts), "a star in a list"


def test_the_allowed_versions_are_those_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    after = f"{NEWEST[0]}.{NEWEST[1] + 1}"
    assert project["requires-python"] == ">={}.{},<{}".format(*OLDEST, after)


# ---- nothing installed ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("words", [["--help"], [], ["lab", "--help"], ["test", "--help"], ["refresh", "--help"]])
def test_help_works_with_nothing_installed(words):
    done = skiplab(ROOT, *words)
    assert done.returncode == 0, done.stderr
    assert "usage: python3 -m skiplab" in done.stdout


def test_start_imports_the_standard_library_only():
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import skiplab.start; "
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-S", "-I", "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= sys.stdlib_module_names | {"skiplab", "__main__"}


def test_an_unknown_command_or_option_is_an_error(capsys):
    for words in (["bake"], ["--bake"]):
        with pytest.raises(SystemExit) as leaving:
            start.main(words)
        assert leaving.value.code == 2
    assert "usage" in capsys.readouterr().out


# ---- the commands -----------------------------------------------------------------------------------------------

@pytest.fixture
def notebook(clone):
    path = clone / "notebooks" / "00_start_here.ipynb"
    path.parent.mkdir()
    path.touch()
    return path


def test_lab_opens_the_start_notebook_on_localhost_with_its_token(notebook, monkeypatch):
    command, variables = handed_over(monkeypatch, ["lab"])
    assert command[:4] == ["PYTHON", "-m", "jupyterlab", f"--ServerApp.root_dir={notebook.parent}"]
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in command
    assert "--ServerApp.ip=localhost" in command
    assert "SKIPLAB_STRICT" not in variables
    joined = " ".join(command).lower()
    assert not any(word in joined for word in ("token", "password", "0.0.0.0", "allow", "--ip", "disable", "--no-"))


def test_lab_passes_its_options_and_the_rest_on(notebook, monkeypatch):
    words = ["lab", "--port", "9123", "--no-browser", "--ServerApp.iopub_msg_rate_limit=9", "--debug"]
    command, _ = handed_over(monkeypatch, words)
    assert command[-4:] == ["--ServerApp.port=9123", "--no-browser", "--ServerApp.iopub_msg_rate_limit=9", "--debug"]


def test_a_port_that_is_none_is_refused(capsys):
    for text in ("99999", "-1", "x"):
        with pytest.raises(SystemExit) as leaving:
            start.main(["lab", "--port", text])
        assert leaving.value.code == 2
        assert f"argument --port: invalid port value: '{text}'" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "wanted"), [(["lab"], False), (["lab", "--gpu"], True), (["test"], False)])
def test_gpu_arrives_at_the_environment(words, wanted, clone, monkeypatch):
    asked = []
    monkeypatch.setattr(start, "environment", lambda gpu: asked.append(gpu) or (_ for _ in ()).throw(start.Stop("x")))
    assert start.main(words) == 2
    assert asked == [wanted]


def test_lab_without_the_start_notebook_says_so(clone, monkeypatch, capsys):
    monkeypatch.setattr(start, "environment", lambda gpu: Path("PYTHON"))
    assert start.main(["lab"]) == 2
    assert "00_start_here.ipynb is missing" in capsys.readouterr().err


def test_news_are_off_in_this_environment_and_a_changed_setting_stays(notebook, monkeypatch):
    handed_over(monkeypatch, ["lab"])
    settings = start.ROOT / ".venv" / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    assert json.loads(settings.read_text())["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false"}
    settings.write_text("{}")
    handed_over(monkeypatch, ["lab"])
    assert settings.read_text() == "{}"


def test_a_folder_in_which_nothing_may_be_written_is_named(notebook, monkeypatch, capsys):
    monkeypatch.setattr(start, "environment", lambda gpu: Path("PYTHON"))
    (start.ROOT / ".venv").touch()
    assert start.main(["lab"]) == 2
    assert "the system does not let this go on ([Errno" in capsys.readouterr().err


@pytest.mark.slow
def test_a_folder_in_which_pytest_can_keep_nothing_is_no_failure():
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-o", f"cache_dir={os.devnull}/cache", "tests/base/test_seeds.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_test_passes_arguments_on_and_keeps_the_users_device(clone, monkeypatch):
    command, variables = handed_over(monkeypatch, ["test", "tests/test_saddle.py", "-q", "-k", "a or b"])
    assert command == ["PYTHON", "-m", "pytest", "tests/test_saddle.py", "-q", "-k", "a or b"]
    assert (variables["SKIPLAB_DEVICE"], variables["SKIPLAB_STRICT"], variables["SKIPLAB_FIRST_SEED"]) == ("cpu", "1", "")
    others = {"SKIPLAB_DEVICE": "cuda", "SKIPLAB_PRESET": "quick", "SKIPLAB_THREADS": "2", "SKIPLAB_JITTER": "1e-6"}
    for name, text in others.items():
        monkeypatch.setenv(name, text)
    assert {**clean_environment(), **handed_over(monkeypatch, ["test"])[1]}.items() >= others.items()


def test_numbers_first_are_lessons_and_other_numbers_stay(clone, monkeypatch):
    command, _ = handed_over(monkeypatch, ["test", "03", "06", "--quick", "--durations", "20", "-m", "not gpu"])
    assert command[3:] == ["--lesson=03", "--lesson=06", "--quick", "--durations", "20", "-m", "not gpu"]
    assert handed_over(monkeypatch, ["test", "--seeds", "3"])[0][3:] == ["--seeds", "3"]


def collected(*words):
    """(exit code, ids of the tests that pytest would run, all that it says)."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n0", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    return done.returncode, [line for line in done.stdout.splitlines() if "::" in line], done.stdout + done.stderr


@pytest.mark.slow
def test_quick_takes_something_of_every_room_and_no_browser_and_no_stored_notebook():
    code, ids, said = collected("--quick")
    assert code == 0, said
    rooms = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.glob("test_*.py"))}
    assert {name.split("/")[1] for name in ids if name.count("/") > 1} == rooms - {"browser"}
    assert all(name.startswith("tests/") for name in ids)
    assert not any("test_claims_keep_their_verdict" in name or "test_the_gate_turns_red" in name for name in ids)


@pytest.mark.slow
def test_a_lesson_is_its_notebooks_exercises_explorers_and_browser_test():
    code, ids, said = collected("--lesson=03")
    assert code == 0, said
    for part in ("notebooks/03_residual_blocks.ipynb::", "notebooks/solutions/03_residual_blocks.ipynb::", "test_checks.py::",
                 "tests/explorers/test_residual_explorer.py::", "[ResidualExplorer", "tests/browser/test_notebooks.py::"):  # fmt: skip
        assert any(part in name for name in ids), part
    assert not any(other in name for name in ids for other in ("densenet", "[nb04]", "LagExplorer", "tests/train"))
    both = collected("--lesson=03", "--quick", "tests/lesson", "tests/browser")[1]
    assert both
    assert set(both) < set(ids)
    assert all("[nb03]" in name for name in both)


@pytest.mark.slow
def test_a_lesson_that_is_not_there_is_told_which_there_are_and_seeds_are_counted_from_one():
    for word, said in (("--lesson=42", r"'42' \(choose from '00', '01'"), ("--seeds=0", "invalid positive_number value: '0'")):
        code, _, found = collected(word)
        assert code == 4
        assert re.search(said, found)


@pytest.mark.slow
def test_seeds_asks_for_the_fresh_batches_and_nothing_else():
    code, _, found = collected("--seeds=2", "tests/notebooks")
    assert code == 0, found
    for first_seed in (1000, 2000):
        assert all(f"[{first_seed}-{number}_" in found for number in ("03", "04", "05", "06", "07"))
    assert "3000" not in found
    assert "test_every_claim" not in found


def test_refresh_passes_arguments_on(clone, monkeypatch):
    command, _ = handed_over(monkeypatch, ["refresh", "x.ipynb"])
    assert command == ["PYTHON", "-m", "skiplab.refresh", "x.ipynb"]


def test_where_a_process_cannot_be_replaced_its_exit_code_comes_through(monkeypatch):
    monkeypatch.setattr(start.os, "name", "nt")
    assert start.hand_over([sys.executable, "-c", "import os; os._exit(int(os.environ['CODE']))"], {"CODE": "5"}) == 5


def test_ctrl_c_leaves_quietly(clone, monkeypatch, capsys):
    def interrupted(gpu):
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "environment", interrupted)
    assert start.main(["test"]) == 130
    assert capsys.readouterr().err.count("\n") == 1
