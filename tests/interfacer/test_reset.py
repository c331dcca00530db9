"""All jobs removed, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.interfacer.children import Obedient

from neuropose.config import Settings
from neuropose.errors import DaemonRunningError
from neuropose.interfacer import Interfacer, Layout
from neuropose.interfacer.lock import hold_lock
from neuropose.interfacer.reset import plan_reset, reset, stop_daemon
from neuropose.io import load_status
from neuropose.testing import write_numbered_video


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A job that is done, one that has failed, one that waits, and a loose video that waits."""
    layout = Layout(tmp_path / "jobs")
    layout.make()
    for name in ("walk", "refuse"):
        (layout.inbox / name).mkdir()
        write_numbered_video(layout.inbox / name / f"{name}.mp4", 5)
    Interfacer(Settings(data_dir=layout.root, settle_seconds=0), Obedient()).run_once()
    (layout.inbox / "later").mkdir()
    write_numbered_video(layout.inbox / "later" / "walk.mp4", 5)
    write_numbered_video(layout.inbox / "loose.mp4", 5)
    return layout


def test_the_plan_says_what_there_is_and_changes_nothing(layout: Layout) -> None:
    before = sorted(layout.root.rglob("*"))
    plan = plan_reset(layout)
    assert (plan.waiting, plan.done, plan.failed) == (2, 1, 1)
    sizes = [path.stat().st_size for path in before if path.is_file() and path.suffix == ".mp4"]
    results = (layout.out / "walk" / "results.json").stat().st_size
    left = [path for path in layout.failed.rglob("*") if path.is_file() and path.suffix != ".mp4"]
    assert plan.size_bytes == sum(sizes) + results + sum(path.stat().st_size for path in left)
    assert sorted(layout.root.rglob("*")) == before


def test_everything_is_removed(layout: Layout) -> None:
    seen: list[int] = []
    reset(layout, progress=seen.append)
    assert seen == [1, 2, 3, 4]
    assert load_status(layout.status).jobs == {}
    left = [path for path in layout.root.rglob("*") if path.is_file()]
    assert sorted(left) == [layout.lock, layout.status]
    assert plan_reset(layout).jobs == ()


def test_failed_jobs_can_be_kept(layout: Layout) -> None:
    reset(layout, keep_failed=True)
    assert list(load_status(layout.status).jobs) == ["refuse"]
    assert [path.name for path in layout.root.rglob("*.mp4")] == ["refuse.mp4"]


def test_nothing_is_removed_while_a_daemon_runs(layout: Layout) -> None:
    with hold_lock(layout), pytest.raises(DaemonRunningError):
        reset(layout)
    assert (plan_reset(layout).waiting, plan_reset(layout).done) == (2, 1)


def test_where_nothing_is(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "nowhere")
    assert plan_reset(layout).jobs == ()
    assert not layout.root.exists()
    stop_daemon(layout)
