"""The reserve is looked at often, and said only when the answer changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuropose.interfacer.machine.disk import DiskReserve


def test_it_is_said_when_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "neuropose")
    free = iter([3e9, 1e9, 1e9, 0.5e9, 3e9, 3e9, 1e9])
    reserve = DiskReserve(Path("/"), 2.0, lambda: int(next(free)))
    assert [reserve.shortage() is None for _ in range(7)] == [
        *(True, False, False, False, True, True, False)
    ]
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO", "ERROR"]


def test_of_this_disk(tmp_path: Path) -> None:
    assert DiskReserve(tmp_path, 0.0).shortage() is None
    assert DiskReserve(tmp_path, 1e9).shortage() is not None


def test_a_disk_that_does_not_tell(tmp_path: Path) -> None:
    assert DiskReserve(tmp_path / "nowhere", 1e9).shortage() is None
