"""The estimator on numbered videos: the right pose in the right frame, whatever happens."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.estimator import stubs

from neuropose.cores import available_cores
from neuropose.data import Camera, CameraSource, Source, VideoPredictions
from neuropose.errors import (
    CameraError,
    CancelledError,
    DeviceError,
    ModelOutputError,
    ModelRunError,
    SubjectError,
    VideoNotFoundError,
)
from neuropose.estimator import Detections, Estimator, ProcessVideoResult, Progress
from neuropose.estimator.core import DEFAULT_FOV_DEGREES
from neuropose.estimator.model import Picture
from neuropose.io import save_video_predictions
from neuropose.testing import FakeModel, synthetic_predictions, write_numbered_video
from neuropose.testing.conformance.faults import Fault, failed, no_result, raising, wrong_shape

FRAME_COUNT = 24
TOO_DARK = {9: failed("too dark"), 10: failed("too dark")}


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered_video(tmp_path_factory.mktemp("video") / "clip.mp4", FRAME_COUNT)


@pytest.fixture
def no_new_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


class TestRightPoseInRightFrame:
    def test_even_frame_rate(self, video: Path) -> None:
        predictions = Estimator(FakeModel(stubs.mark)).process_video(video).predictions
        assert stubs.marks(predictions) == list(range(FRAME_COUNT))
        assert predictions.time_s == pytest.approx(np.arange(FRAME_COUNT) / 30.0, abs=1e-4)
        assert predictions.metadata.variable_frame_rate is False

    def test_variable_frame_rate(self, tmp_path: Path) -> None:
        steps_s = np.random.default_rng(1).uniform(0.008, 0.2, FRAME_COUNT)
        times_s = np.concatenate([[0.0], np.cumsum(steps_s)])[:FRAME_COUNT]
        video = write_numbered_video(tmp_path / "phone.mp4", FRAME_COUNT, times_s=times_s)
        predictions = Estimator(FakeModel(stubs.mark)).process_video(video).predictions
        assert stubs.marks(predictions) == list(range(FRAME_COUNT))
        assert predictions.time_s == pytest.approx(times_s, abs=1e-4)
        assert predictions.metadata.variable_frame_rate is True

    def test_path_as_text(self, video: Path) -> None:
        predictions = Estimator(FakeModel(stubs.mark)).process_video(str(video)).predictions
        assert stubs.marks(predictions) == list(range(FRAME_COUNT))

    def test_poses_come_through_unchanged(self, video: Path) -> None:
        programmed = synthetic_predictions(frame_count=FRAME_COUNT, people=2)
        model = FakeModel.replaying(programmed)
        predictions = Estimator(model).process_video(video).predictions
        for field in ("offsets", "boxes", "poses3d", "poses2d", "confidence", "track_ids"):
            assert np.array_equal(getattr(predictions, field), getattr(programmed, field)), field
        assert predictions.skeleton == programmed.skeleton

    def test_uncertainty_comes_through_and_nobody_is_nobody(self, video: Path) -> None:
        detections = [
            replace(
                stubs.marked(number), uncertainty_mm=np.full((1, stubs.JOINTS), number, np.float32)
            )
            for number in range(5)
        ]
        model = FakeModel(detections, gives_uncertainty=True)
        predictions = Estimator(model).process_video(video).predictions
        assert predictions.uncertainty_mm is not None
        assert predictions.uncertainty_mm[:, 0].tolist() == [0, 1, 2, 3, 4]
        assert stubs.marks(predictions) == [0, 1, 2, 3, 4, *[None] * (FRAME_COUNT - 5)]

    def test_no_uncertainty_unless_declared(self, video: Path) -> None:
        predictions = Estimator(FakeModel(stubs.mark)).process_video(video).predictions
        assert predictions.uncertainty_mm is None

    def test_nobody_found_is_a_valid_result(self, video: Path) -> None:
        result = Estimator(FakeModel([])).process_video(video)
        assert result.predictions.metadata.frame_count == FRAME_COUNT
        assert result.predictions.poses3d.shape == (0, stubs.JOINTS, 3)
        assert not result.predictions.offsets.any()
        assert result.metrics.frames_with_pose == 0
        assert (result.predictions.people_count, result.predictions.frames_with_people) == (0, 0)
        assert result.predictions.warnings == (f"nobody was found in any of {FRAME_COUNT} frames",)
        with pytest.raises(SubjectError, match="nobody"):
            result.predictions.subject()


class TestGaps:
    def test_damaged_frames_are_empty_and_nothing_is_shifted(self, tmp_path: Path) -> None:
        video = stubs.write_short_groups(tmp_path / "clip.mp4", 40, frames_per_group=10)
        stubs.damage_frame(video, 14)
        calls: list[Progress] = []
        result = Estimator(FakeModel(stubs.mark)).process_video(video, progress=calls.append)
        predictions = result.predictions
        lost = range(14, 20)  # until the next key frame
        wanted = [None if number in lost else number for number in range(40)]
        assert stubs.marks(predictions) == wanted
        assert predictions.time_s == pytest.approx(np.arange(40) / 25.0, abs=1e-4)
        in_gaps = [
            number
            for gap in predictions.metadata.gaps
            for number in range(gap.first_frame, gap.last_frame + 1)
        ]
        assert in_gaps == list(lost)
        assert predictions.frames["frame_000014"].gap_reason
        assert predictions.frames["frame_000020"].gap_reason is None
        assert result.metrics.gap_frames == len(lost)
        assert result.metrics.frames_with_pose == 40 - len(lost)
        assert calls[-1] == Progress(40, 40)
        assert np.isnan(predictions.to_arrays().poses3d[14:20]).all()

    @given(
        sound=st.lists(st.booleans(), min_size=1, max_size=30).filter(any),
        ahead=st.integers(0, 8),
    )
    @settings(max_examples=60, deadline=None)
    def test_any_gaps_and_any_reading_ahead(self, sound: list[bool], ahead: int) -> None:
        calls: list[Progress] = []
        reader = stubs.StubReader(sound)
        result = stubs.process_stub(stubs.AheadModel(ahead), reader, progress=calls.append)
        wanted = [number if there else None for number, there in enumerate(sound)]
        assert stubs.marks(result.predictions) == wanted
        assert result.predictions.time_s.tolist() == reader.times_s
        done = [call.frames_done for call in calls]
        assert done == sorted(set(done))
        assert done[-1] == len(sound)
        assert {call.frames_expected for call in calls} == {len(sound)}

    def test_frames_done_stops_before_the_first_frame_that_waits(self) -> None:
        calls: list[Progress] = []
        sound = [True, False, True, True, False]
        stubs.process_stub(FakeModel(stubs.mark), stubs.StubReader(sound), progress=calls.append)
        assert [call.frames_done for call in calls] == [1, 3, 4, 5]


class TestPicturesThatTheModelFailsOn:
    def test_are_gaps_and_nothing_else_changes(self, video: Path) -> None:
        whole = Estimator(FakeModel(stubs.mark)).process_video(video).predictions
        model = FakeModel(stubs.mark, faults=TOO_DARK)
        result = Estimator(model).process_video(video)
        [gap] = result.predictions.metadata.gaps
        assert (gap.first_frame, gap.last_frame, gap.reason) == (9, 10, "too dark")
        assert result.predictions.frames["frame_000009"].gap_reason == "too dark"
        wanted = [None if number in TOO_DARK else number for number in stubs.marks(whole)]
        assert stubs.marks(result.predictions) == wanted
        assert (result.predictions.track_ids == 0).all()

    def test_an_interrupted_video_keeps_them(self, video: Path) -> None:
        def process(**arguments: Any) -> ProcessVideoResult:
            return Estimator(FakeModel(stubs.mark, faults=TOO_DARK)).process_video(
                video, **arguments
            )

        kept = stubs.KeptCheckpoints()
        with pytest.raises(CancelledError):
            process(checkpoints=kept, cancel=stubs.stops_after(12))
        resumed = process(checkpoints=kept)
        assert resumed.metrics.resumed_frames > 10
        assert resumed.predictions.metadata == process().predictions.metadata
        assert stubs.bits(resumed.predictions) == stubs.bits(process().predictions)


class TestProgressAndCancel:
    def test_progress_after_every_frame_from_the_calling_thread(self, video: Path) -> None:
        calls: list[tuple[int, int, threading.Thread]] = []

        def note(progress: Progress) -> None:
            here = threading.current_thread()
            calls.append((progress.frames_done, progress.frames_expected, here))

        Estimator(stubs.ThreadedModel(), workers=2).process_video(video, progress=note)
        here = threading.current_thread()
        assert calls == [(done, FRAME_COUNT, here) for done in range(1, FRAME_COUNT + 1)]

    def test_cancel_is_asked_before_every_frame(self, video: Path) -> None:
        asked: list[None] = []

        def cancel() -> bool:
            asked.append(None)
            return False

        Estimator(FakeModel()).process_video(video, cancel=cancel)
        assert len(asked) == FRAME_COUNT + 1

    @pytest.mark.parametrize("frames", [0, 1, 10, FRAME_COUNT])
    @pytest.mark.usefixtures("no_new_threads")
    def test_cancelled(self, video: Path, frames: int) -> None:
        answers = iter([False] * frames + [True])
        done: list[int] = []
        estimator = Estimator(stubs.ThreadedModel(), workers=2)
        with pytest.raises(CancelledError):
            estimator.process_video(
                video,
                progress=lambda progress: done.append(progress.frames_done),
                cancel=lambda: next(answers),
            )
        assert len(done) <= frames


class TestCamera:
    def test_default_is_a_field_of_view_along_the_larger_side(self, video: Path) -> None:
        camera = Estimator(FakeModel()).process_video(video).predictions.camera
        assert camera is not None
        assert (camera.source, camera.fov_degrees) == (CameraSource.FOV, DEFAULT_FOV_DEGREES)
        assert camera.fov_source is Source.ASSUMED
        assert camera.intrinsic_matrix[0] == pytest.approx(
            (80.0 / np.tan(np.radians(27.5)), 0.0, 80.0), abs=1e-6
        )

    def test_default_of_the_estimator(self, video: Path) -> None:
        estimator = Estimator(FakeModel(), default_fov_degrees=70.0)
        camera = estimator.process_video(video).predictions.camera
        assert camera is not None
        assert (camera.source, camera.fov_degrees) == (CameraSource.FOV, 70.0)

    def test_field_of_view_given(self, video: Path) -> None:
        camera = Estimator(FakeModel()).process_video(video, fov_degrees=62.0).predictions.camera
        assert camera is not None
        assert (camera.source, camera.fov_degrees) == (CameraSource.FOV, 62.0)
        assert camera.fov_source is Source.GIVEN

    def test_intrinsics_given_reach_the_model_and_the_result(self, video: Path) -> None:
        given_camera = Camera(
            intrinsic_matrix=((150.0, 0.0, 81.0), (0.0, 151.0, 59.0), (0.0, 0.0, 1.0)),
            distortion=(-0.1, 0.01, 0.0, 0.0),
            source=CameraSource.GIVEN,
        )
        seen: list[Camera] = []

        def programme(picture: Picture, camera: Camera) -> Detections:
            seen.append(camera)
            return Detections.none(stubs.JOINTS)

        result = Estimator(FakeModel(programme)).process_video(video, camera=given_camera)
        assert result.predictions.camera == given_camera
        assert set(seen) == {given_camera}

    def test_both_given(self, video: Path) -> None:
        camera = Camera.from_fov(160, 120, 50.0)
        with pytest.raises(CameraError, match="both"):
            Estimator(FakeModel()).process_video(video, camera=camera, fov_degrees=50.0)

    def test_intrinsics_of_a_larger_picture_are_refused(self, video: Path) -> None:
        camera = Camera.from_fov(3840, 2160, 50.0)
        with pytest.raises(CameraError, match=r"\(1920, 1080\) lies outside") as raised:
            Estimator(FakeModel()).process_video(video, camera=camera)
        assert "as displayed" in str(raised.value.hint)

    @pytest.mark.parametrize("fov_degrees", [0.0, -10.0, 180.0, 1000.0, float("nan")])
    def test_impossible_field_of_view(self, video: Path, fov_degrees: float) -> None:
        with pytest.raises(CameraError, match="field of view") as raised:
            Estimator(FakeModel()).process_video(video, fov_degrees=fov_degrees)
        assert raised.value.hint

    @given(fov_degrees=st.floats())
    @settings(deadline=None)
    def test_any_number_is_a_field_of_view_or_refused_in_one_line(self, fov_degrees: float) -> None:
        reader = stubs.StubReader([True])
        try:
            result = stubs.process_stub(FakeModel([]), reader, fov_degrees=fov_degrees)
        except CameraError as error:
            refused = error
        else:
            assert 0.0 < fov_degrees < 180.0
            assert result.predictions.camera.fov_degrees == fov_degrees
            return
        assert "\n" not in refused.message


class Misbehaving(FakeModel):
    """Gives too few or too many results: `give` takes the right ones."""

    def __init__(self, give) -> None:
        super().__init__(stubs.mark)
        self._give = give

    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        return self._give(super().predict(pictures, camera))


def twice(results: Iterator[Detections]) -> Iterator[Detections]:
    for found in results:
        yield found
        yield found


def one_more(results: Iterator[Detections]) -> Iterator[Detections]:
    yield from results
    yield stubs.marked(0)


def none_from_the_third(results: Iterator[Detections]) -> Iterator[Detections]:
    for number, found in enumerate(results):
        if number < 2:
            yield found


def stops_at_the_third(results: Iterator[Detections]) -> Iterator[Detections]:
    for number, found in enumerate(results):
        if number == 2:
            return
        yield found


def infinite(field: str) -> Fault:
    def fault(found: Detections) -> Detections:
        wrong = getattr(found, field).copy()
        wrong.flat[1] = np.inf
        return replace(found, **{field: wrong})

    return fault


def double_precision(found: Detections) -> Detections:
    return replace(found, poses3d=found.poses3d.astype(np.float64))


class TestModelBreaksItsContract:
    @pytest.mark.parametrize(
        ("give", "message"),
        [
            (twice, "more results"),
            (one_more, "more results"),
            (none_from_the_third, "no result for 22 pictures"),
            (stops_at_the_third, "stopped before the end"),
            (lambda _: iter(()), "stopped before the end"),
        ],
    )
    def test_too_few_or_too_many(self, video: Path, give, message: str) -> None:
        with pytest.raises(ModelOutputError, match=message):
            Estimator(Misbehaving(give)).process_video(video)

    @pytest.mark.parametrize(
        ("fault", "message"),
        [
            (wrong_shape, r"poses3d .* \(1, 33, 2\)"),
            (double_precision, "poses3d as float64"),
            *(
                (infinite(field), f"infinite value in {field}")
                for field in ("boxes", "poses3d", "poses2d", "confidence")
            ),
            (no_result, "no result for 1 picture"),
        ],
    )
    def test_wrong_output(self, video: Path, fault: Fault, message: str) -> None:
        with pytest.raises(ModelOutputError, match=message):
            Estimator(FakeModel(stubs.mark, faults={7: fault})).process_video(video)


@pytest.mark.usefixtures("no_new_threads")
class TestErrorsComeThrough:
    def test_error_in_the_model(self, video: Path) -> None:
        model = stubs.ThreadedModel(faults={9: raising(MemoryError("no\nmemory"))}, name="acme")
        with pytest.raises(ModelRunError, match="'acme' failed: MemoryError: no memory") as raised:
            Estimator(model, workers=3).process_video(video)
        assert isinstance(raised.value.__cause__, MemoryError)
        assert raised.value.hint

    def test_our_own_error_in_the_model(self, video: Path) -> None:
        model = stubs.ThreadedModel(faults={9: raising(DeviceError("the GPU is gone"))})
        with pytest.raises(DeviceError, match="the GPU is gone"):
            Estimator(model, workers=3).process_video(video)

    def test_error_in_the_progress_callback(self, video: Path) -> None:
        def fail(progress: Progress) -> None:
            raise ValueError("no terminal")

        with pytest.raises(ValueError, match="no terminal"):
            Estimator(stubs.ThreadedModel(), workers=3).process_video(video, progress=fail)

    def test_error_in_the_cancel_callback_is_not_the_model_s(self, video: Path) -> None:
        def fail() -> bool:
            raise ValueError("no terminal")

        with pytest.raises(ValueError, match="no terminal"):
            Estimator(stubs.ThreadedModel(), workers=3).process_video(video, cancel=fail)

    def test_interrupt_in_the_progress_callback(self, video: Path) -> None:
        def interrupt(progress: Progress) -> None:
            if progress.frames_done == 5:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            Estimator(stubs.ThreadedModel(), workers=3).process_video(video, progress=interrupt)

    def test_missing_video(self, tmp_path: Path) -> None:
        with pytest.raises(VideoNotFoundError):
            Estimator(FakeModel()).process_video(tmp_path / "missing.mp4")

    def test_estimator_is_good_for_the_next_video_after_an_error(self, video: Path) -> None:
        estimator = Estimator(FakeModel(stubs.mark))
        with pytest.raises(CancelledError):
            estimator.process_video(video, cancel=lambda: True)
        predictions = estimator.process_video(video).predictions
        assert stubs.marks(predictions) == list(range(FRAME_COUNT))

    @pytest.mark.parametrize("workers", [0, -1])
    def test_impossible_number_of_workers(self, workers: int) -> None:
        with pytest.raises(ValueError, match="workers"):
            Estimator(FakeModel(), workers=workers)


class TestSameBits:
    def test_two_runs_and_any_number_of_workers(self, video: Path, tmp_path: Path) -> None:
        written = set()
        first: VideoPredictions | None = None
        for run, workers in enumerate((1, 1, 2, 3, 5)):
            estimator = Estimator(stubs.ThreadedModel(), workers=workers)
            result = estimator.process_video(video)
            first = first or result.predictions
            assert stubs.bits(result.predictions) == stubs.bits(first)
            assert result.predictions == first
            assert result.metrics.workers == workers
            save_video_predictions(tmp_path / f"{run}.json", result.predictions)
            written.add((tmp_path / f"{run}.json").read_bytes())
        assert len(written) == 1

    @pytest.mark.parametrize("workers", [None, 3])
    def test_the_model_is_told_how_many_workers(self, video: Path, workers: int | None) -> None:
        model = stubs.ThreadedModel()
        result = Estimator(model, workers=workers).process_video(video)
        wanted = workers or available_cores()
        assert (result.metrics.workers, model.workers_told) == (wanted, wanted)


class TestProvenance:
    def test_complete(self, video: Path) -> None:
        result = Estimator(FakeModel(name="walker"), workers=2).process_video(video)
        provenance = result.predictions.provenance
        assert provenance is not None
        assert provenance.model == "walker"
        assert provenance.model_license == "MIT"
        assert provenance.input_sha256 == hashlib.sha256(video.read_bytes()).hexdigest()
        assert provenance.settings == {"device": "cpu", "runtime": "none"}
        assert {"python", "numpy", "scipy"} <= provenance.versions.keys()

    def test_neither_path_nor_file_name_in_the_result(self, tmp_path: Path) -> None:
        folder = tmp_path / "ward-seven"
        folder.mkdir()
        video = write_numbered_video(folder / "jane-doe.mp4", 5)
        result = Estimator(FakeModel()).process_video(video)
        save_video_predictions(tmp_path / "out.json", result.predictions)
        shown = (tmp_path / "out.json").read_text() + result.metrics.model_dump_json()
        assert "jane" not in shown
        assert "ward" not in shown
        assert str(tmp_path) not in shown


def test_metrics_add_up(video: Path) -> None:
    metrics = Estimator(FakeModel()).process_video(video).metrics
    assert (metrics.frames, metrics.frames_with_pose, metrics.gap_frames) == (FRAME_COUNT,) * 2 + (
        0,
    )
    assert 0.0 < metrics.decode_s < metrics.wall_s
    assert metrics.decode_s + metrics.inference_s == pytest.approx(metrics.wall_s)
    assert metrics.frames_per_second == pytest.approx(FRAME_COUNT / metrics.wall_s)
    assert metrics.latency is not None
    assert 0.0 < metrics.latency.p50_ms <= metrics.latency.p95_ms <= metrics.latency.p99_ms
    assert metrics.latency.p99_ms <= 1000.0 * metrics.wall_s
    assert metrics.peak_memory_mb > 10.0
    assert (metrics.device, metrics.runtime) == ("cpu", "none")
    assert "numpy" in metrics.versions


WATCHED = """
    import os, sys
    from pathlib import Path
    from neuropose.estimator import Estimator
    from neuropose.testing import FakeModel

    video = Path(sys.argv[1])
    estimator = Estimator(FakeModel())
    changes = []
    CHANGING = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.utime",
                "os.truncate", "os.link", "os.symlink", "subprocess.Popen", "socket.connect"}

    def watch(event, arguments):
        if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            changes.append((event, str(arguments[0])))
        elif event in CHANGING:
            changes.append((event, str(arguments)))

    sys.dont_write_bytecode = True
    sys.addaudithook(watch)
    print(estimator.process_video(video).predictions.metadata.frame_count)
    print(changes)
"""


def test_touches_no_file_but_the_video(video: Path, tmp_path: Path) -> None:
    before = video.stat()
    empty = tmp_path / "empty"
    empty.mkdir()
    directories = {
        name: str(empty) for name in ("HOME", "TMPDIR", "XDG_DATA_HOME", "XDG_CACHE_HOME")
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WATCHED), str(video)],
        cwd=empty,
        env={**os.environ, **directories},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [str(FRAME_COUNT), "[]"]
    assert done.stderr == ""
    assert list(empty.iterdir()) == []
    assert list(video.parent.iterdir()) == [video]
    after = video.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def test_a_name_is_no_model() -> None:
    with pytest.raises(TypeError, match=r"Estimator\(load_model\('blazepose'\)\)"):
        Estimator("blazepose")  # type: ignore[arg-type]
