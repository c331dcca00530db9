"""A batch with everything that can be wrong with a video: the others are done all the same."""

from __future__ import annotations

import os
from pathlib import Path

from tests.interfacer.children import obedient

from neuropose.config import Settings
from neuropose.data import JobState
from neuropose.interfacer import ChildEstimator, Interfacer, Layout
from neuropose.io import load_job_results, load_status
from neuropose.testing import write_numbered_video

GOOD = 34
FRAMES = 12
REASONS = {
    "segfault": "WorkerCrashedError: the process that ran the model was ended by SIGSEGV",
    "hang": "WorkerStalledError: no new frame for 5 s after frame 6",
    "empty": "VideoEmptyError: the file is empty",
    "text": "NotAVideoError: the file is not a video",
    "truncated": "VideoTruncatedError: ",
    "raise": "KeyError: 'no such tensor'",
}


def test_forty_jobs_of_which_six_are_bad(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "jobs")
    layout.make()
    for number in range(GOOD):
        folder = layout.inbox / f"good {number}"
        folder.mkdir()
        write_numbered_video(folder / "walk.mp4", FRAMES)
    for word in REASONS:
        folder = layout.inbox / word
        folder.mkdir()
        write_numbered_video(folder / f"{word}.mp4", FRAMES)
    (layout.inbox / "empty" / "empty.mp4").write_bytes(b"")
    (layout.inbox / "text" / "text.mp4").write_text("Dear diary")
    cut = layout.inbox / "truncated" / "truncated.mp4"
    os.truncate(cut, cut.stat().st_size // 2)

    child = ChildEstimator(obedient, stall_s=5.0)
    try:
        settings = Settings(data_dir=layout.root, settle_seconds=0)
        assert Interfacer(settings, child).run_once(child.prepare) == GOOD + len(REASONS)
    finally:
        child.close()

    jobs = load_status(layout.status).jobs
    done = [name for name, job in jobs.items() if job.state is JobState.COMPLETED]
    assert sorted(done) == sorted(f"good {number}" for number in range(GOOD))
    for word, reason in REASONS.items():
        assert jobs[word].state is JobState.FAILED
        assert str(jobs[word].error).startswith(reason)
        assert (layout.failed / word / f"{word}.mp4").exists()
    for name in done:
        results = load_job_results(layout.out / name / "results.json")
        assert results.videos["video_01"].metadata.frame_count == FRAMES
