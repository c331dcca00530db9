"""Warnings about a video's predictions as a whole: damage, and a doubtful camera."""

from __future__ import annotations

from neuropose.data.metadata import Camera, VideoMetadata

OFF_CENTRE = 0.1
"""Distance of the principal point from the middle that draws a warning, as a share of the side.

Lenses and sensors are centred within about 3 % of the picture's side; a picture that was cropped on
one side can be further off, and intrinsics for another size or orientation always are.
"""
_SAME_SIZE = 0.05


def damage_doubt(metadata: VideoMetadata) -> str | None:
    """Warn if a large share of a video's frames has no picture.

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
    '7 of 10 frames (70 %) have no picture, from frame 3 on: the picture is damaged'
    """
    if not metadata.is_incomplete:
        return None
    missing, first = metadata.missing_frame_count, metadata.gaps[0]
    return (
        f"{missing} of {metadata.frame_count} frames "
        f"({100 * missing // metadata.frame_count} %) have no picture, "
        f"from frame {first.first_frame} on: {first.reason}"
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
