"""BlazePose as a pose model: several people, absolute millimetres, any number of threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from queue import LifoQueue

import numpy as np
from numpy.typing import NDArray

from neuropose.estimator.absolute import camera_rays, fit_translation, turn_to_ray
from neuropose.estimator.model import Before, Detections, ModelInfo, Picture
from neuropose.estimator.models.blazepose.graph import Graph, without_outputs
from neuropose.estimator.models.blazepose.landmarks import MASK_SHAPE, Landmarks
from neuropose.estimator.models.blazepose.people import (
    Graphs,
    find_in_batch,
    follow_through,
    region_of_pose,
)
from neuropose.io import Camera

JOINT_COUNT = 33
HIPS = [23, 24]
_MIN_WEIGHT = 0.05


class BlazePose:
    """The embedded pose model.

    Parameters
    ----------
    info : ModelInfo
        What it declares of itself.
    detector, landmarks : bytes
        The two ``.tflite`` graphs.

    Notes
    -----
    Each thread that calls `predict` borrows a pair of interpreters; they are made when they are
    first needed and shared one after the other.
    """

    def __init__(self, info: ModelInfo, detector: bytes, landmarks: bytes) -> None:
        self._info = info
        self._detector = detector
        # The segmentation mask costs a third of the time and is not used.
        self._landmarks = without_outputs(landmarks, {MASK_SHAPE})
        self._idle: LifoQueue[Graphs] = LifoQueue()
        self._idle.put(self._make_graphs())

    @property
    def info(self) -> ModelInfo:
        """What the model declares of itself."""
        return self._info

    def predict(
        self, pictures: Iterable[Picture], camera: Camera, before: Before
    ) -> Iterator[Detections]:
        """Find the people in a batch of consecutive frames; see `PoseModel.predict`.

        Parameters
        ----------
        pictures : iterable of ndarray
            RGB frames.
        camera : Camera
            Intrinsics of the displayed picture.
        before : callable
            What was found in the last picture of the batch before.

        Yields
        ------
        Detections
            One a picture, in order.
        """
        with self._borrow() as graphs:
            kept, found = find_in_batch(graphs, pictures)
            earlier = [region_of_pose(points) for points in before().poses2d]
            found = follow_through(graphs, kept, found, earlier)
        for people in found:
            yield _detections(people, camera)

    def close(self) -> None:
        """Free the interpreters."""
        while not self._idle.empty():
            self._idle.get()

    def _make_graphs(self) -> Graphs:
        return Graphs(Graph(self._detector), Graph(self._landmarks))

    @contextmanager
    def _borrow(self) -> Iterator[Graphs]:
        graphs = self._idle.get() if not self._idle.empty() else self._make_graphs()
        try:
            yield graphs
        finally:
            self._idle.put(graphs)


def _detections(people: list[Landmarks], camera: Camera) -> Detections:
    if not people:
        return Detections.none(JOINT_COUNT)
    return Detections(
        boxes=np.array([_box(person) for person in people], np.float32),
        poses3d=np.array([_absolute(person, camera) for person in people], np.float32),
        poses2d=np.array([person.points_px for person in people], np.float32),
        confidence=np.array([person.visibility for person in people], np.float32),
    )


def _box(person: Landmarks) -> NDArray[np.float64]:
    low, high = person.points_px.min(axis=0), person.points_px.max(axis=0)
    return np.array([*low, *(high - low), person.score])


def _absolute(person: Landmarks, camera: Camera) -> NDArray[np.float64]:
    """Pose in the camera frame, mm."""
    rays = camera_rays(camera, person.points_px)
    pose_mm = person.world_mm @ turn_to_ray(rays[HIPS].mean(axis=0)).T
    weights = np.maximum(person.visibility, _MIN_WEIGHT)
    return pose_mm + fit_translation(pose_mm, rays, weights)
