"""Status and results of jobs: to a file and back, and refused if anything is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from neuropose.data import JobEntry, JobProgress, JobResults, JobState, Status
from neuropose.errors import FileFormatError, FileMissingError
from neuropose.io import load_job_results, load_status, save_job_results, save_status
from neuropose.testing import synthetic_predictions

NOW = datetime(2026, 3, 1, 20, 15, tzinfo=UTC)
PROGRESS = JobProgress(
    video="walk.mp4",
    number=1,
    count=2,
    frames_done=10,
    frames_expected=40,
    percent=25.0,
    frames_per_second=12.5,
    seconds_left=2.4,
)


def results() -> JobResults:
    one, other = synthetic_predictions(frame_count=3), synthetic_predictions(people=2)
    return JobResults(videos={"video_01": one, "video_02": other})


class TestStatus:
    def test_round_trip(self, tmp_path: Path) -> None:
        jobs = {
            "Anna -- 1\n": JobEntry(state=JobState.QUEUED, queued_at=NOW, position=1),
            "b": JobEntry(state=JobState.PROCESSING, queued_at=NOW, progress=PROGRESS, attempts=1),
            "c": JobEntry(state=JobState.COMPLETED, queued_at=NOW, results="out/c/results.json"),
            "d": JobEntry(state=JobState.FAILED, queued_at=NOW, error="VideoEmptyError: empty"),
        }
        save_status(tmp_path / "status.json", Status(jobs=jobs))
        assert load_status(tmp_path / "status.json") == Status(jobs=jobs)

    def test_times_are_utc(self, tmp_path: Path) -> None:
        entry = JobEntry(state=JobState.QUEUED, queued_at=NOW)
        save_status(tmp_path / "status.json", Status(jobs={"a": entry}))
        assert '"2026-03-01T20:15:00Z"' in (tmp_path / "status.json").read_text()

    @pytest.mark.parametrize(
        "fields",
        [
            {"state": "completed"},
            {"state": "queued", "results": "out/a/results.json"},
            {"state": "failed"},
            {"state": "completed", "results": "r", "error": "E: e"},
            {"state": "queued", "progress": PROGRESS},
            {"state": "waiting"},
            {"state": "queued", "queued_at": datetime(2026, 3, 1)},
        ],
    )
    def test_what_contradicts_itself_is_refused(self, fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            JobEntry(**{"queued_at": NOW, **fields})

    @pytest.mark.parametrize("text", ["", "{}}", '{"schema_version": 2}', '{"jobs": {"a": {}}}'])
    def test_a_damaged_file_is_refused(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "status.json").write_text(text)
        with pytest.raises(FileFormatError):
            load_status(tmp_path / "status.json")

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileMissingError):
            load_status(tmp_path / "status.json")


class TestResults:
    def test_round_trip(self, tmp_path: Path) -> None:
        save_job_results(tmp_path / "results.json", results())
        assert load_job_results(tmp_path / "results.json") == results()

    def test_the_same_results_give_the_same_bytes(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            save_job_results(tmp_path / name, results())
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

    def test_videos_are_numbered(self) -> None:
        with pytest.raises(ValidationError, match="in order"):
            JobResults(videos={"walk.mp4": synthetic_predictions()})

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ('"schema_version":1,\n"videos"', '"schema_version":9,\n"videos"', "schema 9"),
            ('"video_02"', '"video_2"', "video_2 is not in order"),
            ('"video_02"', '"video_01"', "twice"),
            ('"frame_count":3', '"frame_count":4', "video_01: frames"),
            ('"videos":{', '"extra":1,"videos":{', "extra"),
        ],
    )
    def test_a_changed_file_is_refused(
        self, old: str, new: str, problem: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "results.json"
        save_job_results(path, results())
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(FileFormatError, match=problem) as raised:
            load_job_results(path)
        assert raised.value.hint

    def test_every_cut_is_noticed(self, tmp_path: Path) -> None:
        path = tmp_path / "results.json"
        save_job_results(path, results())
        whole = path.read_bytes()
        for length in range(0, len(whole) - 1, 997):
            path.write_bytes(whole[:length])
            with pytest.raises(FileFormatError):
                load_job_results(path)
