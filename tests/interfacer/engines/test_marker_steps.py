"""Marker files as jobs: read, perhaps fitted, measured, exported; each with its own outcome."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.interfacer.engines.test_session import forbidden
from tests.io.c3d_files import c3d_bytes
from tests.trc_files import write_trc

from neuropose.checksums import sha256_of
from neuropose.config import Settings
from neuropose.data import JobEntry, JobState, MarkersOutcome, VideoFailure
from neuropose.errors import ConfigError
from neuropose.estimator import Estimator
from neuropose.interfacer import Interfacer
from neuropose.interfacer.engines.marker_steps import NOT_MEASURED
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.requests import Action, Request, ask
from neuropose.io import load_job_results, load_reconstruction, load_report, load_status
from neuropose.testing import FakeModel, simulate_walk, write_numbered_video
from neuropose.testing.people.walker import WalkerTrial


@pytest.fixture(scope="module")
def walk() -> WalkerTrial:
    return simulate_walk(times_s=np.arange(90) / 30.0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "jobs", settle_seconds=0, reconstruct="off")


@pytest.fixture
def job(settings: Settings, walk: WalkerTrial) -> Path:
    folder = settings.data_dir / "in" / "anna"
    folder.mkdir(parents=True)
    write_walk(folder / "Anna 2.trc", walk)
    return folder


def write_walk(path: Path, walk: WalkerTrial) -> None:
    names = list(walk.skeleton.joints)
    if path.suffix == ".trc":
        write_trc(path, walk.time_s, walk.positions_mm, names)
    else:
        path.write_bytes(c3d_bytes(walk.positions_mm, names, rate_hz=30.0, up="+Y"))


def process(settings: Settings, name: str = "anna") -> JobEntry:
    """No model is needed for markers."""
    model = FakeModel()
    model.predict = forbidden  # type: ignore[method-assign, assignment]
    Interfacer(settings, Estimator(model)).run_once()
    return load_status(Layout(settings.data_dir).status).jobs[name]


def files(settings: Settings, name: str = "anna") -> list[str]:
    return sorted(path.name for path in (settings.data_dir / "out" / name).iterdir())


class TestOutcomes:
    def test_a_session_is_carried_out(self, settings: Settings, job: Path) -> None:
        (job / "session.yaml").write_text("tasks: [gait, rom]\nexports: [mot, trc]\ncode: S01\n")
        entry = process(settings)
        assert (entry.state, entry.videos, entry.markers) == (
            JobState.COMPLETED,
            (),
            ("Anna 2.trc",),
        )
        [outcome] = entry.marker_outcomes
        assert isinstance(outcome, MarkersOutcome)
        assert (outcome.frames, outcome.markers) == (90, 33)
        errors = {each.step: each.error for each in outcome.steps}
        assert "a reconstructed body" in str(errors.pop("mot export"))
        assert errors == dict.fromkeys(
            ("gait analysis", "gait page", "rom analysis", "rom page", "trc export")
        )
        assert files(settings) == [
            *("Anna 2.trc", "markers_01.gait.html", "markers_01.gait.json"),
            *("markers_01.rom.html", "markers_01.rom.json", "markers_01.trc"),
            *("results.json", "session.yaml"),
        ]
        out = settings.data_dir / "out" / "anna"
        assert load_job_results(out / "results.json").videos == {}
        [given, *_] = load_report(out / "markers_01.gait.json").provenance.inputs
        assert given.kind == "trc"
        page = (out / "markers_01.gait.html").read_text(encoding="utf-8")
        assert "S01" in page
        assert "Anna" not in page

    def test_a_body_is_fitted_only_if_asked_for(self, settings: Settings, job: Path) -> None:
        (job / "session.yaml").write_text(
            "exports: [mot]\nheight_mm: 1700\nmarker_files: {reconstruct: on}\n"
        )
        [outcome] = process(settings).marker_outcomes
        assert isinstance(outcome, MarkersOutcome)
        assert [(each.step, each.error) for each in outcome.steps] == [
            ("reconstruction", None),
            ("mot export", None),
        ]
        out = settings.data_dir / "out" / "anna"
        assert len(load_reconstruction(out / "markers_01.reconstruction.npz").time_s) == 90
        assert (out / "markers_01.mot").exists()

    def test_without_a_session_it_is_read(self, settings: Settings, job: Path) -> None:
        [outcome] = process(settings).marker_outcomes
        assert isinstance(outcome, MarkersOutcome)
        assert outcome.warnings == (NOT_MEASURED,)
        assert files(settings) == ["Anna 2.trc", "results.json"]

    def test_a_loose_file_is_a_job(self, settings: Settings, walk: WalkerTrial) -> None:
        inbox = settings.data_dir / "in"
        inbox.mkdir(parents=True)
        write_walk(inbox / "walk 3.c3d", walk)
        entry = process(settings, "walk 3")
        assert entry.markers == ("walk 3.c3d",)
        assert isinstance(entry.marker_outcomes[0], MarkersOutcome)

    def test_one_that_cannot_be_read_can_be_gone_without(
        self, settings: Settings, job: Path
    ) -> None:
        (job / "Anna 10.c3d").write_bytes(b"not markers")
        (job / "session.yaml").write_text("tasks: [rom]\n")
        entry = process(settings)
        assert entry.state is JobState.FAILED
        assert entry.markers == ("Anna 2.trc", "Anna 10.c3d")
        good, bad = entry.marker_outcomes
        assert isinstance(good, MarkersOutcome)
        assert isinstance(bad, VideoFailure)
        assert entry.error is not None
        assert "Anna 10.c3d" in entry.error
        request = Request(action=Action.ACCEPT, job="anna", without=("markers_02",))
        assert "Anna 10.c3d" in ask(request, Layout(settings.data_dir))
        entry = process(settings)
        assert entry.state is JobState.COMPLETED
        left_out = entry.marker_outcomes[1]
        assert isinstance(left_out, VideoFailure)
        assert left_out.is_left_out
        assert "markers_01.rom.html" in files(settings)

    def test_of_several_people_one_is_named(
        self, settings: Settings, job: Path, walk: WalkerTrial
    ) -> None:
        names = [f"{who}:{joint}" for who in ("ann", "bob") for joint in walk.skeleton.joints]
        both = np.concatenate([walk.positions_mm, walk.positions_mm + 1000.0], axis=1)
        (job / "Anna 2.trc").unlink()
        write_trc(job / "both.trc", walk.time_s, both, names)
        (job / "session.yaml").write_text("tasks: [rom]\n")
        entry = process(settings)
        assert entry.state is JobState.FAILED
        assert "the markers of 2 people: ann, bob" in str(entry.error)
        failed = settings.data_dir / "failed" / "anna"
        (failed / "session.yaml").write_text("tasks: [rom]\nmarker_files: {subject: bob}\n")
        ask(Request(action=Action.RETRY, job="anna"), Layout(settings.data_dir))
        assert process(settings).state is JobState.COMPLETED

    def test_videos_and_markers_in_one_job(self, settings: Settings, job: Path) -> None:
        write_numbered_video(job / "walk.mp4", 45, width=320, height=240)
        (job / "session.yaml").write_text("tasks: [rom]\noverlay: false\n")
        Interfacer(settings, Estimator(FakeModel())).run_once()
        assert {"video_01.rom.html", "markers_01.rom.html"} <= set(files(settings))

    def test_another_file_of_the_same_name_is_measured_anew(
        self, settings: Settings, job: Path, walk: WalkerTrial
    ) -> None:
        (job / "broken.trc").write_text("no markers")
        (job / "session.yaml").write_text("tasks: [rom]\n")
        process(settings)
        failed = settings.data_dir / "failed" / "anna"
        write_trc(
            failed / "Anna 2.trc",
            walk.time_s[:60],
            walk.positions_mm[:60],
            list(walk.skeleton.joints),
        )
        ask(Request(action=Action.ACCEPT, job="anna"), Layout(settings.data_dir))
        process(settings)
        out = settings.data_dir / "out" / "anna"
        [given] = load_report(out / "markers_01.rom.json").provenance.inputs
        assert given.sha256 == sha256_of(out / "Anna 2.trc")


class TestRerun:
    def test_what_was_made_is_not_taken_for_an_input(self, settings: Settings, job: Path) -> None:
        write_numbered_video(job / "walk.mp4", 45, width=320, height=240)
        (job / "session.yaml").write_text("tasks: [rom]\nexports: [trc]\n")
        Interfacer(settings, Estimator(FakeModel())).run_once()
        out = settings.data_dir / "out" / "anna"
        assert {"video_01.overlay.mp4", "markers_01.trc"} <= set(files(settings))
        (out / "session.yaml").write_text("tasks: [gait]\nexports: [trc]\n")
        ask(Request(action=Action.RERUN, job="anna"), Layout(settings.data_dir))
        entry = process(settings)
        assert entry.videos == ("walk.mp4",)
        assert entry.markers == ("Anna 2.trc",)
        assert "video_01.rom.html" not in files(settings)
        assert {"video_01.gait.html", "video_01.overlay.mp4"} <= set(files(settings))


class TestDefaultSession:
    def test_jobs_without_one_follow_it(self, settings: Settings, job: Path) -> None:
        default = settings.data_dir / "default.yaml"
        default.write_text("tasks: [rom]\naffected_side: left\n")
        process(settings.model_copy(update={"default_session": default}))
        assert "markers_01.rom.html" in files(settings)

    def test_a_jobs_own_comes_first(self, settings: Settings, job: Path) -> None:
        default = settings.data_dir / "default.yaml"
        default.write_text("tasks: [rom]\n")
        (job / "session.yaml").write_text("tasks: [gait]\n")
        process(settings.model_copy(update={"default_session": default}))
        assert "markers_01.gait.html" in files(settings)
        assert "markers_01.rom.html" not in files(settings)

    @pytest.mark.parametrize("line", ["height_mm: 1700", "code: S01", "date: 2026-03-01"])
    def test_it_cannot_be_of_one_person(self, settings: Settings, job: Path, line: str) -> None:
        default = settings.data_dir / "default.yaml"
        default.write_text(f"tasks: [rom]\n{line}\n")
        with pytest.raises(ConfigError, match=f"{line.partition(':')[0]} cannot be the same"):
            process(settings.model_copy(update={"default_session": default}))
        assert job.exists()
