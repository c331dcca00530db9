"""Warnings about a video's predictions as a whole: damage, and a doubtful camera."""

from __future__ import annotations

from neuropose.data.cameras import Camera
from neuropose.data.metadata import LEFT_OUT, VideoMetadata
from neuropose.errors import VideoIncompleteError

OFF_CENTRE = 0.1
"""Distance of the principal point from the middle that draws a warning, as a share of the side.

Lenses and sensors are centred within about 3 % of the picture's side; a picture that was cropped on
one side can be further off, and intrinsics for another size or orientation always are.
"""
_SAME_SIZE = 0.05


def damage_doubt(metadata: VideoMetadata) -> str | None:
    """Warn if more than a few of a video's frames have no picture.

    Parameters
    ----------
    metadata : VideoMetadata
        Metadata of the video.

    Returns
    -------
    str or None
        The warning, or None unless `VideoMetadata.is_incomplete`.

    Examples
    --------
    >>> gap = {"first_frame": 3, "last_frame": 9, "reason": "the picture is damaged"}
    >>> damage_doubt(VideoMetadata(frame_count=10, fps=30, width=64, height=48, gaps=[gap]))
    'only 3 of 10 frames (30 %) have a picture; from frame 3 on: the picture is damaged'
    """
    if not metadata.is_incomplete:
        return None
    pictures = metadata.picture_count
    first = next(gap for gap in metadata.gaps if not gap.reason.startswith(LEFT_OUT))
    return (
        f"only {pictures} of {metadata.frame_count} frames "
        f"({100 * pictures // metadata.frame_count} %) have a picture; "
        f"from frame {first.first_frame} on: {first.reason}"
    )


def require_pictures(metadata: VideoMetadata) -> None:
    """Refuse predictions of a video of which most is missing.

    Parameters
    ----------
    metadata : VideoMetadata
        Metadata of the video.

    Raises
    ------
    VideoIncompleteError
        If `VideoMetadata.is_mostly_missing`.

    Examples
    --------
    >>> require_pictures(VideoMetadata(frame_count=10, fps=30, width=64, height=48))
    """
    doubt = damage_doubt(metadata)
    if doubt is not None and metadata.is_mostly_missing:
        raise VideoIncompleteError(
            doubt,
            hint="copy or export the video again, as H.264 in MP4; the predictions of the other "
            "frames are saved all the same, and allowed gaps (--allow-gaps, or the setting "
            "allow_gaps) make them a success",
        )


def camera_doubt(camera: Camera | None, width: int, height: int) -> str | None:
    """Warn if the intrinsics look like those of a different picture.

    Parameters
    ----------
    camera : Camera or None
        The camera, or None if it is not known.
    width, height : int
        Size of the displayed picture in px.

    Returns
    -------
    str or None
        The warning, or None if the principal point lies within `OFF_CENTRE` of the middle along
        both sides.

    Examples
    --------
    >>> landscape = Camera.from_fov(1920, 1080, 60.0)
    >>> camera_doubt(landscape, 1920, 1080) is None
    True
    >>> camera_doubt(landscape, 1080, 1920).partition(":")[0]
    "the camera's centre (960, 540) is far from the middle of the picture (1080 × 1920 px)"
    """
    if camera is None:
        return None
    x, y = camera.intrinsic_matrix[0][2], camera.intrinsic_matrix[1][2]
    if abs(x - width / 2) <= OFF_CENTRE * width and abs(y - height / 2) <= OFF_CENTRE * height:
        return None
    turned = abs(2 * x - height) <= _SAME_SIZE * height and abs(2 * y - width) <= _SAME_SIZE * width
    other = f"it looks like the centre of a {2 * x:.0f} × {2 * y:.0f} px picture"
    return (
        f"the camera's centre ({x:g}, {y:g}) is far from the middle of the picture "
        f"({width} × {height} px): {other}{', which is turned' if turned else ''}; lengths and "
        "angles may be wrong: give the intrinsics of the picture as displayed"
    )
