"""Interrupted anywhere, any number of times: the same bits as a run that never was."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.estimator import stubs

from neuropose.data import Camera, CameraSource, Provenance
from neuropose.errors import CancelledError, ModelRunError, ModelStateError, OutputError
from neuropose.estimator import Detections, Estimator, ModelInfo, ProcessVideoResult, Progress
from neuropose.estimator.checkpoints import checkpoint_key
from neuropose.estimator.model import Picture
from neuropose.testing import FakeModel, write_numbered_video
from neuropose.testing.conformance.faults import raising

FRAME_COUNT = 24
SOUND = [True, False, True, True, True, False, False, True, True, True, True, False]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered_video(tmp_path_factory.mktemp("video") / "clip.mp4", FRAME_COUNT)


def assert_same(result: ProcessVideoResult, whole: ProcessVideoResult) -> None:
    assert result.predictions == whole.predictions
    assert stubs.bits(result.predictions) == stubs.bits(whole.predictions)


def interrupt(process: Callable[..., ProcessVideoResult], frames: int) -> None:
    with pytest.raises(CancelledError):
        process(cancel=stubs.stops_after(frames))


class TestSameBits:
    @pytest.mark.parametrize("every", [1, 3, 5])
    @pytest.mark.parametrize("ahead", [0, 2])
    def test_interrupted_at_every_frame(self, every: int, ahead: int) -> None:
        whole = stubs.process_stub(stubs.RememberingModel(every, ahead), stubs.StubReader(SOUND))
        for frames in range(len(SOUND) + 1):
            kept = stubs.KeptCheckpoints()

            def process(**arguments: Any) -> ProcessVideoResult:
                model = stubs.RememberingModel(every, ahead)
                reader = stubs.StubReader(SOUND)
                return stubs.process_stub(model, reader, checkpoints=kept, **arguments)  # noqa: B023

            interrupt(process, frames)
            result = process()
            assert_same(result, whole)
            seen = max(sum(SOUND[:frames]) - ahead, 0)
            assert result.metrics.resumed_frames == seen - seen % every

    @given(
        sound=st.lists(st.booleans(), min_size=1, max_size=30).filter(any),
        every=st.integers(1, 6),
        ahead=st.integers(0, 8),
        interruptions=st.lists(st.integers(0, 29), max_size=5),
    )
    @settings(max_examples=80, deadline=None)
    def test_interrupted_any_number_of_times(
        self, sound: list[bool], every: int, ahead: int, interruptions: list[int]
    ) -> None:
        def process(**arguments: Any) -> ProcessVideoResult:
            model = stubs.RememberingModel(every, ahead)
            return stubs.process_stub(model, stubs.StubReader(sound), **arguments)

        kept = stubs.KeptCheckpoints()
        for frames in interruptions:
            interrupt(
                lambda **arguments: process(checkpoints=kept, **arguments),
                min(frames, len(sound)),
            )
        assert_same(process(checkpoints=kept), process())

    @pytest.mark.parametrize("number", range(0, FRAME_COUNT, 5))
    def test_a_model_that_fails_at_a_picture(self, video: Path, number: int) -> None:
        whole = Estimator(stubs.RememberingModel(2)).process_video(video)
        kept = stubs.KeptCheckpoints()
        failing = stubs.RememberingModel(2, faults={number: raising(MemoryError("no memory"))})
        for _ in range(2):  # as often as it is tried
            with pytest.raises(ModelRunError, match="no memory"):
                Estimator(failing).process_video(video, checkpoints=kept)
        model = stubs.RememberingModel(2)
        result = Estimator(model).process_video(video, checkpoints=kept)
        assert_same(result, whole)
        assert model.given == list(range(number - number % 2, FRAME_COUNT))

    def test_once_more_when_all_is_done(self, video: Path) -> None:
        kept = stubs.KeptCheckpoints()
        whole = Estimator(stubs.RememberingModel()).process_video(video, checkpoints=kept)
        model = stubs.RememberingModel()
        result = Estimator(model).process_video(video, checkpoints=kept)
        assert_same(result, whole)
        assert model.given == []
        assert result.metrics.resumed_frames == FRAME_COUNT
        assert result.metrics.latency is None  # nothing was waited for

    def test_a_damaged_video(self, tmp_path: Path) -> None:
        damaged = stubs.write_short_groups(tmp_path / "clip.mp4", 40, frames_per_group=10)
        stubs.damage_frame(damaged, 14)
        whole = Estimator(stubs.RememberingModel(3)).process_video(damaged)
        assert whole.metrics.gap_frames == 6
        for frames in range(0, 40, 3):
            kept = stubs.KeptCheckpoints()

            def process(**arguments: Any) -> ProcessVideoResult:
                estimator = Estimator(stubs.RememberingModel(3), workers=2)
                return estimator.process_video(damaged, checkpoints=kept, **arguments)  # noqa: B023

            interrupt(process, frames)
            assert_same(process(), whole)

    def test_uncertainty(self, video: Path) -> None:
        found = [
            replace(
                stubs.marked(number), uncertainty_mm=np.full((1, stubs.JOINTS), number, np.float32)
            )
            for number in range(FRAME_COUNT)
        ]
        estimator = Estimator(FakeModel(found, gives_uncertainty=True))
        kept = stubs.KeptCheckpoints()
        interrupt(lambda **a: estimator.process_video(video, checkpoints=kept, **a), 9)
        result = estimator.process_video(video, checkpoints=kept)
        assert result.predictions.uncertainty_mm is not None
        assert result.predictions.uncertainty_mm[:, 0].tolist() == list(range(FRAME_COUNT))
        assert result.metrics.resumed_frames == 9


class OtherInfo(stubs.RememberingModel):
    def __init__(self, **changes: Any) -> None:
        super().__init__()
        self._info = super().info.model_copy(update=changes)

    @property
    def info(self) -> ModelInfo:
        return self._info


class TestWhatIsNotTakenOver:
    GIVEN = Camera(
        intrinsic_matrix=((150.0, 0.0, 81.0), (0.0, 151.0, 59.0), (0.0, 0.0, 1.0)),
        source=CameraSource.GIVEN,
    )

    @pytest.mark.parametrize(
        ("model", "arguments"),
        [
            (OtherInfo(settings={"precision": "float16"}), {}),
            (OtherInfo(weights_sha256={"w": "0" * 64}), {}),
            (OtherInfo(name="other"), {}),
            (OtherInfo(runtime="other 2"), {}),
            (OtherInfo(device="gpu"), {}),
            (stubs.RememberingModel(), {"camera": GIVEN}),
            (stubs.RememberingModel(), {"fov_degrees": 54.9}),
        ],
    )
    def test_of_another_model_or_camera(
        self, video: Path, model: FakeModel, arguments: dict[str, Any]
    ) -> None:
        kept = stubs.KeptCheckpoints()
        first = Estimator(stubs.RememberingModel())
        interrupt(lambda **a: first.process_video(video, checkpoints=kept, **a), 9)
        result = Estimator(model).process_video(video, checkpoints=kept, **arguments)
        assert result.metrics.resumed_frames == 0
        assert_same(result, Estimator(model).process_video(video, **arguments))

    def test_of_another_video_or_rate(self, video: Path, tmp_path: Path) -> None:
        other = write_numbered_video(tmp_path / "other.mp4", FRAME_COUNT, fps=25.0)
        estimator, kept = Estimator(stubs.RememberingModel()), stubs.KeptCheckpoints()
        interrupt(lambda **a: estimator.process_video(video, checkpoints=kept, **a), 9)
        result = estimator.process_video(other, checkpoints=kept)
        assert result.metrics.resumed_frames == 0
        assert_same(result, estimator.process_video(other))

    def test_of_another_version(self, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        estimator, kept = Estimator(stubs.RememberingModel()), stubs.KeptCheckpoints()
        interrupt(lambda **a: estimator.process_video(video, checkpoints=kept, **a), 9)
        monkeypatch.setattr("neuropose.provenance.__version__", "0.0.1")
        result = estimator.process_video(video, checkpoints=kept)
        assert result.metrics.resumed_frames == 0

    def test_of_another_number_of_workers_it_is(self, video: Path) -> None:
        kept = stubs.KeptCheckpoints()
        one, other = (Estimator(stubs.RememberingModel(), workers=count) for count in (1, 2))
        interrupt(lambda **a: one.process_video(video, checkpoints=kept, **a), 9)
        assert other.process_video(video, checkpoints=kept).metrics.resumed_frames == 9

    def test_of_a_model_without_states(self, video: Path) -> None:
        class WithoutStates(stubs.AheadModel):  # and it takes none
            pass

        estimator, kept = Estimator(WithoutStates(2)), stubs.KeptCheckpoints()
        interrupt(lambda **a: estimator.process_video(video, checkpoints=kept, **a), 9)
        result = estimator.process_video(video, checkpoints=kept)
        assert stubs.marks(result.predictions) == list(range(FRAME_COUNT))
        assert result.metrics.resumed_frames == 0


class RefusesStates(stubs.RememberingModel):
    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        state: bytes | None = None,
        **rest: Any,
    ) -> Iterator[Detections]:
        if state is not None:
            raise ModelStateError("not mine")
        return super().predict(pictures, camera, **rest)


def spoil(change: Callable[[list[Detections]], list[Detections]]) -> stubs.KeptCheckpoints:
    class Spoiled(stubs.KeptCheckpoints):
        def begin(self, key: str) -> list[Detections]:
            return change(super().begin(key))

    return Spoiled()


class TestBegunAgain:
    """What an earlier run left is of no use: the video does not fail, and nothing of it is used."""

    def test_the_model_refuses_the_state(self, video: Path) -> None:
        kept = stubs.KeptCheckpoints()
        estimator = Estimator(RefusesStates())
        interrupt(lambda **a: estimator.process_video(video, checkpoints=kept, **a), 9)
        calls: list[Progress] = []
        result = estimator.process_video(video, checkpoints=kept, progress=calls.append)
        assert_same(result, Estimator(stubs.RememberingModel()).process_video(video))
        assert (result.metrics.resumed_frames, kept.discarded) == (0, 1)
        assert [call.resumed_frames for call in calls] == [9] * 9 + [0] * FRAME_COUNT
        assert calls[-1].frames_done == FRAME_COUNT

    @pytest.mark.parametrize(
        "change",
        [
            lambda kept: [replace(one, poses3d=one.poses3d[..., :2]) for one in kept],
            lambda kept: [replace(one, confidence=one.confidence + 7) for one in kept],
            lambda kept: [replace(one, state=None) for one in kept],
            lambda kept: kept and kept * FRAME_COUNT,
            lambda kept: kept and [*kept[:-1], replace(kept[-1], state=b"damaged")],
        ],
        ids=["shape", "value", "no state", "more than the video has", "another state"],
    )
    def test_what_was_kept_is_spoiled(
        self, video: Path, change: Callable[[list[Detections]], list[Detections]]
    ) -> None:
        kept = spoil(change)
        kept.add(stubs.marked(0))
        estimator = Estimator(stubs.RememberingModel())
        interrupt(
            lambda **a: estimator.process_video(video, checkpoints=kept, **a), FRAME_COUNT - 1
        )
        assert len(kept.kept) == FRAME_COUNT - 1
        result = estimator.process_video(video, checkpoints=kept)
        assert_same(result, Estimator(stubs.RememberingModel()).process_video(video))
        assert (result.metrics.resumed_frames, kept.discarded) == (0, 1)

    def test_but_only_once(self, video: Path) -> None:
        model = FakeModel(faults={3: raising(ModelStateError("never mine"))})
        for checkpoints in (None, stubs.KeptCheckpoints()):
            with pytest.raises(ModelStateError, match="never mine"):
                Estimator(model).process_video(video, checkpoints=checkpoints)


class TestWhatIsTold:
    def test_progress_and_metrics(self, video: Path) -> None:
        estimator, kept = Estimator(stubs.RememberingModel(4)), stubs.KeptCheckpoints()
        interrupt(lambda **a: estimator.process_video(video, checkpoints=kept, **a), 11)
        calls: list[Progress] = []
        metrics = estimator.process_video(video, checkpoints=kept, progress=calls.append).metrics
        assert calls == [Progress(done, FRAME_COUNT, 8) for done in range(1, FRAME_COUNT + 1)]
        assert (metrics.frames, metrics.resumed_frames) == (FRAME_COUNT, 8)
        assert metrics.frames_per_second == pytest.approx((FRAME_COUNT - 8) / metrics.wall_s)
        assert metrics.latency is not None
        whole = estimator.process_video(video).metrics
        assert whole.resumed_frames == 0
        assert whole.frames_with_pose == metrics.frames_with_pose

    def test_results_are_added_once_in_order_by_this_thread(self, video: Path) -> None:
        added: list[tuple[int, threading.Thread]] = []

        class Noting(stubs.KeptCheckpoints):
            def add(self, found: Detections) -> None:
                super().add(found)
                number = round(float(found.poses3d[0, 0, 2]) - stubs.NEAREST_MM)
                added.append((number, threading.current_thread()))

        estimator, kept = Estimator(FakeModel(stubs.mark)), Noting()
        interrupt(lambda **a: estimator.process_video(video, checkpoints=kept, **a), 10)
        estimator.process_video(video, checkpoints=kept)
        here = threading.current_thread()
        assert added == [(number, here) for number in range(FRAME_COUNT)]

    def test_pictures_that_no_model_sees_are_only_skimmed(self) -> None:
        skimmed: list[int] = []

        class Noting(stubs.StubReader):
            def skim(self, pictures: int) -> None:
                skimmed.append(pictures)
                super().skim(pictures)

        kept = stubs.KeptCheckpoints()

        def process(**arguments: Any) -> ProcessVideoResult:
            model = stubs.RememberingModel()
            return stubs.process_stub(model, Noting(SOUND), checkpoints=kept, **arguments)

        interrupt(process, 8)
        process()
        assert skimmed == [0, sum(SOUND[:8])]

    def test_what_nobody_checks_is_not_kept(self, video: Path) -> None:
        class Undeclared(stubs.RememberingModel):
            def predict(self, *arguments: Any, **options: Any) -> Iterator[Detections]:
                for found in super().predict(*arguments, **options):
                    yield replace(found, uncertainty_mm="nonsense")  # type: ignore[arg-type]

        kept = stubs.KeptCheckpoints()
        Estimator(Undeclared()).process_video(video, checkpoints=kept)
        assert {found.uncertainty_mm for found in kept.kept} == {None}

    def test_a_full_disk_comes_through(self, video: Path) -> None:
        class Full(stubs.KeptCheckpoints):
            def add(self, found: Detections) -> None:
                raise OutputError("no space left")

        before = set(threading.enumerate())
        with pytest.raises(OutputError, match="no space"):
            Estimator(stubs.ThreadedModel(), workers=2).process_video(video, checkpoints=Full())
        assert set(threading.enumerate()) <= before


class TestKey:
    PROVENANCE = Provenance(neuropose_version="1", model="m", input_sha256="0" * 64)
    CAMERA = Camera.from_fov(640, 480, 55.0)

    def key(self, **changes: Any) -> str:
        parts = {
            "provenance": self.PROVENANCE,
            "camera": self.CAMERA,
            "fps": 30.0,
            "info": FakeModel().info,
        }
        return checkpoint_key(**{**parts, **changes})

    def test_does_not_depend_on_the_order_of_settings(self) -> None:
        one, other = (
            self.PROVENANCE.model_copy(update={"settings": settings})
            for settings in ({"a": 1, "b": 2.5}, {"b": 2.5, "a": 1})
        )
        assert self.key(provenance=one) == self.key(provenance=other)

    def test_depends_on_every_bit_of_what_counts(self) -> None:
        keys = {
            self.key(),
            self.key(fps=float(np.nextafter(30.0, 31.0))),
            self.key(camera=Camera.from_fov(640, 480, float(np.nextafter(55.0, 56.0)))),
            self.key(provenance=self.PROVENANCE.model_copy(update={"input_sha256": "1" * 64})),
            self.key(info=FakeModel(gives_uncertainty=True).info),
        }
        assert len(keys) == 5

    def test_is_one_line_of_json_without_names(self, video: Path) -> None:
        kept = stubs.KeptCheckpoints()
        Estimator(FakeModel()).process_video(video, checkpoints=kept)
        assert kept.key is not None
        assert "\n" not in kept.key
        assert video.stem not in kept.key
        assert json.loads(kept.key)["provenance"]["model"] == "fake"
