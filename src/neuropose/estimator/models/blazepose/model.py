"""BlazePose as a pose model: several people, absolute millimetres, any number of threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from queue import Empty, LifoQueue
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Camera
from neuropose.estimator.absolute import fit_translation, put_on_rays, turn_to_ray
from neuropose.estimator.model import Detections, ModelInfo
from neuropose.estimator.models.blazepose.detector import find_regions, search_views
from neuropose.estimator.models.blazepose.graph import Graph, without_outputs
from neuropose.estimator.models.blazepose.landmarks import MASK_SHAPE, Landmarks, Whereabouts
from neuropose.estimator.models.blazepose.people import follow, join, known_people
from neuropose.estimator.models.blazepose.region import Region, Seen
from neuropose.estimator.models.blazepose.state import pack, unpack
from neuropose.estimator.models.blazepose.threads import one_opencv_thread
from neuropose.tracing import working

JOINT_COUNT = 33
HIPS = [23, 24]
LAG = 3
"""People are followed from this many frames back, so that as many can be worked on at once."""
MOST_WORKERS = LAG + 1
"""As many frames can be worked on at once, and a search beside them."""
SEARCHES_PER_S = 3.75
"""Interval at which one view is searched for new people; all views if nobody is known."""
LOOK_AHEAD = 12
"""Frames decoded ahead of the workers, so that decoding goes on while they search."""
SEARCH_TAKES = 4
"""Frames until those whom a search found are looked for, so that nobody waits for the search."""
LEAST_SEARCH_INTERVAL = SEARCH_TAKES + LAG
"""Frames from one search to the next, at least: one is taken up before another begins."""
_MIN_WEIGHT = 0.05

_Result = TypeVar("_Result")
_Look = Future[list[Landmarks]]
_Earlier = _Look | Future[list[Whereabouts]]


@dataclass(frozen=True, slots=True)
class _Graphs:
    """The graphs that one thread uses."""

    detector: Graph
    landmarks: Graph


class BlazePose:
    """The embedded pose model.

    Parameters
    ----------
    info : ModelInfo
        What the model declares about itself.
    detector, landmarks : bytes
        The two ``.tflite`` graphs.

    Notes
    -----
    Threads borrow interpreters, which are created on demand.
    """

    takes_stored = True
    """Whether `predict` takes pictures as they are stored; see `PoseModel`."""

    def __init__(self, info: ModelInfo, detector: bytes, landmarks: bytes) -> None:
        self._info = info
        self._detector = detector
        # The segmentation mask costs a third of the time and is not used.
        self._landmarks = without_outputs(landmarks, {MASK_SHAPE})
        self._idle: LifoQueue[_Graphs] = LifoQueue()
        self._idle.put(self._make_graphs())

    @property
    def info(self) -> ModelInfo:
        """What the model declares about itself."""
        return self._info

    def predict(
        self,
        pictures: Iterable[Seen],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
        state: bytes | None = None,
    ) -> Iterator[Detections]:
        """Find the people in consecutive frames of one video; see `PoseModel.predict`.

        Parameters
        ----------
        pictures : iterable of ndarray or StoredPicture
            RGB frames, or frames as they are stored.
        camera : Camera
            Intrinsics of the displayed picture.
        fps : float
            Mean frame rate; newcomers are searched for at the same rate in every video.
        workers : int
            Threads; does not change the result.
        state : bytes, optional
            Returned before each picture that is searched, when no search is under way.

        Yields
        ------
        Detections
            One per picture, in order.

        Raises
        ------
        ModelStateError
            If `state` is not one that the model returned.
        """
        interval = search_interval(fps)
        turn, known = (0, []) if state is None else unpack(state, frames=LAG + 1)
        first = turn * interval
        recent: deque[list[Landmarks]] = deque(maxlen=LAG + 1)  # full before the next search
        with closing(self._people(pictures, interval, workers, first, known)) as results:
            for following, people in enumerate(results, first + 1):
                recent.append(people)
                turn, phase = divmod(following, interval)
                now = pack(turn, recent) if phase == 0 else None
                yield _detections(people, camera, now)

    def state_before(self, number: int, picture: Seen, fps: float) -> bytes | None:  # noqa: ARG002
        """Return the state before a picture of which nothing before is known.

        Parameters
        ----------
        number : int
            Number of the picture in the video.
        picture : ndarray or StoredPicture
            Not used.
        fps : float
            Mean frame rate.

        Returns
        -------
        bytes or None
            As for `predict`; searches are then those of the whole video. None: no search begins at
            this picture.
        """
        turn, phase = divmod(number, search_interval(fps))
        return pack(turn, [[]] * (LAG + 1)) if turn > 0 and phase == 0 else None

    def _people(
        self,
        pictures: Iterable[Seen],
        interval: int,
        workers: int,
        first: int,
        known: Iterable[list[Whereabouts]],
    ) -> Generator[list[Landmarks]]:
        """See who is in each picture, from number `first`; `known` are those in the ones before."""
        looks: deque[_Look] = deque()
        recent: deque[_Earlier] = deque(maxlen=LAG + 1)
        search: Future[list[Region]] | None = None
        pool = ThreadPoolExecutor(workers, thread_name_prefix="blazepose")
        with ExitStack() as stack:
            stack.enter_context(one_opencv_thread())
            stack.callback(pool.shutdown, cancel_futures=True)
            recent.extend(pool.submit(list, people) for people in known)
            for number, picture in enumerate(pictures, first):
                # Oldest first; who waits for whom depends on numbers alone, never on who is faster.
                earlier = tuple(recent)[:2]
                phase = number % interval
                if phase == 0:
                    turn = number // interval
                    search = pool.submit(self._search, picture, turn, earlier)
                # All strands of frames that follow each other take the search up.
                takes_up = number == 0 or 0 <= phase - SEARCH_TAKES < LAG
                look = pool.submit(self._look, picture, earlier, search if takes_up else None)
                if number == 0:
                    search = None
                looks.append(look)
                recent.append(look)
                if len(looks) > workers + LOOK_AHEAD:
                    yield _awaited(looks.popleft())
            while looks:
                yield _awaited(looks.popleft())

    def _search(self, picture: Seen, turn: int, earlier: Sequence[_Earlier]) -> list[Region]:
        """Search one view of the picture, all in turn; all at once if nobody is known."""
        views = search_views(*picture.shape[:2])
        if _known(earlier):
            views = [views[turn % len(views)]]
        with self._borrow() as graphs:
            return find_regions(graphs.detector, picture, views)

    def _look(
        self,
        picture: Seen,
        earlier: Sequence[_Earlier],
        search: Future[list[Region]] | None,
    ) -> list[Landmarks]:
        """Follow those who were there in earlier frames, and look where a search found somebody."""
        known = _known(earlier)
        regions = _awaited(search) if search is not None else []
        with self._borrow() as graphs:
            people = follow(graphs.landmarks, picture, known)
            return join(graphs.landmarks, picture, people, regions)

    @contextmanager
    def _borrow(self) -> Iterator[_Graphs]:
        try:
            graphs = self._idle.get_nowait()
        except Empty:
            graphs = self._make_graphs()
        try:
            yield graphs
        finally:
            self._idle.put(graphs)

    def close(self) -> None:
        """Free the interpreters."""
        while not self._idle.empty():
            self._idle.get()

    def _make_graphs(self) -> _Graphs:
        return _Graphs(Graph(self._detector), Graph(self._landmarks))


def _known(earlier: Sequence[_Earlier]) -> list[Whereabouts]:
    with working("waiting"):
        people = [look.result() for look in earlier]
    return known_people(people)


def _awaited(future: Future[_Result]) -> _Result:
    with working("waiting"):
        return future.result()


def search_interval(fps: float) -> int:
    """Return the number of frames from one search for new people to the next.

    Parameters
    ----------
    fps : float
        Mean frame rate.

    Returns
    -------
    int

    Examples
    --------
    >>> [search_interval(fps) for fps in (12.5, 30.0, 60.0, 240.0)]
    [7, 8, 16, 64]
    """
    return max(round(fps / SEARCHES_PER_S), LEAST_SEARCH_INTERVAL)


def _detections(people: list[Landmarks], camera: Camera, state: bytes | None = None) -> Detections:
    if not people:
        return replace(Detections.none(JOINT_COUNT), state=state)
    return Detections(
        boxes=np.array([_box(person) for person in people], np.float32),
        poses3d=np.array([_absolute(person, camera) for person in people], np.float32),
        poses2d=np.array([person.points_px for person in people], np.float32),
        confidence=np.array([person.visibility for person in people], np.float32),
        state=state,
    )


def _box(person: Landmarks) -> NDArray[np.float64]:
    low, high = person.points_px.min(axis=0), person.points_px.max(axis=0)
    return np.array([*low, *(high - low), person.score])


def _absolute(person: Landmarks, camera: Camera) -> NDArray[np.float64]:
    """Pose in the camera frame, mm: each joint on the ray through its own point in the picture."""
    rays = camera.rays(person.points_px)
    pose_mm = person.world_mm @ turn_to_ray(rays[HIPS].mean(axis=0)).T
    weights = np.maximum(person.visibility, _MIN_WEIGHT)
    return put_on_rays(pose_mm + fit_translation(pose_mm, rays, weights), rays)
