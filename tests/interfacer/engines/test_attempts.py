"""Who loses the working folder can change nothing any more, and nothing that was done is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuropose.errors import OutputError
from neuropose.interfacer.engines import attempts
from neuropose.interfacer.engines.attempts import Ownership, open_attempt, take_back
from neuropose.interfacer.layout import WORK_NAME
from neuropose.io.atomic import write_atomically


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 1.0
        return self.now_s


def test_what_one_attempt_leaves_the_next_one_has(tmp_path: Path) -> None:
    first = open_attempt(tmp_path, "1-a")
    (first / "video_01.json").write_text("{}")
    take_back(tmp_path)
    second = open_attempt(tmp_path, "2-b")
    assert [path.name for path in tmp_path.iterdir()] == [f"{WORK_NAME}-2-b"]
    assert (second / "video_01.json").read_text() == "{}"


def test_an_attempt_that_was_given_up_writes_nothing(tmp_path: Path) -> None:
    work = open_attempt(tmp_path, "1-a")
    ownership = Ownership(work, Clock())
    assert not ownership.is_lost()
    take_back(tmp_path)
    assert ownership.is_lost()
    with pytest.raises(OutputError):
        write_atomically(work / "results.json", [b"late"])
    open_attempt(tmp_path, "2-b")
    assert ownership.is_lost()
    assert [path.name for path in tmp_path.iterdir()] == [f"{WORK_NAME}-2-b"]


def test_a_job_that_has_been_moved_is_not_waited_for(tmp_path: Path) -> None:
    work = open_attempt(tmp_path, "1-a")
    assert Ownership(work).await_folder()
    assert not Ownership(tmp_path / "elsewhere" / work.name).await_folder()


def test_a_folder_that_never_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_LOOK_S", 0.0)
    assert not Ownership(tmp_path / "missing", Clock()).await_folder()
