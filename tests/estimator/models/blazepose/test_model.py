"""BlazePose over a whole video: which frame follows which, whatever the threads do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pytest
from tests.estimator.models.blazepose.stubs import StubGraph, person

from neuropose.data import Camera
from neuropose.errors import ModelStateError
from neuropose.estimator import Detections, ModelInfo
from neuropose.estimator.model import Picture
from neuropose.estimator.models.blazepose import model as module
from neuropose.estimator.models.blazepose import people as people_module
from neuropose.estimator.models.blazepose.detector import View
from neuropose.estimator.models.blazepose.landmarks import Landmarks
from neuropose.estimator.models.blazepose.model import (
    LOOK_AHEAD,
    SEARCH_TAKES,
    BlazePose,
    _detections,
    search_interval,
)
from neuropose.estimator.models.blazepose.region import Region
from neuropose.skeletons import BLAZEPOSE_33
from neuropose.testing import read_number, stamp
from neuropose.testing.conformance.model_bench import first_difference
from neuropose.testing.people.scene import project

WIDTH, HEIGHT = 320, 240
CAMERA = Camera.from_fov(WIDTH, HEIGHT, 55.0)
INFO = ModelInfo(
    name="blazepose",
    skeletons=(BLAZEPOSE_33,),
    runtime="none",
    device="cpu",
    gives_confidence=True,
    license="MIT",
)
FRAME_COUNT = 60
PATIENCE_S = 60.0
SIDE_PX = 60.0


@dataclass(frozen=True)
class Somebody:
    """Walks through the picture in some of the frames."""

    x_px: float
    px_per_frame: float = 0.0
    frames: range = range(FRAME_COUNT)

    def at(self, number: int) -> float:
        return self.x_px + self.px_per_frame * number


class Scene:
    """In place of the graphs: people of whom the truth is known. Notes every look."""

    def __init__(self, *people: Somebody) -> None:
        self.people = people
        self.looks: list[tuple[int, Region]] = []
        self.searches: list[tuple[int, tuple[View, ...]]] = []
        self.before: Callable[[int], None] = lambda number: None
        self._lock = threading.Lock()
        self._in_use: set[int] = set()

    def find_landmarks(self, graph: StubGraph, picture: Picture, region: Region) -> Landmarks:
        with self._used(graph):
            number = number_of(picture)
            with self._lock:
                self.looks.append((number, region))
            self.before(number)
            places = [one.at(number) for one in self.people if number in one.frames]
            nearest = min(places, key=lambda x_px: abs(x_px - region.x_px), default=np.inf)
            score = 0.9 if abs(nearest - region.x_px) < SIDE_PX / 2.0 else 0.1
            x_px = nearest if score > 0.5 else region.x_px
            return person(x_px, HEIGHT / 2.0, side_px=SIDE_PX, score=score)

    def find_regions(
        self, graph: StubGraph, picture: Picture, views: Sequence[View]
    ) -> list[Region]:
        with self._used(graph):
            number = number_of(picture)
            with self._lock:
                self.searches.append((number, tuple(views)))
            return [
                Region(one.at(number), HEIGHT / 2.0, SIDE_PX, 0.0)
                for view in views
                for one in self.people
                if number in one.frames and view.x_px <= one.at(number) <= view.x_px + view.width_px
            ]

    @contextmanager
    def _used(self, graph: StubGraph) -> Iterator[None]:
        with self._lock:
            assert id(graph) not in self._in_use, "two threads share an interpreter"
            self._in_use.add(id(graph))
        try:
            yield
        finally:
            with self._lock:
                self._in_use.remove(id(graph))


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[StubGraph]:
    """Those that were made."""
    made: list[StubGraph] = []

    def make(content: bytes) -> StubGraph:
        made.append(StubGraph())
        return made[-1]

    monkeypatch.setattr(module, "Graph", make)
    monkeypatch.setattr(module, "without_outputs", lambda content, unwanted: content)
    return made


@pytest.fixture
def see(graphs: list[StubGraph], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Scene]:
    def made(*people: Somebody) -> Scene:
        scene = Scene(*people)
        monkeypatch.setattr(people_module, "find_landmarks", scene.find_landmarks)
        monkeypatch.setattr(module, "find_regions", scene.find_regions)
        return scene

    return made


@pytest.fixture
def no_new_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def pictures(count: int = FRAME_COUNT) -> Iterator[Picture]:
    return (stamp(np.zeros((HEIGHT, WIDTH, 3), np.uint8), number) for number in range(count))


def number_of(picture: Picture) -> int:
    number = read_number(picture)
    assert number is not None
    return number


def predict(count: int = FRAME_COUNT, *, workers: int = 1) -> list[Detections]:
    return list(BlazePose(INFO, b"", b"").predict(pictures(count), CAMERA, workers=workers))


def places(found: Detections) -> list[float]:
    """Where people were found, px."""
    return sorted(found.poses2d.mean(axis=1)[:, 0].round(1).tolist())


CROWD = (
    Somebody(60.0, 0.5),
    Somebody(300.0, -3.0, range(10, 50)),
    Somebody(200.0, 0.0, range(25)),
)


@pytest.mark.usefixtures("no_new_threads")
class TestSameForAnyNumberOfWorkers:
    def test_what_is_looked_at_and_what_is_found(self, see: Callable[..., Scene]) -> None:
        outcomes = []
        for workers in (1, 2, 3, 5):
            scene = see(*CROWD)
            found = predict(workers=workers)
            looks = sorted(scene.looks, key=repr)
            bits = [
                (one.boxes.tobytes(), one.poses3d.tobytes(), one.poses2d.tobytes()) for one in found
            ]
            outcomes.append((bits, looks, sorted(scene.searches, key=repr)))
        assert all(outcome == outcomes[0] for outcome in outcomes)

    def test_frames_are_worked_on_side_by_side_and_order_is_kept(
        self, see: Callable[..., Scene]
    ) -> None:
        alone = (see(*CROWD), predict())[1]
        scene = see(*CROWD)
        later = threading.Event()

        def before(number: int) -> None:
            if number == 31:
                later.set()
            if number == 30:
                assert later.wait(PATIENCE_S), "frame 31 waits for frame 30"

        scene.before = before
        found = predict(workers=2)
        assert [places(one) for one in found] == [places(one) for one in alone]


class TestWhoIsFound:
    @pytest.mark.parametrize("workers", [1, 2])
    def test_somebody_who_stays_is_there_in_every_frame(
        self, see: Callable[..., Scene], workers: int
    ) -> None:
        see(Somebody(100.0, 1.0))
        assert [places(one) for one in predict(workers=workers)] == [
            [100.0 + number] for number in range(FRAME_COUNT)
        ]

    def test_several_from_the_first_frame(self, see: Callable[..., Scene]) -> None:
        see(Somebody(60.0), Somebody(160.0), Somebody(260.0))
        assert {tuple(places(one)) for one in predict()} == {(60.0, 160.0, 260.0)}

    def test_somebody_who_comes_later_is_found_and_kept(self, see: Callable[..., Scene]) -> None:
        comes = 17
        see(Somebody(60.0), Somebody(260.0, 0.0, range(comes, FRAME_COUNT)))
        found = [places(one) for one in predict()]
        seen = [260.0 in one for one in found]
        assert not any(seen[:comes])
        views = len(module.search_views(HEIGHT, WIDTH))
        first = seen.index(True)
        assert first - comes <= search_interval(30.0) * views + SEARCH_TAKES
        assert all(seen[first + 2 :])

    @pytest.mark.parametrize("fps", [15.0, 30.0, 60.0, 120.0])
    def test_newcomers_are_searched_for_at_the_same_rate_in_every_video(
        self, fps: float, see: Callable[..., Scene]
    ) -> None:
        scene = see(Somebody(60.0))
        list(BlazePose(INFO, b"", b"").predict(pictures(), CAMERA, fps=fps))
        assert len(scene.searches) == -(-FRAME_COUNT // search_interval(fps))

    def test_somebody_who_comes_to_an_empty_picture_is_found_at_the_next_search(
        self, see: Callable[..., Scene]
    ) -> None:
        comes = 17
        see(Somebody(260.0, 0.0, range(comes, FRAME_COUNT)))
        seen = [bool(places(one)) for one in predict()]
        assert not any(seen[:comes])
        assert comes <= seen.index(True) < comes + search_interval(30.0) + SEARCH_TAKES

    def test_somebody_who_leaves_is_gone_at_once(self, see: Callable[..., Scene]) -> None:
        see(Somebody(60.0), Somebody(260.0, 0.0, range(20)))
        found = [places(one) for one in predict()]
        assert found[:20] == [[60.0, 260.0]] * 20
        assert found[20:] == [[60.0]] * (FRAME_COUNT - 20)

    def test_nobody(self, see: Callable[..., Scene]) -> None:
        scene = see()
        assert {one.poses3d.shape for one in predict(workers=2)} == {(0, 33, 3)}
        views = tuple(module.search_views(HEIGHT, WIDTH))
        assert scene.searches
        assert {searched for _, searched in scene.searches} == {views}

    def test_while_somebody_is_known_one_view_is_searched_at_a_time(
        self, see: Callable[..., Scene]
    ) -> None:
        scene = see(Somebody(60.0))
        predict()
        views = module.search_views(HEIGHT, WIDTH)
        first, *later = [list(searched) for _, searched in sorted(scene.searches)]
        assert first == views
        assert all(len(searched) == 1 for searched in later)
        assert {view for [view] in later} == set(views)

    @pytest.mark.parametrize("count", [0, 1, 2, 9])
    def test_short_videos(self, see: Callable[..., Scene], count: int) -> None:
        see(Somebody(100.0, 1.0))
        assert [places(one) for one in predict(count, workers=3)] == [
            [100.0 + number] for number in range(count)
        ]


@pytest.mark.usefixtures("no_new_threads")
class TestStreaming:
    @pytest.mark.parametrize("workers", [1, 2, 4])
    def test_takes_few_pictures_ahead(self, see: Callable[..., Scene], workers: int) -> None:
        see(*CROWD)
        taken = 0

        def counted() -> Iterator[Picture]:
            nonlocal taken
            for picture in pictures():
                taken += 1
                yield picture

        results = BlazePose(INFO, b"", b"").predict(counted(), CAMERA, workers=workers)
        for given, _ in enumerate(results):
            assert taken - given <= workers + LOOK_AHEAD + 1

    def test_stopped_in_the_middle(self, see: Callable[..., Scene]) -> None:
        see(*CROWD)
        results = BlazePose(INFO, b"", b"").predict(pictures(), CAMERA, workers=3)
        assert places(next(results)) == [60.0, 200.0]
        results.close()

    def test_error_in_a_thread_comes_through_in_its_place(self, see: Callable[..., Scene]) -> None:
        def before(number: int) -> None:
            if number == 13:
                raise MemoryError("no memory")

        see(*CROWD).before = before
        found: list[Detections] = []
        results = BlazePose(INFO, b"", b"").predict(pictures(), CAMERA, workers=3)
        with pytest.raises(MemoryError, match="no memory"):
            found.extend(results)
        assert len(found) == 13

    def test_error_in_the_decoder_comes_through(self, see: Callable[..., Scene]) -> None:
        see(*CROWD)

        def breaking() -> Iterator[Picture]:
            yield from pictures(20)
            raise OSError("disk")

        with pytest.raises(OSError, match="disk"):
            list(BlazePose(INFO, b"", b"").predict(breaking(), CAMERA, workers=2))

    def test_two_videos_at_once_do_not_mix(self, see: Callable[..., Scene]) -> None:
        see(*CROWD)
        alone = [places(one) for one in predict()]
        model = BlazePose(INFO, b"", b"")
        one = model.predict(pictures(), CAMERA, workers=2)
        other = model.predict(pictures(12), CAMERA, workers=2)
        first = [places(next(one)) for _ in range(5)]
        second = [places(found) for found in other]
        first += [places(found) for found in one]
        assert (first, second) == (alone, alone[:12])


@pytest.mark.usefixtures("no_new_threads")
class TestResuming:
    @pytest.mark.parametrize("fps", [12.5, 30.0, 40.0])
    def test_after_any_state_all_is_as_if_it_had_never_stopped(
        self, fps: float, see: Callable[..., Scene]
    ) -> None:
        scene = see(*CROWD)
        whole = list(BlazePose(INFO, b"", b"").predict(pictures(), CAMERA, fps=fps))
        searches, looks = set(scene.searches), sorted(scene.looks, key=repr)
        states = {number: one.state for number, one in enumerate(whole) if one.state is not None}
        interval = search_interval(fps)
        assert list(states) == list(range(interval - 1, FRAME_COUNT, interval))
        for number, state in states.items():
            for workers in (1, 3):
                scene = see(*CROWD)
                rest = islice(pictures(), number + 1, None)
                resumed = list(
                    BlazePose(INFO, b"", b"").predict(
                        rest, CAMERA, fps=fps, workers=workers, state=state
                    )
                )
                assert first_difference(resumed, whole[number + 1 :]) is None
                assert set(scene.searches) == {one for one in searches if one[0] > number}
                assert sorted(scene.looks, key=repr) == [one for one in looks if one[0] > number]

    def test_of_a_video_without_people(self, see: Callable[..., Scene]) -> None:
        see()
        states = [one.state for one in predict() if one.state is not None]
        resumed = BlazePose(INFO, b"", b"").predict(pictures(5), CAMERA, state=states[1])
        assert [len(one.boxes) for one in resumed] == [0] * 5

    def test_at_the_end_of_the_video(self, see: Callable[..., Scene]) -> None:
        see(*CROWD)
        last = predict(2 * search_interval(30.0))[-1]
        assert last.state is not None
        assert list(BlazePose(INFO, b"", b"").predict([], CAMERA, state=last.state)) == []

    def test_a_damaged_state_is_refused(self, see: Callable[..., Scene]) -> None:
        see(*CROWD)
        state = predict()[7].state
        assert state is not None
        with pytest.raises(ModelStateError, match="BlazePose"):
            next(BlazePose(INFO, b"", b"").predict(pictures(), CAMERA, state=state[:-1]))


def test_interpreters_are_used_again(graphs: list[StubGraph], see: Callable[..., Scene]) -> None:
    see(*CROWD)
    model = BlazePose(INFO, b"", b"")
    for _ in range(3):
        list(model.predict(pictures(), CAMERA, workers=2))
    assert 2 <= len(graphs) <= 4  # detector and landmarks for each thread
    model.close()


class TestDetections:
    def test_nobody(self) -> None:
        assert _detections([], CAMERA).poses3d.shape == (0, 33, 3)

    def test_absolute_pose_projects_on_to_the_picture(self) -> None:
        # Far away, the pose that the graph gives and the one in the camera's axes look the same.
        camera = Camera.from_fov(1920, 1080, 55.0)
        world_mm = np.random.default_rng(0).normal(0.0, [250.0, 500.0, 150.0], (33, 3))
        world_mm -= world_mm[[23, 24]].mean(axis=0)
        place_mm = np.array([900.0, -300.0, 6000.0])
        ray = place_mm[:2] / place_mm[2]
        turned_mm = world_mm @ module.turn_to_ray(ray).T + place_mm
        seen = replace(person(), points_px=project(turned_mm, camera), world_mm=world_mm)
        found = _detections([seen, seen], camera)
        assert found.poses3d.dtype == np.float32
        assert found.poses3d[0] == pytest.approx(turned_mm, rel=0.01, abs=30.0)
        assert np.array_equal(found.poses3d[0], found.poses3d[1])
        assert project(found.poses3d[0], camera) == pytest.approx(seen.points_px, abs=3.0)
        hips = camera.rays(seen.points_px)[[23, 24]].mean(axis=0)
        assert hips == pytest.approx(ray, abs=1e-3)

    def test_hidden_joints_hardly_count(self) -> None:
        camera = Camera.from_fov(1920, 1080, 55.0)
        world_mm = np.random.default_rng(0).normal(0.0, [250.0, 500.0, 150.0], (33, 3))
        world_mm -= world_mm[[23, 24]].mean(axis=0)
        points_px = project(world_mm + np.array([0.0, 0.0, 4000.0]), camera)
        points_px[:11] += 100.0
        visibility = np.full(33, 0.99)
        depth_error_mm = []
        for of_the_wrong in (0.99, 0.0):
            visibility[:11] = of_the_wrong
            seen = replace(
                person(), points_px=points_px, world_mm=world_mm, visibility=visibility.copy()
            )
            found = _detections([seen], camera).poses3d[0]
            depth_error_mm.append(np.linalg.norm(found[[23, 24]].mean(axis=0) - [0, 0, 4000.0]))
        assert depth_error_mm[1] < 0.3 * depth_error_mm[0]

    def test_box_encloses_the_joints(self) -> None:
        seen = person(300.0, 200.0, score=0.75)
        x, y, width, height, score = _detections([seen], CAMERA).boxes[0]
        assert (x, y) == pytest.approx(tuple(seen.points_px.min(axis=0)), rel=1e-5)
        assert (x + width, y + height) == pytest.approx(tuple(seen.points_px.max(axis=0)), rel=1e-5)
        assert score == 0.75

    def test_confidence_is_the_visibility(self) -> None:
        assert _detections([person()], CAMERA).confidence == pytest.approx(np.full((1, 33), 0.7))

    def test_who_cannot_stand_there_has_no_absolute_pose(self) -> None:
        # A huge person in the picture, of the wrong handedness in depth: the fit goes behind.
        seen = person(80.0, 60.0)
        mirrored = replace(seen, world_mm=-seen.world_mm)
        found = _detections([mirrored], CAMERA)
        assert np.isnan(found.poses3d).all()
        assert np.isfinite(found.poses2d).all()
