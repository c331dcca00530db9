"""``neuropose jobs``, as its operator meets it."""

from __future__ import annotations

import errno
import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from neuropose.cli import main
from neuropose.cli.render.job_table import job_lines, one_job_lines, summary_lines, wrapped
from neuropose.data import (
    JobEntry,
    JobProgress,
    JobResults,
    JobState,
    MarkersOutcome,
    Status,
    StepOutcome,
    VideoFailure,
    VideoOutcome,
)
from neuropose.interfacer.ingest import is_begun
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.lock import hold_lock
from neuropose.io import save_job_results, save_status
from neuropose.testing import synthetic_predictions

NOW = datetime(2026, 3, 1, 20, 15, tzinfo=UTC)
PROGRESS = JobProgress(
    video="walk.mp4",
    number=1,
    count=2,
    frames_done=10,
    frames_expected=40,
    percent=25.0,
    seconds_left=2.4,
)
JOBS = {
    "a": JobEntry(state=JobState.COMPLETED, queued_at=NOW, results="out/a/results.json"),
    "aa": JobEntry(
        state=JobState.COMPLETED,
        queued_at=NOW,
        started_at=NOW,
        finished_at=NOW + timedelta(minutes=30),
        number=17,
        results="out/aa/results.json",
        videos=("sit.mp4", "walk.mp4", "bad.mp4"),
        outcomes=(
            VideoOutcome(people=2, frames=40, frames_with_people=38),
            VideoOutcome(
                people=0,
                frames=90,
                frames_with_people=0,
                warnings=("nobody was found in any of 90 frames",),
            ),
            VideoFailure(error="VideoEmptyError: empty", is_left_out=True),
        ),
    ),
    "b\nc": JobEntry(
        state=JobState.FAILED, queued_at=NOW, finished_at=NOW, error="VideoEmptyError: empty"
    ),
    "d": JobEntry(state=JobState.PROCESSING, queued_at=NOW, progress=PROGRESS, attempts=1),
    "e": JobEntry(state=JobState.QUEUED, queued_at=NOW, position=2),
    "f": JobEntry(state=JobState.QUEUED, queued_at=NOW, waiting_for="no video yet"),
}


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEUROPOSE_DATA_DIR", str(tmp_path / "jobs"))
    return tmp_path / "jobs"


@pytest.fixture
def jobs(data_dir: Path) -> None:
    (data_dir / "out").mkdir(parents=True)
    save_status(data_dir / "out" / "status.json", Status(jobs=JOBS))


@pytest.mark.usefixtures("jobs")
def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "list"]) == 0
    out, err = capsys.readouterr()
    at = f"{NOW.astimezone():%m-%d %H:%M}"
    ended = f"{NOW.astimezone() + timedelta(minutes=30):%m-%d %H:%M}"
    assert out.splitlines() == [
        "no daemon runs: neuropose watch starts one",
        "STATE       NO  VIDEOS  PEOPLE  FRAMES  SINCE        JOB",
        f"completed                               {at}  a",
        f"completed   17  3       0-2     38/130  {ended}  aa",
        "  warning: nobody was found in any of 90 frames",
        rf"failed                                  {at}  b\nc",
        "  VideoEmptyError: empty",
        f"processing                              {at}  d",
        "  video 1 of 2, 25 % of walk.mp4, 2 s left",
        f"queued                                  {at}  e",
        "  place 2 in the queue",
        f"queued                                  {at}  f",
        "  no video yet",
    ]
    assert err.startswith("data directory: /")


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_line_is_longer_than_the_terminal(width: int, tmp_path: Path) -> None:
    jobs = {**JOBS, "a very long name of a job that " * 4: JOBS["aa"]}
    lines = [
        *job_lines(jobs, width),
        *(line for text in summary_lines(jobs, NOW) for line in wrapped(text, width)),
        *(
            line
            for name, job in jobs.items()
            for line in one_job_lines(name, job, Layout(tmp_path), width)
        ),
    ]
    assert max(map(len, lines)) <= width
    text = "".join(lines).replace(" ", "")
    assert "averylongnameofajobthat" * 4 in text


def test_it_says_whether_a_daemon_lives_and_when_the_queue_is_done(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = Layout(data_dir)
    layout.make()
    done = JOBS["a"].model_copy(
        update={
            "started_at": NOW,
            "finished_at": NOW + timedelta(minutes=10),
            "attempts": 1,
            "videos": ("walk.mp4",),
        }
    )
    waits = JOBS["e"].model_copy(update={"videos": ("walk.mp4",)})
    for place in (layout.out / "a", layout.inbox / "e"):
        place.mkdir()
        (place / "walk.mp4").write_bytes(bytes(1000))
    save_status(layout.status, Status(jobs={"a": done, "e": waits}))
    with hold_lock(layout):
        assert main(["jobs", "list"]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith(f"a daemon runs: process {os.getpid()} on ")
    end = datetime.strptime(line[-16:], "%Y-%m-%d %H:%M").astimezone()
    assert abs(end - datetime.now(UTC) - timedelta(minutes=10)) < timedelta(minutes=3)


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize("given", ["17", "job 17"])
def test_the_number_in_the_log_means_a_job(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "show", given]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "job          aa",
        "number       17 in the log",
    ]


@pytest.mark.usefixtures("jobs")
def test_the_night_in_short(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "summary", "--since", "2026-03-01"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [
        "1 completed, 1 failed, 1 processing, 2 waiting",
        "2 videos, 130 frames (38 with people), in 0:30:00",
        "completed aa (job 17): warning: nobody was found in any of 90 frames",
        r"failed b\nc: VideoEmptyError: empty",
        "waits f: no video yet",
    ]
    assert main(["jobs", "summary", "--since", "1h", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["completed"], shown["queued"], shown["jobs"]) == (0, 2, [])
    assert main(["jobs", "summary", "--since", "soon"]) == 2
    assert "yesterday" in capsys.readouterr().err


def test_a_job_has_one_name_in_either_spelling(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    composed, decomposed = "Gang f\u00fcr", "Gang fu\u0308r"
    (data_dir / "out").mkdir(parents=True)
    save_status(data_dir / "out" / "status.json", Status(jobs={decomposed: JOBS["e"]}))
    assert main(["jobs", "show", composed]) == 0
    assert "queued" in capsys.readouterr().out
    jobs = {composed: JOBS["e"], decomposed: JOBS["e"]}
    save_status(data_dir / "out" / "status.json", Status(jobs=jobs))
    assert main(["jobs", "list"]) == 0
    shown = capsys.readouterr().out
    assert r"Gang fu\u0308r" in shown
    assert composed in shown


@pytest.mark.usefixtures("jobs")
def test_those_in_one_state(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "list", "--state", "queued", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == ["e", "f"]
    assert main(["jobs", "list", "--state", "waiting"]) == 2


@pytest.mark.usefixtures("data_dir")
def test_nothing_there_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "list"]) == 0
    assert capsys.readouterr().out.startswith("no jobs in ")


@pytest.mark.parametrize("place", ["in", "out", "failed"])
def test_jobs_that_no_status_tells_of(
    place: str, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data_dir / place / "anna").mkdir(parents=True)
    assert main(["jobs", "list"]) == 0
    found = f"1 in {data_dir / place}: not in the status"
    assert capsys.readouterr().out == f"{found}, and no daemon runs: neuropose watch\n"


def test_a_daemon_that_could_not_write_the_status_has_seen_them(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk; nor could it write who it is."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    layout = Layout(data_dir)
    layout.make()
    (layout.inbox / "anna").mkdir()
    monkeypatch.setattr("neuropose.interfacer.lock.os.pwrite", full)
    with hold_lock(layout):
        assert main(["jobs", "list"]) == 0
        out = capsys.readouterr().out
        assert is_begun("anna", layout) is False
        save_status(layout.status, Status(jobs={"anna": JOBS["d"]}))
        assert is_begun("anna", layout) is True
    assert out.startswith(f"1 in {layout.inbox}: not in the status yet, though a daemon runs")


@pytest.mark.usefixtures("jobs")
def test_one_job(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "show", "b\nc"]) == 0
    out = capsys.readouterr().out
    assert "state        failed" in out
    assert "error        VideoEmptyError: empty" in out
    assert main(["jobs", "show", "d", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["name"], shown["queued_at"]) == ("d", "2026-03-01T20:15:00Z")


@pytest.mark.usefixtures("jobs")
def test_what_was_found_in_each_video(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "show", "aa"]) == 0
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("video_")]
    assert shown == [
        "video_01     sit.mp4: 2 people, in 38 of 40 frames, 40 of which have a picture",
        "video_02     walk.mp4: 0 people, in 0 of 90 frames, 90 of which have a picture; "
        "warning: nobody was found in any of 90 frames",
        "video_03     bad.mp4: left out: VideoEmptyError: empty",
    ]


def test_marker_files_and_the_step_that_is_done(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = MarkersOutcome(
        frames=205,
        markers=39,
        steps=(
            StepOutcome(step="gait page"),
            StepOutcome(step="mot export", error="JobError: no body"),
        ),
    )
    jobs = {
        "a": JOBS["aa"].model_copy(
            update={"markers": ("b.c3d",), "marker_outcomes": (measured,), "outcomes": ()}
        ),
        "b": JobEntry(
            state=JobState.PROCESSING,
            queued_at=NOW,
            videos=("walk.mp4",),
            markers=("a.trc", "b.trc", "c.trc"),
            progress=PROGRESS.model_copy(
                update={"video": "b.trc", "number": 2, "count": 3, "step": "gait analysis"}
            ),
        ),
    }
    (data_dir / "out").mkdir(parents=True)
    save_status(data_dir / "out" / "status.json", Status(jobs=jobs))
    assert main(["jobs", "list"]) == 0
    head, first, failed, _, below = capsys.readouterr().out.splitlines()[1:]
    assert head.split() == ["STATE", "NO", "VIDEOS", "MARKERS", "PEOPLE", "FRAMES", "SINCE", "JOB"]
    assert first.split()[:4] == ["completed", "17", "3", "1"]
    assert failed.strip() == "mot export failed: JobError: no body"
    assert below.strip() == "gait analysis of b.trc (2 of 3)"
    assert main(["jobs", "show", "a"]) == 0
    assert (
        "markers_01   b.c3d: 205 frames of 39 markers; made: gait page; "
        "mot export failed: JobError: no body"
    ) in capsys.readouterr().out
    assert main(["jobs", "show", "b"]) == 0
    shown = capsys.readouterr().out.splitlines()[-4:]
    assert [line.split(": ")[1] for line in shown] == ["done", "done", "now gait analysis", "waits"]
    assert main(["jobs", "summary", "--since", "2026-03-01"]) == 0
    assert "1 marker file, in 0:30:00" in capsys.readouterr().out


@pytest.mark.usefixtures("jobs")
def test_a_job_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "show", "b c"]) == 10
    assert "did you mean" in capsys.readouterr().err


class TestChanging:
    @pytest.fixture
    def failed(self, data_dir: Path) -> Path:
        for name in ("anna", "ben"):
            (data_dir / "failed" / name).mkdir(parents=True)
        return data_dir

    def test_one_is_tried_again(self, failed: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["jobs", "retry", "anna"]) == 0
        assert capsys.readouterr().out == "job anna waits to be tried again\n"
        assert (failed / "in" / "anna").is_dir()
        assert (failed / "failed" / "ben").is_dir()

    def test_all_are_tried_again(self, failed: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["jobs", "retry", "--all"]) == 0
        assert sorted(path.name for path in (failed / "in").iterdir()) == ["anna", "ben"]
        assert main(["jobs", "retry", "--all"]) == 0
        assert "no job has failed" in capsys.readouterr().out
        assert main(["jobs", "retry"]) == 2
        assert main(["jobs", "retry", "anna", "--all"]) == 2

    def test_only_a_completed_one_is_analysed_again(
        self, failed: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (failed / "out" / "carl").mkdir(parents=True)
        results = JobResults(videos={"video_01": synthetic_predictions(frame_count=3)})
        save_job_results(failed / "out" / "carl" / "results.json", results)
        save_job_results(failed / "out" / "carl" / "results.corrected.json", results)
        assert main(["jobs", "rerun", "carl", "--from", "analysis"]) == 0
        said = (
            "job carl waits for everything after the poses to be done again, as corrected in "
            "results.corrected.json\n"
        )
        assert capsys.readouterr().out == said
        assert (failed / "in" / "carl").is_dir()
        assert main(["jobs", "rerun", "anna"]) == 10
        assert "the job has not completed, it is in failed/" in capsys.readouterr().err
        assert main(["jobs", "rerun", "carl", "--from", "poses"]) == 2

    def test_one_that_is_refused_does_not_keep_the_others_back(
        self, failed: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["jobs", "retry", "nobody", "ben"]) == 10
        captured = capsys.readouterr()
        assert captured.out == "job ben waits to be tried again\n"
        assert "job nobody: there is no such job" in captured.err

    def test_removing_asks_first(
        self, failed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO())
        assert main(["jobs", "remove", "anna"]) == 130
        assert (failed / "failed" / "anna").is_dir()
        assert main(["jobs", "remove", "anna", "--yes"]) == 0
        assert "job anna is removed from failed/" in capsys.readouterr().out
        assert not (failed / "failed" / "anna").exists()
