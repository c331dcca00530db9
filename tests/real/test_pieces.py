"""A long video in pieces, by a model that follows people, against the whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks import balance_trial
from benchmarks.cluster import repeated

from neuropose.assets import SAMPLE_CLIP, fetch
from neuropose.estimator import Estimator, PoseModel
from neuropose.estimator.pieces import Piece, join_pieces, plan_pieces, process_piece
from neuropose.video.reader import VideoReader

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.mark.timeout(1200)
def test_all_is_the_same(model: PoseModel, tmp_path: Path) -> None:
    clip = fetch(SAMPLE_CLIP, balance_trial.CACHE_DIR)
    video = repeated(clip, tmp_path / "long.mp4", 22.0)
    estimator = Estimator(model)
    with VideoReader(video) as reader:
        plan = plan_pieces(reader.expected_frame_count, reader.fps, 9.0, reader.key_frames)
        assert {piece.begin for piece in plan} <= set(reader.key_frames)
    assert len(plan) >= 2
    found = [process_piece(estimator, video, piece) for piece in plan]
    joined = join_pieces(estimator, video, found).predictions
    whole = estimator.process_video(video).predictions
    assert whole.people_count > 0
    assert joined == whole
    bare = [Piece(piece.first, piece.first, piece.end) for piece in plan]
    found = [process_piece(estimator, video, piece) for piece in bare]
    done = join_pieces(estimator, video, found)
    assert done.metrics.resumed_frames < whole.metadata.frame_count  # the model went on
    assert done.predictions == whole
