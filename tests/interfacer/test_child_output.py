"""What the model's process writes: in the log, or kept out of it."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from neuropose.config import Settings
from neuropose.errors import WorkerCrashedError
from neuropose.estimator import Estimator
from neuropose.interfacer import ChildEstimator
from neuropose.interfacer.child_output import ChildOutput
from neuropose.interfacer.logs import configure_logging
from neuropose.testing import FakeModel, write_numbered_video


class Talkative(Estimator):
    """Writes the name of its video wherever it can, and crashes if that is `crash`."""

    def process_video(self, path, **options):
        sys.stdout.write(f"stdout {path}\n")
        sys.stderr.write(f"stderr {path}\n")
        os.write(1, b"long " + b"x" * 10_000 + b" \xff\n")
        os.write(2, f"native {path} without a line end".encode())
        sys.stdout.flush()
        if Path(path).stem == "crash":
            os.write(2, f'\nFatal: {path}\n  File "/lib/model.py", line 12 in run\n'.encode())
            os.abort()
        return super().process_video(path, **options)


def talkative() -> Estimator:
    return Talkative(FakeModel())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("Mustermann", "crash"):
        write_numbered_video(tmp_path / f"{name}.mp4", 3)
    return tmp_path


def logged(folder: Path, *, log_names: bool) -> list[str]:
    """What is logged while two videos are processed, one of which crashes the process."""
    stream = io.StringIO()
    with configure_logging(Settings(data_dir=folder, log_names=log_names), stream) as names:
        output = ChildOutput(names)
        child = ChildEstimator(output.of(talkative), stall_s=60)
        try:
            with pytest.raises(WorkerCrashedError):
                child.process_video(folder / "crash.mp4")
            child.process_video(folder / "Mustermann.mp4")  # in a process of its own
        finally:
            child.close()
            output.close()
    return stream.getvalue().splitlines()


def test_all_of_it_where_names_may_be(folder: Path) -> None:
    lines = logged(folder, log_names=True)
    assert all("INFO the model's process: " in line for line in lines)
    for name in ("crash", "Mustermann"):
        for word in ("stdout", "stderr", "native"):
            assert any(f": {word} {folder}/{name}.mp4" in line for line in lines)
    assert max(map(len, lines)) < 5000


def test_only_places_in_the_code_where_names_may_not_be(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    [line] = logged(folder, log_names=False)
    assert line.endswith('INFO the model\'s process: File "/lib/model.py", line 12 in run')
    assert capfd.readouterr() == ("", "")
