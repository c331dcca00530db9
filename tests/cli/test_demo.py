"""``neuropose demo``: on a stand-in for the sample clip, and for real."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
from pathlib import Path

import av
import cv2
import pytest
from benchmarks.balance_trial import CACHE_DIR

from neuropose import load_model
from neuropose.assets import SAMPLE_CLIP, Artefact, fetch
from neuropose.cli import app, main
from neuropose.cli._console import Session, run
from neuropose.data import JobState, VideoPredictions
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.lock import hold_lock
from neuropose.io import load_job_results, load_status
from neuropose.testing import write_numbered_video

FRAMES = 10
RESULTS = ["contact-sheet.png", "jobs", "overlay.mp4", "report.html"]
JOB = "neuropose-demo"


@pytest.fixture
def clip(cache: Path) -> Session:
    """A cache with a stand-in for the sample clip, which no source has."""
    cache.mkdir(parents=True)
    path = write_numbered_video(cache / SAMPLE_CLIP, FRAMES, width=320, height=240)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    pinned = Artefact(SAMPLE_CLIP, sha256, path.stat().st_size, "MIT", ())
    return Session(artefacts={SAMPLE_CLIP: pinned})


@pytest.fixture(scope="module")
def real_cache() -> Path:
    """Everything that the demo needs, fetched before a test's environment closes the network."""
    fetch(SAMPLE_CLIP, CACHE_DIR)
    load_model("blazepose", model_cache_dir=CACHE_DIR).close()
    return CACHE_DIR


def predictions_of(out: Path) -> VideoPredictions:
    """The predictions in the results of the demo's job, the only job that it leaves."""
    jobs = out / "jobs"
    assert [path.name for path in (jobs / "in").iterdir()] == []
    assert [path.name for path in (jobs / "failed").iterdir()] == []
    status = load_status(jobs / "out" / "status.json")
    assert [(name, job.state) for name, job in status.jobs.items()] == [(JOB, JobState.COMPLETED)]
    [predictions] = load_job_results(jobs / "out" / JOB / "results.json").videos.values()
    return predictions


def by_hand(err: str) -> list[str]:
    """The commands that the demo names, with the variables that they need."""
    [variables] = re.findall(r"^by hand, after: export (.*)$", err, re.MULTILINE)
    return [
        f"{variables} {each}" for each in re.findall(r"by hand: (neuropose [a-z].*)\)$", err, re.M)
    ]


def shown_frames(path: Path) -> tuple[str, str, int]:
    """Codec, pixel format and number of frames that are decoded."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        return context.name, str(context.pix_fmt), sum(1 for _ in container.decode(stream))


@pytest.mark.usefixtures("fakes")
class TestStandIn:
    def test_the_whole_way_and_nothing_else(
        self, clip: Session, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = home / "a" / "demo"
        assert run(app, ["demo", "--output", str(out), "--model", "fake-one"], clip) == 0
        assert sorted(path.name for path in out.iterdir()) == RESULTS
        assert predictions_of(out).metadata.frame_count == FRAMES
        assert shown_frames(out / "overlay.mp4")[2] == FRAMES
        assert cv2.imread(str(out / "contact-sheet.png")) is not None
        written, told = capsys.readouterr()
        assert "people    1 found; subject: track 0" in written
        for name in (
            "contact-sheet.png",
            "overlay.mp4",
            "report.html",
            f"jobs/out/{JOB}/results.json",
        ):
            assert str(out / name) in written
        assert [line.split("neuropose ")[1].split()[0] for line in by_hand(told)] == [
            *("models", "ingest", "watch", "report")
        ]

    def test_what_it_says_to_do_by_hand_gives_the_same(
        self,
        clip: Session,
        home: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        out = home / "check out" / "demo"
        (home / "check out" / ".git").mkdir(parents=True)  # where the output of make demo lies
        options = ["--model", "fake-one", "--workers", "2"]
        assert run(app, ["demo", str(out), *options], clip) == 0
        before = predictions_of(out)
        shutil.rmtree(out)
        monkeypatch.setenv("NEUROPOSE_SETTLE_SECONDS", "0")
        for line in by_hand(capsys.readouterr().err):
            words = shlex.split(line)
            at = words.index("neuropose")
            for name, _, value in (word.partition("=") for word in words[:at]):
                monkeypatch.setenv(name, value)
            assert run(app, words[at + 1 :], clip) == 0
        assert predictions_of(out) == before

    def test_for_a_machine(
        self, clip: Session, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = home / "demo"
        arguments = ["demo", "--output", str(out), "--model", "fake-one", "--json"]
        assert run(app, arguments, clip) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["people"] == 1
        assert all(Path(path).exists() for path in told["outputs"])

    def test_again_in_the_same_folder(
        self, clip: Session, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(app, ["demo", "a", "-o", "b"], clip) == 2
        assert "one of them" in capsys.readouterr().err
        arguments = ["demo", "-o", str(home / "demo"), "--model", "fake-one"]
        assert run(app, arguments, clip) == 0
        pictures = [home / "demo" / name for name in ("overlay.mp4", "contact-sheet.png")]
        before = [path.read_bytes() for path in pictures], predictions_of(home / "demo")
        assert run(app, arguments, clip) == 0
        assert ([path.read_bytes() for path in pictures], predictions_of(home / "demo")) == before

    def test_after_one_that_failed(
        self, clip: Session, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = home / "demo"
        assert run(app, ["demo", "-o", str(out), "--model", "fake-failing"], clip) == 10
        assert "the demo's job failed: ModelRunError: " in capsys.readouterr().err
        assert (out / "jobs" / "failed" / JOB / SAMPLE_CLIP).exists()
        assert run(app, ["demo", "-o", str(out), "--model", "fake-one"], clip) == 0
        predictions_of(out)

    def test_a_model_that_cannot_be_loaded_replaces_nothing(
        self, clip: Session, home: Path
    ) -> None:
        out = home / "demo"
        assert run(app, ["demo", "-o", str(out), "--model", "fake-one"], clip) == 0
        assert run(app, ["demo", "-o", str(out), "--model", "fake-unloadable"], clip) == 9
        predictions_of(out)

    @pytest.mark.parametrize("place", ["in", "out", "failed"])
    def test_other_jobs_are_left_alone(
        self, place: str, clip: Session, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        patient = home / "demo" / "jobs" / place / "anna" / "walk.mp4"
        patient.parent.mkdir(parents=True)
        patient.write_bytes(b"precious")
        assert run(app, ["demo", "-o", str(home / "demo"), "--model", "fake-one"], clip) == 12
        assert "holds other jobs" in capsys.readouterr().err
        assert patient.read_bytes() == b"precious"

    def test_not_beside_the_jobs_of_the_daemon(
        self, clip: Session, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = home / "share" / "neuropose"
        assert run(app, ["demo", "-o", str(out), "--model", "fake-one"], clip) == 12
        assert "is where the daemon's jobs are" in capsys.readouterr().err
        assert not (out / "jobs").exists()

    def test_not_beside_a_daemon(self, clip: Session, home: Path) -> None:
        layout = Layout(home / "demo" / "jobs")
        layout.make()
        with hold_lock(layout):
            assert run(app, ["demo", "-o", str(home / "demo"), "--model", "fake-one"], clip) == 14

    def test_no_folder(self, clip: Session, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (home / "notes").write_text("notes")
        assert run(app, ["demo", "-o", str(home / "notes"), "--model", "fake-one"], clip) == 12
        error, hint = capsys.readouterr().err.splitlines()
        assert error.endswith("notes: not a folder")
        assert "--output" in hint
        assert (home / "notes").read_text() == "notes"


@pytest.mark.real
def test_the_sample_clip(
    real_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NEUROPOSE_MODEL_CACHE_DIR", str(real_cache))
    out = tmp_path / "demo"
    assert main(["demo", "--output", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == RESULTS
    predictions = predictions_of(out)
    assert predictions.metadata.frame_count == 230
    assert len(predictions.track_ids) > 230  # two people for much of the clip
    assert predictions.metadata.gaps == ()
    assert shown_frames(out / "overlay.mp4") == ("h264", "yuv420p", 230)
    sheet = out / "contact-sheet.png"
    assert sheet.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    picture = cv2.imread(str(sheet))
    assert picture is not None
    assert picture.std() > 10  # not one plain colour
    assert "people    " in capsys.readouterr().out
