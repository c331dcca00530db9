"""The data directory, and which files are videos."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from neuropose.errors import OutputError
from neuropose.interfacer import Layout
from neuropose.interfacer.layout import has_video_name, is_being_copied


def test_directories_are_made_once(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "jobs")
    layout.make()
    layout.make()
    folders = sorted(path.name for path in layout.root.iterdir())
    assert folders == [".requests", ".staging", "failed", "in", "out"]


def test_where_nothing_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be created") as raised:
        Layout(tmp_path / "file").make()
    assert raised.value.hint


@pytest.mark.parametrize(
    "name", ["a.mp4", "A.MOV", "-rf.avi", "ein Gang.mkv", "x\ny.webm", "é.mp4"]
)
def test_videos(name: str) -> None:
    assert has_video_name(name)
    assert not is_being_copied(name)


@pytest.mark.parametrize(
    "name", ["notes.txt", "._a.mp4", ".mp4", "mp4", "a.mp4.txt", "results.json"]
)
def test_what_is_no_video(name: str) -> None:
    assert not has_video_name(name)


@pytest.mark.parametrize("name", ["a.mp4.part", "a.crdownload", ".a.mp4.hT3kQ1", "b.MOV.FilePart"])
def test_files_that_are_being_copied(name: str) -> None:
    assert is_being_copied(name)
    assert not has_video_name(name)


def test_only_its_owner_may_look_into_it(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "share" / "jobs")
    before = os.umask(0o022)
    try:
        layout.make()
    finally:
        os.umask(before)
    for folder in (layout.root, *layout.root.iterdir()):
        assert folder.stat().st_mode & 0o777 == 0o700
