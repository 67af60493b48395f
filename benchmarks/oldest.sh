#!/usr/bin/env bash
# Proves the lower bounds of pyproject.toml: the unit tests in a throwaway environment of exactly those versions.
#
#     benchmarks/oldest.sh [PYTEST'S ARGUMENTS]
#
# PYTHON says with which Python (python3.11), FOLDER where the environment is made, or is already, and stays.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ -z "${FOLDER:-}" ]; then
  FOLDER=$(mktemp -d)
  trap 'rm -rf "$FOLDER"' EXIT
fi
python=$FOLDER/bin/python
if [ ! -x "$python" ]; then
  "${PYTHON:-python3.11}" -m venv "$FOLDER"
  needed=$("$python" -c '
import tomllib
project = tomllib.load(open("pyproject.toml", "rb"))
needs = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
print(*(need.replace(">=", "==") for need in needs))')
  tools=$(grep -E '^(pytest|pytest-xdist|nbval|nbclient|nbformat|ipykernel)==' requirements.txt)
  index=$("$python" -c 'from skiplab.install import wheel_index; print(*wheel_index(gpu=False))')
  # shellcheck disable=SC2086  # each word is an argument
  "$python" -m pip install --quiet $needed $tools $index
fi
"$python" -m pip list | grep -E '^(torch|numpy|matplotlib|pillow|anywidget|ipywidgets|psutil|scikit-learn|scikit-image) '
export PYTHONPATH=$PWD
# Old packages ask newer ones for what those call deprecated: only a warning at a line of ours is an error.
"$python" -m pytest --ignore=tests/browser --ignore=tests/notebooks -p no:nbval -o addopts=--strict-markers -n2 \
  -o filterwarnings=$'default\nerror:::skiplab' "${@:-tests}"
