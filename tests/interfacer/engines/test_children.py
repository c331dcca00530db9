"""Several children: videos at the same time, the same results."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from tests.interfacer.children import Obedient, obedient, sharing
from tests.loopback import PATIENCE_S

from neuropose.config import Settings
from neuropose.data import JobState
from neuropose.errors import VideoEmptyError
from neuropose.estimator import Estimator, ModelInfo, ProcessVideoResult
from neuropose.interfacer import Children, Interfacer, Layout
from neuropose.interfacer.engines.children import plan_children
from neuropose.io import load_job_results, load_status
from neuropose.testing import FakeModel, write_numbered_video

STALL_S = 60.0


def info(**fields: object) -> ModelInfo:
    return FakeModel().info.model_copy(update=fields)


@pytest.mark.parametrize(
    ("fields", "cores", "plan"),
    [
        ({"most_workers": None}, 16, [("cpu", 16)]),
        ({"most_workers": 4}, 2, [("cpu", 2)]),
        ({"most_workers": 4}, 4, [("cpu", 4)]),
        ({"most_workers": 4}, 6, [("cpu", 3)] * 2),
        ({"most_workers": 4}, 16, [("cpu", 4)] * 4),
        ({"device": "gpu:0"}, 8, [("gpu:0", 8)]),
        ({"device": "gpu:0", "other_devices": ("gpu:1",)}, 8, [("gpu:0", 4), ("gpu:1", 4)]),
        ({"device": "gpu:0", "other_devices": ("gpu:1",)}, 1, [("gpu:0", 1), ("gpu:1", 1)]),
    ],
)
def test_the_plan(fields: dict[str, object], cores: int, plan: list[tuple[str, int]]) -> None:
    assert plan_children(info(**fields), cores) == plan


def test_each_has_its_device_and_works_beside_the_others(tmp_path: Path) -> None:
    children = Children(partial(sharing, devices=2), stall_s=STALL_S, cores=6)
    try:
        children.prepare()
        assert children.concurrency == 2
        videos = [write_numbered_video(tmp_path / f"tell-{n}.mp4", 3) for n in range(2)]
        with ThreadPoolExecutor(2) as pool:
            told = {
                str(future.exception())
                for future in [pool.submit(children.process_video, video) for video in videos]
            }
        assert told == {"gpu:0, 3 workers", "gpu:1, 3 workers"}
    finally:
        children.close()


def test_one_device_has_one_child(tmp_path: Path) -> None:
    children = Children(partial(sharing, devices=1), stall_s=STALL_S, cores=6)
    try:
        children.prepare()
        assert children.concurrency == 1
        with pytest.raises(VideoEmptyError, match="cpu, None workers"):
            children.process_video(write_numbered_video(tmp_path / "tell.mp4", 3))
    finally:
        children.close()


class Together(Obedient):
    """Processes two videos only if both come at once."""

    concurrency = 2

    def __init__(self) -> None:
        super().__init__()
        self.meeting = threading.Barrier(2, timeout=PATIENCE_S)

    def process_video(self, path: Path | str, **options: object) -> ProcessVideoResult:
        self.meeting.wait()
        return super().process_video(path, **options)


def test_the_daemon_works_on_as_many_jobs_at_once(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "jobs")
    layout.make()
    names = [f"job {number}" for number in range(6)]
    for name in names:
        (layout.inbox / name).mkdir()
        video = write_numbered_video(layout.inbox / name / "walk.mp4", 12)
    expected = Estimator(FakeModel()).process_video(video).predictions
    settings = Settings(data_dir=layout.root, settle_seconds=0)
    assert Interfacer(settings, Together()).run_once() == len(names)
    jobs = load_status(layout.status).jobs
    assert {name: job.state for name, job in jobs.items()} == dict.fromkeys(
        names, JobState.COMPLETED
    )
    for name in names:
        results = load_job_results(layout.out / name / "results.json")
        assert results.videos["video_01"] == expected


def test_a_child_that_crashes_does_not_touch_the_job_beside_it(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "jobs")
    layout.make()
    for name in ("segfault", "walk", "exit", "sit"):
        (layout.inbox / name).mkdir()
        write_numbered_video(layout.inbox / name / f"{name}.mp4", 12)
    settings = Settings(data_dir=layout.root, settle_seconds=0)
    children = Children(partial(sharing, devices=2), stall_s=STALL_S, cores=2)
    try:
        assert Interfacer(settings, children).run_once(lambda: children.prepare()) == 4
    finally:
        children.close()
    states = {name: job.state.value for name, job in load_status(layout.status).jobs.items()}
    assert states == {
        "segfault": "failed",
        "exit": "failed",
        "walk": "completed",
        "sit": "completed",
    }


def test_the_model_is_prepared_once_if_one_is_enough() -> None:
    children = Children(obedient, stall_s=STALL_S, cores=os.cpu_count())
    try:
        children.prepare()
        assert children.concurrency == 1
    finally:
        children.close()
