"""The bench for the checks of a pose model: the model, its pictures, and comparisons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from typing import Any

import numpy as np

from neuropose.data import Camera
from neuropose.estimator.model import Detections, LoadOptions, Picture, PoseModel
from neuropose.testing.people.camera_view import CameraView
from neuropose.testing.people.numbered import stamp
from neuropose.testing.people.render import render_picture
from neuropose.testing.people.walker import simulate_walk

Loader = Callable[[LoadOptions], PoseModel]

FEWEST_PICTURES = 6
FPS = 30.0
_FOV_DEGREES = 55.0
_WIDTH, _HEIGHT = 480, 360
_PICTURES = 10
_VIEW = CameraView(distance_mm=2700.0, height_mm=950.0, heading_deg=315.0)


@dataclass(frozen=True, slots=True)
class LoadedBy:
    """How the model on the bench was loaded.

    Parameters
    ----------
    load : callable
        The loader.
    options : LoadOptions
        Options that were passed to the loader.
    """

    load: Loader
    options: LoadOptions

    def asking(self, **changes: Any) -> LoadOptions:
        """Return the same options with some changes.

        Parameters
        ----------
        **changes
            ``device``, or fields of `InferenceOptions`.

        Returns
        -------
        LoadOptions
        """
        device = changes.pop("device", self.options.device)
        inference = self.options.inference.model_copy(update=changes)
        return replace(self.options, device=device, inference=inference)


class Bench:
    """A model on the bench.

    Parameters
    ----------
    model : PoseModel
        The model to check.
    pictures : sequence of ndarray of uint8, shape (H, W, 3)
        Consecutive frames in which people are to be found.
    camera : Camera, optional
        Intrinsics of the pictures; default: a field of view of 55°.
    loaded_by : LoadedBy, optional
        How the model was loaded, if the loader is checked too.

    Raises
    ------
    ValueError
        If there are too few pictures.
    """

    def __init__(
        self,
        model: PoseModel,
        pictures: Sequence[Picture],
        camera: Camera | None,
        loaded_by: LoadedBy | None = None,
    ) -> None:
        if len(pictures) < FEWEST_PICTURES:
            raise ValueError(f"at least {FEWEST_PICTURES} pictures are needed, not {len(pictures)}")
        self.model = model
        self.loaded_by = loaded_by
        self.pictures = tuple(read_only(picture) for picture in pictures)
        self.camera = camera or camera_for(self.pictures[0])

    @cached_property
    def results(self) -> tuple[Detections, ...]:
        """What the model finds in its pictures."""
        return self.predict(self.pictures)

    @cached_property
    def other_pictures(self) -> tuple[Picture, ...]:
        """Another video: fewer pictures, in reverse order and mirrored."""
        return tuple(read_only(picture[:, ::-1]) for picture in self.pictures[-2:0:-1])

    def predict(
        self, pictures: Iterable[Picture], *, workers: int = 1, state: bytes | None = None
    ) -> tuple[Detections, ...]:
        """Run the model on a whole video, or the rest of one.

        Parameters
        ----------
        pictures : iterable of ndarray of uint8, shape (H, W, 3)
            The pictures.
        workers : int
            Number of CPU cores.
        state : bytes, optional
            State of the preceding picture.

        Returns
        -------
        tuple of Detections
            Copies, one per picture.
        """
        resume = {} if state is None else {"state": state}
        results = self.model.predict(
            iter(pictures), self.camera, fps=FPS, workers=workers, **resume
        )
        return tuple(copied(found) for found in results)


@cache
def walking_pictures() -> tuple[Picture, ...]:
    """Render a walking person as consecutive numbered frames.

    Returns
    -------
    tuple of ndarray of uint8, shape (H, W, 3)

    Examples
    --------
    >>> walking_pictures()[0].shape
    (360, 480, 3)
    """
    trial = simulate_walk(times_s=np.arange(_PICTURES) / FPS).on_treadmill()
    poses_mm = trial.in_camera(_VIEW)[:, None]
    camera = Camera.from_fov(_WIDTH, _HEIGHT, _FOV_DEGREES)
    return tuple(
        read_only(stamp(render_picture(people_mm, camera, _WIDTH, _HEIGHT), number))
        for number, people_mm in enumerate(poses_mm)
    )


def camera_for(picture: Picture) -> Camera:
    """Return a camera with an ordinary field of view.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        A picture of the camera's size.

    Returns
    -------
    Camera
    """
    height, width = picture.shape[:2]
    return Camera.from_fov(width, height, _FOV_DEGREES)


def read_only(picture: Picture) -> Picture:
    """Return a copy of a picture that can never be changed or made writeable.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        The picture.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        C-contiguous.
    """
    return np.frombuffer(picture.astype(np.uint8).tobytes(), np.uint8).reshape(picture.shape)


def copied(found: Detections) -> Detections:
    """Return a copy of detections, whatever they consist of.

    Parameters
    ----------
    found : Detections
        The detections.

    Returns
    -------
    Detections
        Detections with copied arrays; other values are shared.
    """
    if not isinstance(found, Detections):
        return found
    values = {field.name: getattr(found, field.name) for field in fields(found)}
    arrays: dict[str, Any] = {
        name: value.copy() for name, value in values.items() if isinstance(value, np.ndarray)
    }
    extra = {name: np.array(values) for name, values in found.extra_arrays.items()}
    return replace(found, **arrays, extra_arrays=extra)


def first_difference(one: Sequence[Detections], other: Sequence[Detections]) -> str | None:
    """Describe where two series of results first differ in a bit.

    Parameters
    ----------
    one, other : sequence of Detections
        The results to compare.

    Returns
    -------
    str or None
        The difference; None if there is none.
    """
    if len(one) != len(other):
        return f"{len(one)} results against {len(other)}"
    for number, (first, second) in enumerate(zip(one, other, strict=True)):
        for field in fields(Detections):
            values = getattr(first, field.name), getattr(second, field.name)
            if _bits(values[0]) != _bits(values[1]):
                return f"{field.name} of picture {number} differs"
    return None


def _bits(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, Mapping):
        return {name: _bits(each) for name, each in value.items()}
    return value


def counted(pictures: Iterable[Picture], count: list[int]) -> Iterator[Picture]:
    """Yield pictures one by one, and count those that were taken.

    Parameters
    ----------
    pictures : iterable of ndarray
        The pictures.
    count : list of int
        The counter, its only element, is incremented for each picture.

    Yields
    ------
    ndarray
    """
    for picture in pictures:
        count[0] += 1
        yield picture
