"""BlazePose as a pose model: several people, absolute millimetres, any number of threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import Empty, LifoQueue

import numpy as np
from numpy.typing import NDArray

from neuropose.estimator.absolute import camera_rays, fit_translation, turn_to_ray
from neuropose.estimator.model import Detections, ModelInfo, Picture
from neuropose.estimator.models.blazepose.detector import search_views
from neuropose.estimator.models.blazepose.graph import Graph, without_outputs
from neuropose.estimator.models.blazepose.landmarks import MASK_SHAPE, Landmarks
from neuropose.estimator.models.blazepose.people import Graphs, follow, search
from neuropose.io import Camera

JOINT_COUNT = 33
HIPS = [23, 24]
LAG = 2
"""People are followed from this many frames back; measured: no worse than from the last frame."""
SEARCH_EVERY = 7
"""In every seventh frame one view is searched for new people; all of them if nobody is known."""
LOOK_AHEAD = 6
"""Frames decoded ahead of the workers, so that a search does not hold them up."""
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
    Threads borrow interpreters, which are made when they are first needed.
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
        self, pictures: Iterable[Picture], camera: Camera, *, workers: int = 1
    ) -> Iterator[Detections]:
        """Find the people in consecutive frames of one video; see `PoseModel.predict`.

        Parameters
        ----------
        pictures : iterable of ndarray
            RGB frames.
        camera : Camera
            Intrinsics of the displayed picture.
        workers : int
            Threads; does not change the result.

        Yields
        ------
        Detections
            One a picture, in order.
        """
        looks: deque[Future[list[Landmarks]]] = deque()
        recent: deque[Future[list[Landmarks]]] = deque(maxlen=LAG)
        pool = ThreadPoolExecutor(workers, thread_name_prefix="blazepose")
        try:
            for number, picture in enumerate(pictures):
                look = pool.submit(self._look, number, picture, _earlier(number, recent))
                looks.append(look)
                recent.append(look)
                if len(looks) > workers + LOOK_AHEAD:
                    yield _detections(looks.popleft().result(), camera)
            while looks:
                yield _detections(looks.popleft().result(), camera)
        finally:
            pool.shutdown(cancel_futures=True)

    def _look(
        self, number: int, picture: Picture, earlier: Future[list[Landmarks]] | None
    ) -> list[Landmarks]:
        """Follow those who were there in an earlier frame; now and then, search for others."""
        known = earlier.result() if earlier is not None else []
        with self._borrow() as graphs:
            people = follow(graphs, picture, known)
            if number % SEARCH_EVERY == 0:
                views = search_views(*picture.shape[:2])
                turn = number // SEARCH_EVERY % len(views)
                people = search(graphs, picture, [views[turn]] if people else views, people)
        return people

    def close(self) -> None:
        """Free the interpreters."""
        while not self._idle.empty():
            self._idle.get()

    def _make_graphs(self) -> Graphs:
        return Graphs(Graph(self._detector), Graph(self._landmarks))

    @contextmanager
    def _borrow(self) -> Iterator[Graphs]:
        try:
            graphs = self._idle.get_nowait()
        except Empty:
            graphs = self._make_graphs()
        try:
            yield graphs
        finally:
            self._idle.put(graphs)


def _earlier(
    number: int, recent: Sequence[Future[list[Landmarks]]]
) -> Future[list[Landmarks]] | None:
    """Pick the frame whose people are followed: two frames back, so that two can be in work.

    The frame after a search follows the search's own, so that whoever is new is followed in every
    frame from there on. Which frame it is depends on the number alone, never on who is faster.
    """
    if not recent:
        return None
    after_search = (number - 1) % SEARCH_EVERY == 0
    return recent[-1] if after_search else recent[0]


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
