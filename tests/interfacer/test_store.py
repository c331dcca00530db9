"""The status in memory and on disk."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from neuropose.data import JobEntry, JobProgress, JobState
from neuropose.errors import OutputError
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.store import Store
from neuropose.io import load_status

NOW = datetime(2026, 3, 1, 20, 15, tzinfo=UTC)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.make()
    return layout


def queued() -> JobEntry:
    return JobEntry(state=JobState.QUEUED, queued_at=NOW, position=1)


def processing(done: int) -> JobEntry:
    progress = JobProgress(
        video="a.mp4", number=1, count=1, frames_done=done, frames_expected=9, percent=done / 0.09
    )
    return JobEntry(state=JobState.PROCESSING, queued_at=NOW, progress=progress)


def test_transitions_are_on_disk_at_once_and_read_again(layout: Layout) -> None:
    store = Store(layout, Clock())
    store.put({"a": queued(), "b\n": queued()})
    store.put({"a": processing(0), "b\n": None})
    assert dict(load_status(layout.status).jobs) == {"a": processing(0)}
    assert dict(Store(layout, Clock()).jobs) == {"a": processing(0)}


def test_progress_is_written_once_a_second(layout: Layout) -> None:
    clock = Clock()
    store = Store(layout, clock)
    store.put({"a": processing(0)})
    for step in range(1, 6):
        clock.now_s = 0.3 * step
        store.put_progress("a", processing(step))
    assert load_status(layout.status).jobs["a"].progress == processing(4).progress
    assert store.jobs["a"].progress == processing(5).progress


def test_writes_are_apart_if_that_is_asked_for(layout: Layout) -> None:
    clock = Clock()
    store = Store(layout, clock, pause_s=0.25)
    durable: list[set[str]] = []
    store.before_writes(lambda: durable.append(set(store.jobs)))
    for name, now_s in (("a", 0.0), ("b", 0.1), ("c", 0.2)):
        clock.now_s = now_s
        store.put({name: queued()})
    assert set(load_status(layout.status).jobs) == {"a"}
    assert store.is_behind
    clock.now_s = 0.25
    store.write_if_due()
    assert set(load_status(layout.status).jobs) == {"a", "b", "c"}
    assert durable == [{"a"}, {"a", "b", "c"}]


def test_a_write_that_fails_is_made_up_for(layout: Layout) -> None:
    store = Store(layout, Clock())
    shutil.rmtree(layout.out)
    with pytest.raises(OutputError):
        store.put({"a": queued()})
    assert store.is_behind
    layout.make()
    store.put({"b": queued()})
    assert set(load_status(layout.status).jobs) == {"a", "b"}
    assert not store.is_behind


def test_a_damaged_status_is_put_aside(layout: Layout) -> None:
    layout.status.write_text('{"jobs": ')
    assert not Store(layout, Clock()).jobs
    assert (layout.out / "status.damaged.json").read_text() == '{"jobs": '


def test_thousands_of_jobs_are_read_and_written_whole(layout: Layout) -> None:
    store = Store(layout, Clock())
    store.put({f"job {number}": queued() for number in range(10_000)})
    store.put({"job 0": processing(3)})
    assert len(load_status(layout.status).jobs) == 10_000
