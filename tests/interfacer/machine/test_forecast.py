"""When the queue will be done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from neuropose.data import JobEntry, JobProgress, JobState
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.machine.forecast import forecast, sizes_of_videos

NOW = datetime(2026, 3, 1, 20, 15, tzinfo=UTC)


def completed(minutes: float, attempts: int = 1) -> JobEntry:
    return JobEntry(
        state=JobState.COMPLETED,
        queued_at=NOW,
        started_at=NOW,
        finished_at=NOW + timedelta(minutes=minutes),
        attempts=attempts,
        results="out/x/results.json",
        videos=("walk.mp4",),
    )


def processing(number: int, percent: float, *, minutes_ago: float = 0.0) -> JobEntry:
    progress = JobProgress(
        video="walk.mp4", number=number, count=2, frames_done=1, frames_expected=9, percent=percent
    )
    began = NOW - timedelta(minutes=minutes_ago)
    return JobEntry(
        state=JobState.PROCESSING, queued_at=began, started_at=began, progress=progress, attempts=1
    )


QUEUED = JobEntry(state=JobState.QUEUED, queued_at=NOW, videos=("a.mp4", "b.mp4"))


def minutes(jobs: dict[str, JobEntry], sizes: dict[str, tuple[int, ...]]) -> float | None:
    end = forecast(jobs, sizes, NOW)
    return None if end is None else (end - NOW).total_seconds() / 60.0


def test_the_running_job_and_those_that_wait() -> None:
    jobs = {"a": completed(10), "b": processing(2, 50.0), "c": QUEUED}
    assert minutes(jobs, {"a": (100,), "b": (100, 40), "c": (30, 50)}) == 10.0  # 20 + 80 of 100


def test_two_at_once_take_half_the_time() -> None:
    jobs = {"a": completed(10), "b": processing(1, 0.0), "c": processing(1, 0.0)}
    assert minutes(jobs, {"a": (100,), "b": (100, 0), "c": (100, 0)}) == 10.0


def test_the_first_job_of_all_tells_its_own_speed() -> None:
    jobs = {"b": processing(1, 25.0, minutes_ago=5.0)}
    assert minutes(jobs, {"b": (100, 100)}) == 35.0


def test_what_is_not_known() -> None:
    assert minutes({"c": QUEUED}, {"c": (30, 50)}) is None
    assert minutes({"a": completed(10)}, {"a": (100,)}) is None
    assert minutes({"a": completed(10, attempts=2), "c": QUEUED}, {"a": (9,), "c": (9,)}) is None


def test_sizes_are_those_of_the_files(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for place, video in (("in/c", "a.mp4"), ("out/a", "walk.mp4")):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / video).write_bytes(bytes(70))
    jobs = {"a": completed(10), "c": QUEUED}
    assert sizes_of_videos(layout, jobs) == {"c": (70, 0), "a": (70,)}
