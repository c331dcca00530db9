"""The daemon's log: lines that machines can read, and no names unless they were asked for."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from tests.interfacer.children import Obedient

from neuropose.config import Settings
from neuropose.errors import OutputError
from neuropose.interfacer import Interfacer
from neuropose.interfacer.logs import NamesInLogs, configure_logging
from neuropose.testing import write_numbered_video

LOG = logging.getLogger("neuropose.interfacer.daemon")
HOSTILE = "Erika\nMustermann {x} %s \x1b[31m"


def logged(work: Callable[[NamesInLogs], object], **settings: object) -> list[str]:
    stream = io.StringIO()
    with configure_logging(Settings(**settings), stream) as names:
        work(names)
    return stream.getvalue().splitlines()


def test_lines_of_json_have_everything_by_name() -> None:
    def work(names: NamesInLogs) -> None:
        LOG.info("job begun", extra={"job": names.job(HOSTILE, 1), "attempt": 2, "secret": 1})

    [line] = logged(work, log_format="json")
    record = json.loads(line)
    assert datetime.fromisoformat(record.pop("time")).utcoffset() is not None
    assert record == {"level": "INFO", "message": "job begun", "job": "job 1", "attempt": 2}


def test_lines_for_people() -> None:
    [line] = logged(lambda names: LOG.info("job begun", extra={"job": names.job("a b", 1)}))
    assert line.split(" ", 1)[1] == 'INFO job begun job="job 1"'


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_name_takes_one_line_where_names_may_be(log_format: str) -> None:
    def work(names: NamesInLogs) -> None:
        LOG.info("job begun", extra={"job": names.job(HOSTILE, 1)})

    [line] = logged(work, log_format=log_format, log_names=True)
    assert "Mustermann" in line
    assert "\x1b" not in line


def test_jobs_are_told_apart_without_their_names() -> None:
    names = NamesInLogs(log_names=False)
    assert [names.job(name, number) for name, number in (("a", 7), ("b", 12))] == [
        "job 7",
        "job 12",
    ]
    assert names.job("c", None) == "a new job"


@pytest.mark.parametrize("log_names", [True, False])
def test_errors_have_their_message_only_where_names_may_be(log_names: bool) -> None:
    names = NamesInLogs(log_names)
    error = OutputError("/data/in/anna/results.json cannot be written: no space")
    error.__cause__ = OSError(28, "No space left on device", "/data/in/anna")
    shown = names.error(error)
    assert shown.startswith("OutputError: ")
    assert ("anna" in shown) is log_names
    assert "no space" in shown.lower()


@pytest.mark.parametrize("log_names", [True, False])
def test_other_libraries_are_heard_only_where_names_may_be(log_names: bool) -> None:
    lines = logged(lambda _: logging.getLogger("other").warning("%s", "anna"), log_names=log_names)
    assert len(lines) == log_names


def test_it_is_as_before_afterwards() -> None:
    root, ours = logging.getLogger(), logging.getLogger("neuropose")
    before = root.handlers[:], ours.handlers[:], ours.level, ours.propagate
    logged(lambda _: None)
    logged(lambda _: None, log_names=True)
    assert (root.handlers, ours.handlers, ours.level, ours.propagate) == before


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("log_names", [True, False])
def test_whatever_becomes_of_jobs(log_format: str, log_names: bool, tmp_path: Path) -> None:
    """No name of a job, a video or a folder comes into the log by any way, unless it may."""
    words = ("walk", "refuse", "raise")
    for word in words:
        folder = tmp_path / "in" / f"Mustermann {word}"
        folder.mkdir(parents=True)
        write_numbered_video(folder / f"{word}-Mustermann.mp4", 5)
    write_numbered_video(tmp_path / "in" / "Mustermann.mp4", 5)
    (tmp_path / "in" / "Mustermann taken").mkdir()
    (tmp_path / "in" / "Mustermann taken" / "results.json").write_text("mine")
    write_numbered_video(tmp_path / "in" / "Mustermann taken" / "walk.mp4", 5)
    settings = Settings(
        data_dir=tmp_path, settle_seconds=0, log_format=log_format, log_names=log_names
    )
    stream = io.StringIO()
    with configure_logging(settings, stream) as names:
        assert Interfacer(settings, Obedient(), names=names).run_once() == 5
    text = stream.getvalue()
    assert text.count("job completed") == 2
    assert text.count("job failed") == 3
    assert "VideoEmptyError" in text
    assert "KeyError" in text
    assert ("Mustermann" in text) is log_names
    assert (str(tmp_path) in text) is False or log_names
    if log_format == "json":
        assert all(json.loads(line)["level"] for line in text.splitlines())
