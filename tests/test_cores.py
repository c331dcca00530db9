"""How many cores this process may use, as bound and as granted by a control group."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from neuropose import cores


@pytest.fixture(autouse=True)
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cores, "_CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    return tmp_path


def test_cores_that_the_process_is_bound_to() -> None:
    assert cores.available_cores() == 8


def test_where_a_process_is_never_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert cores.available_cores() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores.available_cores() == 1


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("10000 100000\n", 1),
        ("1600000 100000\n", 8),
        ("max 100000\n", 8),
        ("unreadable\n", 8),
    ],
)
def test_quota_of_a_container(quota: str, expected: int, group: Path) -> None:
    (group / "cpu.max").write_text(quota)
    assert cores.available_cores() == expected


@pytest.mark.parametrize(("quota", "expected"), [("300000", 3), ("-1", 8)])
def test_quota_of_the_first_control_groups(quota: str, expected: int, group: Path) -> None:
    (group / "cpu").mkdir()
    (group / "cpu" / "cpu.cfs_quota_us").write_text(quota)
    (group / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert cores.available_cores() == expected
