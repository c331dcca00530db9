"""The latest of the daemon's log, kept in the data directory."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from neuropose.interfacer.layout import Layout
from neuropose.interfacer.machine import kept_log
from neuropose.interfacer.machine.kept_log import NAME, keep_log, latest_lines

LOG = logging.getLogger("neuropose.test")


@pytest.fixture(autouse=True)
def loud() -> Iterator[None]:
    logger = logging.getLogger("neuropose")
    before = logger.level
    logger.setLevel(logging.INFO)
    yield
    logger.setLevel(before)


def test_the_latest_comes_first(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert latest_lines(layout, 10) == ()
    with keep_log(layout, log_names=False):
        LOG.info("job begun", extra={"job": "job 7", "attempt": 1})
        LOG.warning("a\nb")
    LOG.info("not kept")
    second, first = latest_lines(layout, 10)
    assert (second.level, second.message) == ("WARNING", "a\\nb")
    assert first.fields == (("job", "job 7"), ("attempt", "1"))
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_with_names_nothing_is_kept(tmp_path: Path) -> None:
    with keep_log(Layout(tmp_path), log_names=True):
        LOG.info("anna")
    assert list(tmp_path.iterdir()) == []


def test_it_does_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_log, "MOST_BYTES", 2000)
    with keep_log(Layout(tmp_path), log_names=False):
        for number in range(200):
            LOG.info("line %d", number)
    files = list(tmp_path.iterdir())
    assert {path.name for path in files} == {NAME, f"{NAME}.1"}
    assert sum(path.stat().st_size for path in files) < 5000
    assert latest_lines(Layout(tmp_path), 5)[0].message == "line 199"


def test_a_disk_that_is_full_and_a_damaged_line(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with keep_log(Layout(tmp_path), log_names=False):
        LOG.info("nowhere")
    (tmp_path / NAME).rmdir()
    (tmp_path / NAME).write_bytes(
        b'{"time": 1}\n\xff\n[]\n{"time":"t","level":"l","message":"m"}\n'
    )
    (line,) = latest_lines(Layout(tmp_path), 10)
    assert line.message == "m"
