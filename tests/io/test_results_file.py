"""Predictions out of a file, of one video or of one of several."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuropose.data import JobResults
from neuropose.errors import FileMissingError, VideoChoiceError
from neuropose.io import (
    load_job_results,
    load_results,
    load_video_predictions,
    save_job_results,
    save_video_predictions,
)
from neuropose.testing import synthetic_predictions

SHORT, LONG = (synthetic_predictions(frame_count=count) for count in (5, 9))


@pytest.fixture
def job(tmp_path: Path) -> Path:
    path = tmp_path / "results.json"
    save_job_results(path, JobResults(videos={"video_01": SHORT, "video_02": LONG}))
    return path


def test_of_one_video(tmp_path: Path) -> None:
    path = tmp_path / "walk.poses.json"
    save_video_predictions(path, SHORT)
    found = load_results(path)
    assert (found.video, found.job, len(found.predictions.frames)) == (None, None, 5)
    found.save(path, LONG)
    assert len(load_video_predictions(path).frames) == 9
    with pytest.raises(VideoChoiceError, match="of one video"):
        load_results(path, "video_01")


def test_of_several(job: Path) -> None:
    found = load_results(job, "video_02")
    assert (found.video, len(found.predictions.frames)) == ("video_02", 9)
    found.save(job, SHORT)
    assert [len(each.frames) for each in load_job_results(job).videos.values()] == [5, 5]


@pytest.mark.parametrize("video", [None, "video_3"])
def test_which_one_must_be_clear(job: Path, video: str | None) -> None:
    with pytest.raises(VideoChoiceError) as caught:
        load_results(job, video)
    assert "video_01, video_02" in (caught.value.hint or "")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError):
        load_results(tmp_path / "none.json")
