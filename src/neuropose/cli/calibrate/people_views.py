"""What each camera saw of a person, and what is known of its lens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose.cli._results import choosing_video
from neuropose.cli.reconstruct.cameras import camera_files, stated_camera
from neuropose.errors import CalibrationError

if TYPE_CHECKING:
    from neuropose.data import Camera, VideoPredictions
    from neuropose.multiview import View

_Intrinsics = tuple["Camera", "tuple[int, int] | None"]
_HOW = "calibrate each camera near a board (neuropose calibrate VIDEO --board …), give --intrinsics"


@dataclass(frozen=True)
class Seen:
    """The views to calibrate from.

    Parameters
    ----------
    views : tuple of View
        Who is seen longest, by each camera.
    origins : mapping of str to str
        Where the intrinsics of each camera come from.
    doubts : tuple of str
        What is not certain about them.
    """

    views: tuple[View, ...]
    origins: Mapping[str, str]
    doubts: tuple[str, ...]


def seen_by_cameras(files: Sequence[str], intrinsics: Sequence[Path]) -> Seen:
    """Load what each camera saw.

    Parameters
    ----------
    files : sequence of str
        ``CAMERA=FILE``, or a file whose name has that of a camera of `intrinsics` in it; without
        `intrinsics`, cameras are called as the files up to their first dot.
    intrinsics : sequence of Path
        Calibrations whose intrinsics are taken. A camera that they lack has those that its
        predictions were made with.

    Returns
    -------
    Seen

    Raises
    ------
    typer.BadParameter
        If a file belongs to no camera, or two belong to one.
    CalibrationError
        If the intrinsics of a camera are only assumed, or are of other pictures.
    FileMissingError, FileReadError, FileFormatError
        If a file cannot be read.
    """
    from neuropose.io import load_intrinsics, load_results
    from neuropose.multiview import View

    known: dict[str, _Intrinsics] = {}
    for path in intrinsics:
        known |= load_intrinsics(path)
    views, origins, doubts = [], {}, []
    for name, path in camera_files(files, _names(files, known)).items():
        with choosing_video():
            predictions = load_results(path).predictions
        camera, origins[name] = _camera(name, predictions, known)
        if camera.fov_degrees is not None:
            doubts.append(
                f"the lens of {name} is that of a field of view of {camera.fov_degrees:g}°, "
                f"without distortion: {_HOW}"
            )
        views.append(View.from_predictions(name, predictions.model_copy(update={"camera": camera})))
    return Seen(tuple(views), origins, tuple(doubts))


def _names(files: Sequence[str], known: Mapping[str, _Intrinsics]) -> list[str]:
    """Return what cameras may be called: as is said, else as in `known`, else as the files."""
    said, others = [], []
    for text in files:
        name, path = stated_camera(text)
        if name:
            said.append(name)
        else:
            others.append(path.name.partition(".")[0])
    return list(dict.fromkeys([*said, *(known or others)]))


def _camera(
    name: str, predictions: VideoPredictions, known: Mapping[str, _Intrinsics]
) -> tuple[Camera, str]:
    """Return the camera, and where its intrinsics come from."""
    from neuropose.data import Source
    from neuropose.data.doubts import camera_doubt

    size = (predictions.metadata.width, predictions.metadata.height)
    if name in known:
        camera, stated = known[name]
        if stated is not None and stated != size:
            raise CalibrationError(
                f"{name}: the intrinsics are of pictures of {stated[0]} × {stated[1]} px, the "
                f"video has {size[0]} × {size[1]}",
                hint="film with the same resolution, or calibrate the intrinsics at this one",
            )
        if stated is None and (doubt := camera_doubt(camera, *size)) is not None:
            raise CalibrationError(f"{name}: {doubt}", hint="state the size of the pictures there")
        return camera, "as given"
    own = predictions.camera
    if own is None or (own.fov_degrees is not None and own.fov_source is not Source.GIVEN):
        raise CalibrationError(f"{name}: nothing is known of the lens of this camera", hint=_HOW)
    return own, "those of the predictions"
