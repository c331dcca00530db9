"""Doubts about a video: much of it missing, and a camera that is another picture's."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from neuropose.data import Camera, CameraSource, FrameGap, Source, VideoMetadata
from neuropose.data.doubts import camera_doubt, damage_doubt, require_pictures
from neuropose.errors import VideoIncompleteError


def camera(x: float, y: float) -> Camera:
    return Camera(
        intrinsic_matrix=((1500.0, 0.0, x), (0.0, 1500.0, y), (0.0, 0.0, 1.0)),
        source=CameraSource.GIVEN,
    )


@pytest.mark.parametrize("centre", [(960, 540), (1000, 500), (1140, 640), (775, 440)])
def test_a_centre_about_the_middle(centre: tuple[float, float]) -> None:
    assert camera_doubt(camera(*centre), 1920, 1080) is None


@pytest.mark.parametrize(
    ("centre", "size", "word"),
    [
        ((960, 540), (1080, 1920), "which is turned"),
        ((480, 270), (1920, 1080), "a 960 × 540 px picture;"),
        ((1920, 1080), (1920, 1080), "a 3840 × 2160 px picture;"),
        ((0.5, 0.5), (1920, 1080), "a 1 × 1 px picture;"),
    ],
)
def test_a_centre_of_another_picture(
    centre: tuple[float, float], size: tuple[int, int], word: str
) -> None:
    doubt = camera_doubt(camera(*centre), *size)
    assert doubt is not None
    assert word in doubt
    assert "give the intrinsics of the picture as displayed" in doubt


def test_no_camera() -> None:
    assert camera_doubt(None, 1920, 1080) is None


@pytest.mark.parametrize(("missing", "is_much"), [(0, False), (5, False), (6, True), (99, True)])
def test_how_much_is_much(missing: int, is_much: bool) -> None:
    gaps = [FrameGap(first_frame=1, last_frame=missing, reason="it is damaged")] if missing else []
    metadata = VideoMetadata(frame_count=100, fps=30.0, width=64, height=48, gaps=tuple(gaps))
    assert metadata.missing_frame_count == missing
    assert metadata.is_incomplete is is_much
    assert (damage_doubt(metadata) is not None) is is_much


@pytest.mark.parametrize(("missing", "is_most"), [(0, False), (50, False), (51, True)])
def test_how_much_is_most(missing: int, is_most: bool) -> None:
    gaps = [FrameGap(first_frame=0, last_frame=missing - 1, reason="lost")] if missing else []
    metadata = VideoMetadata(frame_count=100, fps=30.0, width=64, height=48, gaps=tuple(gaps))
    assert metadata.picture_count == 100 - missing
    assert metadata.is_mostly_missing is is_most
    if not is_most:
        require_pictures(metadata)
        return
    with pytest.raises(VideoIncompleteError, match="only 49 of 100 frames") as caught:
        require_pictures(metadata)
    assert "--allow-gaps" in str(caught.value.hint)


def test_a_field_of_view_is_given_or_assumed() -> None:
    assert Camera.from_fov(64, 48, 55.0).fov_source is Source.GIVEN
    with pytest.raises(ValidationError, match="given or assumed"):
        Camera.from_fov(64, 48, 55.0, fov_source=Source.FILE)
    with pytest.raises(ValidationError, match="made from a field of view"):
        Camera.model_validate({**camera(32, 24).model_dump(), "fov_source": "given"})
