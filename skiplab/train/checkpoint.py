"""A training that takes long is written to a file while it goes on, and goes on from there, as if nothing had been.

A checkpoint belongs to one training. Numbers tell it from others, not the names of functions: see `Task.described`. The file begins
with a digest of the rest, so that one that is not whole is refused.
"""

import hashlib
import io
import os
from pathlib import Path

import torch

from skiplab.base.say import say


class Checkpoint:
    """What makes the training what it is (`task`, name -> text), and the state of each of its parts.

    Raises ValueError for a file that cannot be read or written, or that belongs to another training.
    """

    def __init__(self, path, task):
        if not isinstance(path, (str, os.PathLike)) or not Path(path).name:
            raise TypeError(f"checkpoint: expected the name of a file, got {path!r}.")
        self.path, self.task, self.failed = Path(path), task, False
        self._new = self.path.with_name(self.path.name + ".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._new.touch()
            self._new.unlink()
        except OSError as problem:
            raise ValueError(f"checkpoint: {self.path} cannot be written: {problem}") from problem
        self.parts = self._read() if self.path.exists() else {}

    def save(self, part, state):
        """Write the state of one part; the old file stays until the new one is whole. A full disk stops nothing."""
        self.parts[part] = state
        try:
            torch.save({"task": self.task, "parts": self.parts}, whole := io.BytesIO())
            self._new.write_bytes(hashlib.sha256(whole.getbuffer()).digest() + whole.getbuffer())
            os.replace(self._new, self.path)
        except (OSError, RuntimeError) as problem:
            if not self.failed:
                say(f"checkpoint: {self.path} could not be written, the training goes on without: {problem}")
            self.failed = True

    def _read(self):
        try:
            digest, whole = (content := self.path.read_bytes())[:32], content[32:]
            if hashlib.sha256(whole).digest() != digest:
                raise ValueError("its digest does not fit")
            saved = torch.load(io.BytesIO(whole), weights_only=True, map_location="cpu")
            task, parts = dict(saved["task"]), dict(saved["parts"])
        except Exception as problem:  # what a broken file raises depends on where it is broken
            why = f"({type(problem).__name__}); it is no checkpoint, or it is damaged or was cut short. Delete it, or give another name."
            raise ValueError(f"checkpoint: {self.path} cannot be read {why}") from problem
        if changed := [f"{name} was {task.get(name)} and is {now}" for name, now in self.task.items() if task.get(name) != now]:
            raise ValueError(f"checkpoint: {self.path} belongs to another training: {'; '.join(changed)}. Give another name.")
        return parts
