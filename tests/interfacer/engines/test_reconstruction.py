"""A job leaves a reconstruction of each video beside its results, and never loses these by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.fake_bodies import FakeBodies

from neuropose.body import movement
from neuropose.body.movement import movement_of_predictions
from neuropose.config import Settings
from neuropose.data import Provenance, Reconstruction, VideoPredictions
from neuropose.errors import CancelledError, OutputError
from neuropose.estimator import Estimator
from neuropose.interfacer import Interfacer
from neuropose.interfacer.engines.reconstruction import Fit, ReconstructionKeeper, fit_subject
from neuropose.interfacer.layout import Layout, reconstruction_name
from neuropose.io import load_job_results, load_reconstruction, read_trc
from neuropose.sequence import PoseSequence
from neuropose.testing import FakeModel, synthetic_predictions, write_numbered_video

PREDICTIONS = synthetic_predictions(frame_count=20)


def fitting(bodies: FakeBodies) -> Fit:
    def fit(
        predictions: VideoPredictions, progress: Callable[[float], None]
    ) -> Reconstruction | None:
        return movement_of_predictions(
            predictions, progress=progress, fit=bodies.reconstruct
        ).reconstruction

    return fit


def keeper(fit: Fit, lines: list[str] | None = None, *, stop: bool = False) -> ReconstructionKeeper:
    report = [].append if lines is None else lines.append
    return ReconstructionKeeper(fit, report=report, cancel=lambda: stop)


class TestKeeper:
    def test_it_is_written_once_for_the_same_predictions(self, tmp_path: Path) -> None:
        bodies, path = FakeBodies(), tmp_path / reconstruction_name(1)
        made = PREDICTIONS.model_copy(
            update={"provenance": Provenance(neuropose_version="1", model="fake")}
        )

        def fit(predictions: VideoPredictions, progress: Callable[[float], None]) -> Reconstruction:
            found = fitting(bodies)(predictions, progress)
            assert found is not None
            return found.model_copy(update={"provenance": predictions.provenance})

        keeper(fit).keep(path, made)
        keeper(fit).keep(path, made)
        assert len(bodies.asked) == 1
        newer = Provenance(neuropose_version="2", model="fake")
        keeper(fit).keep(path, made.model_copy(update={"provenance": newer}))
        assert len(bodies.asked) == 2
        path.write_bytes(b"damaged")
        keeper(fit).keep(path, made)
        assert len(load_reconstruction(path).time_s) == 20

    @pytest.mark.parametrize("error", [ValueError("a bug"), MemoryError("too long")])
    def test_a_failure_is_told_without_names(self, tmp_path: Path, error: Exception) -> None:
        def fit(*_: object) -> Reconstruction:
            raise error

        lines = list[str]()
        keeper(fit, lines).keep(tmp_path / reconstruction_name(2), PREDICTIONS)
        assert lines == [
            f"video 02: no body was fitted: unexpected {type(error).__name__}: {error}"
        ]

    def test_a_refusal_is_told_in_its_own_words(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bodies, lines = FakeBodies(refusal="the skeleton has no hips"), list[str]()
        monkeypatch.setattr(movement, "reconstruct_predictions", bodies.reconstruct)
        keeper(fit_subject, lines).keep(tmp_path / reconstruction_name(1), PREDICTIONS)
        assert lines == ["video 01: no body was fitted: the skeleton has no hips"]
        assert not list(tmp_path.iterdir())

    def test_it_stops_when_it_is_cancelled(self, tmp_path: Path) -> None:
        stopped = keeper(fitting(FakeBodies()), stop=True)
        with pytest.raises(CancelledError):
            stopped.keep(tmp_path / reconstruction_name(1), PREDICTIONS)
        assert not list(tmp_path.iterdir())

    def test_a_full_disk_is_not_a_failure_of_the_fit(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError):
            keeper(fitting(FakeBodies())).keep(tmp_path / "none" / "a.npz", PREDICTIONS)

    def test_nobody_is_no_reconstruction(self, tmp_path: Path) -> None:
        nobody = synthetic_predictions(frame_count=3, people=0)
        lines = list[str]()
        keeper(fit_subject, lines).keep(tmp_path / reconstruction_name(1), nobody)
        assert not lines
        assert not list(tmp_path.iterdir())

    def test_a_body_is_fitted_to_a_person(self, tmp_path: Path) -> None:
        lines = list[str]()
        path = tmp_path / reconstruction_name(1)
        keeper(fit_subject, lines).keep(path, synthetic_predictions(frame_count=40))
        assert not lines
        found = load_reconstruction(path)
        assert found.coordinate("left_knee_flexion").shape == (40,)
        assert found.subject is not None


class TestJob:
    def processed(self, folder: Path, bodies: FakeBodies, **settings: object) -> Layout:
        layout = Layout(folder)
        layout.make()
        (layout.inbox / "anna").mkdir()
        for name in ("a.mp4", "b.mp4"):
            write_numbered_video(layout.inbox / "anna" / name, frame_count=5)
        how: dict[str, Any] = {"reconstruct": "auto", **settings}
        made = Settings(data_dir=folder, settle_seconds=0, **how)
        assert Interfacer(made, Estimator(FakeModel()), fit=fitting(bodies)).run_once() == 1
        return layout

    def test_one_for_each_video(self, tmp_path: Path) -> None:
        layout = self.processed(tmp_path, FakeBodies())
        results = load_job_results(layout.out / "anna" / "results.json")
        for number, predictions in enumerate(results.videos.values(), start=1):
            found = load_reconstruction(layout.out / "anna" / reconstruction_name(number))
            assert found.subject == predictions.subject("longest")
        assert sorted(path.name for path in (layout.out / "anna").iterdir()) == [
            *("a.mp4", "b.mp4", "results.json"),
            *("video_01.reconstruction.npz", "video_02.reconstruction.npz"),
        ]

    def test_exports_are_of_the_body_that_the_pages_show(self, tmp_path: Path) -> None:
        """Of formats that hold everybody as predicted, of the predictions."""

        def fit(predictions: VideoPredictions, progress: Callable[[float], None]) -> Reconstruction:
            found = fitting(FakeBodies())(predictions, progress)
            assert found is not None
            return found.model_copy(update={"positions_mm": 1.25 * found.positions_mm})

        layout = Layout(tmp_path)
        layout.make()
        (layout.inbox / "anna").mkdir()
        write_numbered_video(layout.inbox / "anna" / "a.mp4", frame_count=5)
        (layout.inbox / "anna" / "session.yaml").write_text("exports: [trc, csv]\n")
        settings = Settings(data_dir=tmp_path, settle_seconds=0, reconstruct="auto")
        assert Interfacer(settings, Estimator(FakeModel()), fit=fit).run_once() == 1
        out = layout.out / "anna"
        predicted = PoseSequence.from_predictions(
            load_job_results(out / "results.json").videos["video_01"]
        )
        recording = read_trc(out / "video_01.trc")
        name, other = recording.names[0], recording.names[-1]
        apart_mm = np.linalg.norm(recording.marker(name) - recording.marker(other), axis=1)
        raw_mm = np.linalg.norm(predicted.joint(name) - predicted.joint(other), axis=1)
        np.testing.assert_allclose(apart_mm, 1.25 * raw_mm, rtol=1e-3)
        assert (out / "video_01.csv").is_file()

    def test_none_if_the_settings_say_so(self, tmp_path: Path) -> None:
        bodies = FakeBodies()
        layout = self.processed(tmp_path, bodies, reconstruct="off")
        assert not bodies.asked
        assert not list((layout.out / "anna").glob("*.npz"))

    def test_the_job_completes_without_them_if_no_body_can_be_fitted(self, tmp_path: Path) -> None:
        layout = self.processed(tmp_path, FakeBodies(refusal="nobody stands here"))
        assert (layout.out / "anna" / "results.json").exists()
        assert not list((layout.out / "anna").glob("*.npz"))
