"""What the commands that run a model share: their options, and checks before any work is done."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from neuropose.cli._console import Session, reporting
from neuropose.errors import (
    CameraError,
    FileFormatError,
    FileReadError,
    ModelOutputError,
    ModelRunError,
    NotAVideoError,
    OutputError,
    SubjectError,
    VideoError,
    VideoIncompleteError,
    VideoNotFoundError,
)

if TYPE_CHECKING:
    from neuropose.addresses import Place
    from neuropose.data import Camera, Subject, VideoPredictions
    from neuropose.estimator import Estimator

ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="Pose model; `neuropose models list`."),
]
DeviceOption = Annotated[
    str | None, typer.Option("--device", metavar="auto|cpu|gpu|gpu:N", help="Where it runs.")
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=1, metavar="N", help="CPU cores; does not change the result."),
]
SkeletonOption = Annotated[
    str | None,
    typer.Option("--skeleton", metavar="NAME", help="Skeleton, if the model has several."),
]
NumAugOption = Annotated[
    int | None,
    typer.Option("--num-aug", min=1, max=100, metavar="N", help="Test-time augmentations."),
]
UncertaintyOption = Annotated[
    bool | None,
    typer.Option("--uncertainty", help="Standard deviation of each joint, mm.", show_default=False),
]
OwnOptions = Annotated[
    list[str] | None,
    typer.Option("--model-option", metavar="KEY=VALUE", help="An option that only this model has."),
]
EngineOption = Annotated[
    Literal["local", "dask"],
    typer.Option(help="dask: on the workers of the settings' cluster, docs/guides/cluster.md."),
]
DeterministicOption = Annotated[
    bool | None,
    typer.Option("--deterministic", help="The same bits on every run, even on a GPU."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Result for machines, on stdout.")]

# What is wrong with one video only; anything else would go wrong with the next one too.
OF_ONE_VIDEO = (
    VideoError,
    VideoIncompleteError,
    VideoNotFoundError,
    CameraError,
    ModelOutputError,
    ModelRunError,
    OutputError,
    SubjectError,
)
_TRACK = "track:"
_MOUNT = (
    "mount the storage (mountpoint-s3, gcsfuse, blobfuse2 or rclone mount) and give the path "
    "there, or copy the file first"
)


def load_estimator(
    session: Session,
    model: str | None,
    device: str | None,
    workers: int | None,
    own: Sequence[str] = (),
    **inference: Any,
) -> Estimator:
    """Load the model and make an estimator, as the options say, else the settings.

    Parameters
    ----------
    session : Session
    model, device : str or None
    workers : int or None
    own : sequence of str
        ``KEY=VALUE``, options that only this model has.
    **inference
        Fields of `InferenceOptions`; None: as the settings say.

    Returns
    -------
    Estimator

    Raises
    ------
    ConfigError, ModelError, AssetError
    """
    from neuropose.estimator import load_estimator

    settings = session.settings()
    own_options = key_values(own)
    with reporting() as report:
        return load_estimator(
            settings,
            model=model,
            device=device,
            workers=workers,
            report=report,
            model_options=own_options,
            **inference,
        )


def key_values(own: Sequence[str]) -> dict[str, str]:
    """Read options that only one model has.

    Parameters
    ----------
    own : sequence of str
        ``KEY=VALUE``.

    Returns
    -------
    dict of str to str
    """
    return dict(map(_key_and_value, own))


def _key_and_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise typer.BadParameter(f"--model-option takes KEY=VALUE, not {text!r}")
    return key.strip(), value.strip()


@contextmanager
def naming(video: Place) -> Iterator[None]:
    """Say in an error which video it is about: the library never does.

    Parameters
    ----------
    video : Path or Address
    """
    try:
        yield
    except OF_ONE_VIDEO as error:
        error.message = f"{video}: {error.message}"
        raise


def require_video(video: Path) -> None:
    """Refuse what cannot be a video, before a model is loaded for it.

    Parameters
    ----------
    video : Path

    Raises
    ------
    VideoError
    """
    from neuropose.video.reader import require_video_file

    if is_address(video):
        raise VideoNotFoundError("this is an address, not a file", hint=_MOUNT)
    if video.is_dir():
        raise NotAVideoError("this is a folder", hint=f"give the videos in it: {video}/*.mp4")
    require_video_file(video)


def is_address(path: Path) -> bool:
    """Whether a path is one of object storage or a server, such as ``s3://bucket/walk.mp4``.

    Parameters
    ----------
    path : Path
        As given; a path has lost one of two slashes.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_address(Path("s3://bucket/walk.mp4")), is_address(Path("C:/walk.mp4"))
    (True, False)
    """
    return re.match(r"[a-z][a-z0-9+.-]+:[/\\]", str(path), re.IGNORECASE) is not None


def is_folder(output: Path) -> bool:
    """Whether an output is a folder: one that is there, or a name without an ending.

    Parameters
    ----------
    output : Path
        As given with ``--output``.

    Returns
    -------
    bool
    """
    return output.is_dir() or not (output.suffix or output.exists())


def writable_folder(folder: Path) -> None:
    """Make a folder, unless it is there, and find out whether it can be written to.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    OutputError
    """
    if is_address(folder):
        raise OutputError(f"{folder} is an address, not a folder", hint=_MOUNT)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        if isinstance(error, (FileExistsError, NotADirectoryError)):
            reason = "not a folder"
        raise OutputError(
            f"nothing can be written to {folder}: {reason}",
            hint="choose a folder that you may write to with --output",
        ) from error


@contextmanager
def folder_to_fill(folder: Path) -> Iterator[None]:
    """Make a folder as `writable_folder` does, and take it back if nothing gets into it.

    Parameters
    ----------
    folder : Path

    Yields
    ------
    None
        While the folder is there.

    Raises
    ------
    OutputError
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        writable_folder(folder)
        yield
    finally:
        with suppress(OSError):  # it is not empty
            for each in missing:
                each.rmdir()


def given_camera(fov_degrees: float | None, camera: Path | None) -> Camera | None:
    """Read the camera file, if one is given, and refuse an impossible field of view.

    Parameters
    ----------
    fov_degrees : float or None
    camera : Path or None

    Returns
    -------
    Camera or None

    Raises
    ------
    CameraError
        If the file cannot be read or holds no camera, if no camera has that field of view, or if
        both are given.
    """
    from neuropose.data import Camera

    if camera is None:
        if fov_degrees is not None:
            Camera.from_fov(1, 1, fov_degrees)  # refuses what cannot be, whatever the picture
        return None
    if fov_degrees is not None:
        raise CameraError("both --fov and --camera were given", hint="give one of them")
    return _read_camera(camera)


def _read_camera(path: Path) -> Camera:
    from pydantic import TypeAdapter

    from neuropose.data import Camera, CameraSource
    from neuropose.data.format_errors import DECODING_ERRORS, explain
    from neuropose.io.strict_json import parse, read_bytes

    try:
        content = parse(read_bytes(path), TypeAdapter(dict[str, Any]), "")
        if not content.keys() <= {"intrinsic_matrix", "distortion", "lens"}:
            raise FileFormatError("it may hold intrinsic_matrix, distortion and lens, nothing else")
        try:
            return Camera.model_validate({**content, "source": CameraSource.GIVEN})
        except DECODING_ERRORS as error:
            raise explain("", error) from error
    except FileReadError as error:
        raise CameraError(error.message, hint=error.hint) from error
    except FileFormatError as error:
        raise CameraError(
            f"{path} is not a camera file: {error.message}",
            hint='it looks like {"intrinsic_matrix": [[fx, 0, cx], [0, fy, cy], [0, 0, 1]], '
            '"distortion": [k1, k2, p1, p2]}, in px',
        ) from error


def pick_subject(predictions: VideoPredictions, strategy: str) -> Subject | None:
    """Pick the subject; None if nobody was found in the video, and nobody in particular meant.

    Parameters
    ----------
    predictions : VideoPredictions
    strategy : str

    Returns
    -------
    Subject or None

    Raises
    ------
    SubjectError
        If the strategy is not known or the track does not exist.
    """
    if not len(predictions.track_ids) and not strategy.startswith(_TRACK):
        return None
    return predictions.subject(strategy)
