"""A fake pose model with programmable detections and faults."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from neuropose.data import Camera, VideoPredictions
from neuropose.errors import ModelStateError
from neuropose.estimator.model import Detections, ModelInfo, Picture
from neuropose.skeletons import BLAZEPOSE_33, Skeleton
from neuropose.testing.conformance.faults import Fault
from neuropose.testing.people.numbered import read_number
from neuropose.testing.people.scene import detect
from neuropose.testing.people.synthetic import synthetic_poses_mm
from neuropose.testing.people.walker_parameters import WalkerParameters

Programme = Callable[[Picture, Camera], Detections]
"""Returns the detections in a picture; depends only on the picture and the camera."""

_LOOP_FRAMES = 32


class FakeModel:
    """A `PoseModel` with programmable poses and no weights.

    Parameters
    ----------
    poses : callable or sequence of Detections, optional
        What to find: a function of the picture and the camera, or one `Detections` per frame, for
        videos whose pictures carry their number (`write_numbered_video`, `stamp`). Nobody is found
        in pictures without a number, or with one beyond the sequence. Default: one person who walks
        on the spot, the same for every picture with the same number.
    faults : mapping of int to Fault, optional
        Faults by frame number (as carried by the picture).
    skeleton : Skeleton
        Skeleton of the poses.
    gives_uncertainty : bool
        Whether the model declares uncertainties; the programmed detections must agree.
    resumable : bool
        Whether it can resume after any picture; if not, it returns no states.
    delay_s : float
        Time spent on every picture, in seconds.
    name : str
        Name that the model declares.

    Attributes
    ----------
    closed : bool
        Whether `close` was called; `predict` then raises.

    Examples
    --------
    >>> camera = Camera.from_fov(640, 480, 55.0)
    >>> picture = np.zeros((480, 640, 3), np.uint8)
    >>> [found] = FakeModel().predict([picture], camera)
    >>> found.poses3d.shape
    (1, 33, 3)
    """

    def __init__(
        self,
        poses: Programme | Sequence[Detections] | None = None,
        *,
        faults: Mapping[int, Fault] | None = None,
        skeleton: Skeleton = BLAZEPOSE_33,
        gives_uncertainty: bool = False,
        resumable: bool = True,
        delay_s: float = 0.0,
        name: str = "fake",
    ) -> None:
        self._info = ModelInfo(
            name=name,
            skeletons=(skeleton,),
            runtime="none",
            device="cpu",
            gives_confidence=True,
            gives_uncertainty=gives_uncertainty,
            license="MIT",
        )
        self._nobody = Detections.none(len(skeleton.joints), gives_uncertainty=gives_uncertainty)
        if poses is None:
            self._programme: Programme = _WalkOnTheSpot()
        elif callable(poses):
            self._programme = poses
        else:
            self._programme = self._replay(poses)
        self._faults = dict(faults or {})
        self._state = b"" if resumable else None
        self._delay_s = delay_s
        self.closed = False

    @classmethod
    def replaying(cls, predictions: VideoPredictions) -> FakeModel:
        """Return a model that finds in each frame what `predictions` contain for it.

        Parameters
        ----------
        predictions : VideoPredictions
            What to find; the frames of the video must carry their numbers.

        Returns
        -------
        FakeModel

        Examples
        --------
        >>> from neuropose.testing import synthetic_predictions
        >>> FakeModel.replaying(synthetic_predictions(people=2)).info.skeletons[0].name
        'blazepose_33'
        """
        detections = [
            Detections(
                frame.boxes, frame.poses3d, frame.poses2d, frame.confidence, frame.uncertainty_mm
            )
            for frame in predictions.frames.values()
        ]
        return cls(
            detections,
            skeleton=predictions.skeleton,
            gives_uncertainty=predictions.uncertainty_mm is not None,
        )

    @property
    def info(self) -> ModelInfo:
        """What the model declares about itself."""
        return self._info

    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,  # noqa: ARG002 - each picture is taken by itself
        workers: int = 1,  # noqa: ARG002 - one is enough to do nothing
        state: bytes | None = None,
    ) -> Iterator[Detections]:
        """Return the programmed detections of each picture.

        Parameters
        ----------
        pictures : iterable of ndarray, shape (H, W, 3)
            RGB, uint8.
        camera : Camera
            Intrinsics of the picture.
        fps, workers : float, int
            Not used.
        state : bytes, optional
            Always empty, because nothing about earlier pictures is needed.

        Yields
        ------
        Detections
            One per picture, unless a fault drops it.

        Raises
        ------
        RuntimeError
            If the model is closed.
        ModelStateError
            If the model never returned this state.
        """
        if self.closed:
            raise RuntimeError("the model is closed")
        if state not in (None, self._state):
            raise ModelStateError("the fake model never returned this state")
        for picture in pictures:
            if self._delay_s:
                time.sleep(self._delay_s)
            right = replace(self._programme(picture, camera), state=self._state)
            fault = self._faults.get(_number_or(picture, -1)) if self._faults else None
            found = right if fault is None else fault(right)
            if found is not None:
                yield found

    def close(self) -> None:
        """Record that the model was closed."""
        self.closed = True

    def _replay(self, detections: Sequence[Detections]) -> Programme:
        def programme(picture: Picture, camera: Camera) -> Detections:  # noqa: ARG001
            number = _number_or(picture, len(detections))
            return detections[number] if number < len(detections) else self._nobody

        return programme


class _WalkOnTheSpot:
    """One stride of the synthetic walker, repeated, as the camera sees it."""

    def __init__(self) -> None:
        self._stride: dict[Camera, list[Detections]] = {}

    def __call__(self, picture: Picture, camera: Camera) -> Detections:
        stride = self._stride.get(camera)
        if stride is None:
            stride = self._stride[camera] = _one_stride(camera)
        return stride[_number_or(picture, 0) % _LOOP_FRAMES]


def _one_stride(camera: Camera) -> list[Detections]:
    times_s = np.linspace(0.0, WalkerParameters().stride_time_s, _LOOP_FRAMES, endpoint=False)
    poses_mm = synthetic_poses_mm(times_s)
    return [detect(pose_mm, camera) for pose_mm in poses_mm]


def _number_or(picture: Picture, otherwise: int) -> int:
    number = read_number(picture)
    return otherwise if number is None else number
