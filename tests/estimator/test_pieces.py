"""A video in pieces gives what it gives whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.estimator.stubs import damage_frame, write_short_groups

from neuropose.data import Camera
from neuropose.errors import CancelledError, ModelOutputError, ModelStateError
from neuropose.estimator import Detections, Estimator
from neuropose.estimator.pieces import OVERLAP_S, Piece, join_pieces, plan_pieces, process_piece
from neuropose.testing import FakeModel, synthetic_predictions, write_numbered_video
from neuropose.tracing import traced

PIECES = (Piece(0, 0, 20), Piece(10, 20, 40), Piece(30, 40, 60))


def in_pieces(estimator: Estimator, video: Path, pieces: Iterable[Piece] = PIECES) -> Any:
    found = [process_piece(estimator, video, piece)[1] for piece in pieces]
    return join_pieces(estimator, video, found).predictions


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_numbered_video(tmp_path / "walk.mp4", 60)


def test_people_have_the_same_identities(video: Path) -> None:
    recorded = synthetic_predictions(frame_count=60, people=2)
    whole = Estimator(FakeModel.replaying(recorded)).process_video(video).predictions
    estimator = Estimator(FakeModel.replaying(recorded))
    assert in_pieces(estimator, video) == whole
    assert whole.people_count == 2


def test_gaps_are_where_they_are_in_the_whole_video(tmp_path: Path) -> None:
    video = write_numbered_video(tmp_path / "walk.mp4", 60)
    for number in (3, 25, 41):
        damage_frame(video, number)
    estimator = Estimator(FakeModel())
    whole = estimator.process_video(video).predictions
    assert whole.metadata.gaps
    assert in_pieces(estimator, video) == whole


class Following(FakeModel):
    """Finds nobody in the first three pictures that it is given."""

    def predict(
        self, pictures: Iterable[Any], camera: Camera, **options: Any
    ) -> Iterator[Detections]:
        for number, found in enumerate(super().predict(pictures, camera, **options)):
            yield found if number >= 3 else Detections.none(found.confidence.shape[1])


def test_what_a_model_has_to_learn_first_it_learns_in_the_overlap(video: Path) -> None:
    estimator = Estimator(Following())
    whole = estimator.process_video(video).predictions
    assert in_pieces(estimator, video) == whole
    bare = [Piece(piece.first, piece.first, piece.end) for piece in PIECES]
    assert in_pieces(estimator, video, bare) != whole


def test_a_plan_covers_every_frame_once() -> None:
    for count in (299, 300, 301, 899, 18_000, 18_001):
        plan = plan_pieces(count, 30.0, 10.0)
        if count < 450:  # two pieces would be short ones
            assert plan == ()
            continue
        kept = np.concatenate([np.arange(piece.first, piece.end) for piece in plan])
        assert np.array_equal(kept, np.arange(count))
        assert all(piece.first - piece.begin == 30 * OVERLAP_S for piece in plan[1:])
    assert len(plan_pieces(18_000, 30.0, 75.0)) == 8


def test_pieces_of_another_video_are_refused(video: Path, tmp_path: Path) -> None:
    estimator = Estimator(FakeModel())
    found = [process_piece(estimator, video, piece)[1] for piece in PIECES]
    for count in (50, 70):
        other = write_numbered_video(tmp_path / "other.mp4", count)
        with pytest.raises(ModelStateError):
            join_pieces(estimator, other, found)
    keys = {process_piece(estimator, video, piece)[0] for piece in PIECES}
    assert {key.rpartition(" ")[2] for key in keys} == {"0", "20", "40"}
    assert len({key.rpartition(" ")[0] for key in keys}) == 1
    assert process_piece(estimator, other, PIECES[0])[0] not in keys


class Short(FakeModel):
    """Stops early."""

    def predict(
        self, pictures: Iterable[Any], camera: Camera, **options: Any
    ) -> Iterator[Detections]:
        for picture in pictures:
            yield next(super().predict([picture], camera, **options))
            next(iter(pictures), None)


def test_a_model_that_leaves_out_pictures_is_refused(video: Path) -> None:
    with pytest.raises(ModelOutputError, match="stopped before the end of the piece"):
        process_piece(Estimator(Short()), video, PIECES[1])


def test_progress_and_cancelling(video: Path) -> None:
    seen: list[tuple[int, int]] = []
    process_piece(
        Estimator(FakeModel()),
        video,
        PIECES[1],
        progress=lambda at: seen.append((at.frames_done, at.frames_expected)),
    )
    assert seen == [(number, 30) for number in range(1, 31)]
    with pytest.raises(CancelledError):
        process_piece(Estimator(FakeModel()), video, PIECES[1], cancel=lambda: True)


class Scheduled(FakeModel):
    """Looks at every seventh picture of a video only, and says so of the pictures between them."""

    def predict(
        self, pictures: Iterable[Any], camera: Camera, **options: Any
    ) -> Iterator[Detections]:
        state = options.pop("state", None)
        first = 0 if state is None else int(state)
        for number, found in enumerate(super().predict(pictures, camera, **options), first):
            yield found if number % 7 == 0 else Detections.none(found.confidence.shape[1])

    def state_before(self, picture: int, fps: float) -> bytes | None:
        return str(picture).encode()


class TestFromKeyFrames:
    @pytest.fixture
    def video(self, tmp_path: Path) -> Path:
        return write_short_groups(tmp_path / "walk.mp4", 90, frames_per_group=15)

    PIECES = (Piece(0, 0, 35), Piece(30, 35, 65), Piece(60, 65, 90))

    def test_nothing_is_decoded_in_vain(self, video: Path) -> None:
        estimator = Estimator(FakeModel())
        whole = estimator.process_video(video).predictions
        with traced() as trace:
            found = [process_piece(estimator, video, piece)[1] for piece in self.PIECES]
        decoded = sum(span.name == "decoding" for span in trace.spans)
        processed = sum(piece.end - piece.begin for piece in self.PIECES)
        assert decoded <= processed + 3 * len(found) * 4  # the first picture, and those in flight
        assert join_pieces(estimator, video, found).predictions == whole

    def test_a_model_starts_where_it_is_in_the_whole_video(self, video: Path) -> None:
        estimator = Estimator(Scheduled())
        whole = estimator.process_video(video).predictions
        assert in_pieces(estimator, video, self.PIECES) == whole

    @pytest.mark.parametrize("number", [20, 62, 70])
    def test_damage(self, video: Path, number: int) -> None:
        """In a piece, it is processed from the beginning; before it, its number tells."""
        damage_frame(video, number)
        estimator = Estimator(Scheduled())
        whole = estimator.process_video(video).predictions
        assert whole.metadata.gaps
        done = [process_piece(estimator, video, piece) for piece in self.PIECES]
        before = np.cumsum([0, *(len(found) for _, found in done)])[:-1]
        is_certain = [
            key.endswith(f" after {count}") for (key, _), count in zip(done, before, strict=True)
        ]
        assert is_certain == [True, number != 20, number != 20]
        if all(is_certain):
            found = [each for _, each in done]
            assert join_pieces(estimator, video, found).predictions == whole

    def test_a_plan_begins_at_key_frames(self) -> None:
        plan = plan_pieces(18_000, 30.0, 75.0, key_frames=range(0, 18_000, 250))
        assert len(plan) == 8
        assert all(piece.begin % 250 == 0 for piece in plan)
        assert all(piece.first - piece.begin == 30 * OVERLAP_S for piece in plan[1:])
        kept = np.concatenate([np.arange(piece.first, piece.end) for piece in plan])
        assert np.array_equal(kept, np.arange(18_000))
        few = plan_pieces(18_000, 30.0, 75.0, key_frames=(0, 9_000))
        assert [piece.begin for piece in few] == [0, 9_000]
        assert plan_pieces(18_000, 30.0, 75.0, key_frames=(0,)) == plan_pieces(18_000, 30.0, 75.0)
