"""Bundle adjustment: the places of all cameras and boards, all corners at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial.transform import Rotation

from neuropose.data.cameras import Camera
from neuropose.multiview.boards.board import Board
from neuropose.multiview.boards.moments import Moment
from neuropose.multiview.boards.poses import Pose, board_pose

Array = NDArray[np.float64]

_HUBER = 3.0
_FEWEST_SHARED = 5
_OWN = 7  # rotation, translation and clock of a camera
_NOT_SEEN_PX = 1000.0
_MOST_STEPS = 50
_ENOUGH_GAIN = 1e-5
_DIFFERENCE = 1e-4


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Cameras in one world, that of the first.

    Parameters
    ----------
    cameras : mapping of str to Camera
        Intrinsics, refined where their errors were known.
    places : mapping of str to Pose
        From the world to each camera.
    boards : sequence of Pose
        From the board to the world, at each moment.
    clocks_s : mapping of str to float
        What is still to be added to the times of each video.
    rms_px : mapping of str to float
        Of each camera, root mean square distance of the corners, px.
    """

    cameras: Mapping[str, Camera]
    places: Mapping[str, Pose]
    boards: Sequence[Pose]
    clocks_s: Mapping[str, float]
    rms_px: Mapping[str, float]


def shared_counts(moments: Sequence[Moment], names: Sequence[str]) -> dict[tuple[str, str], int]:
    """Count the moments of each pair of cameras.

    Parameters
    ----------
    moments : sequence of Moment
        Moments that several cameras share.
    names : sequence of str
        The cameras.

    Returns
    -------
    dict of tuple of str to int
    """
    return {
        pair: sum(all(name in moment for name in pair) for moment in moments)
        for pair in combinations(names, 2)
    }


def connected(counts: Mapping[tuple[str, str], int], names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs by which every camera is reached from the first, best ones first.

    Parameters
    ----------
    counts : mapping of tuple of str to int
        Of `shared_counts`.
    names : sequence of str
        The cameras.

    Returns
    -------
    list of tuple of str
        From a camera that is reached to one that is not; fewer than cameras less one if some
        cannot be reached.
    """
    reached, tree = {names[0]}, []
    while len(reached) < len(names):
        ways = [
            (count, pair if pair[0] in reached else pair[::-1])
            for pair, count in counts.items()
            if count >= _FEWEST_SHARED and len(reached & set(pair)) == 1
        ]
        if not ways:
            break
        _, (one, other) = max(ways, key=lambda way: way[0])
        tree.append((one, other))
        reached.add(other)
    return tree


def first_places(
    moments: Sequence[Moment],
    cameras: Mapping[str, Camera],
    board: Board,
    tree: Sequence[tuple[str, str]],
) -> dict[str, Pose]:
    """Return where cameras are by what pairs of them saw.

    Parameters
    ----------
    moments : sequence of Moment
        Moments that several cameras share.
    cameras : mapping of str to Camera
        Their intrinsics.
    board : Board
        The board.
    tree : sequence of tuple of str
        Of `connected`.

    Returns
    -------
    dict of str to Pose
        From the first camera to each.
    """
    first = next(iter(cameras))
    places = {first: Pose(np.eye(3), np.zeros(3))}
    for one, other in tree:
        ways = []
        for moment in moments:
            if one in moment and other in moment:
                seen = [
                    board_pose(cameras[name], board, moment[name].ids, moment[name].points_px)
                    for name in (one, other)
                ]
                if seen[0] is not None and seen[1] is not None:
                    ways.append(seen[1].after(seen[0].inverse()))
        places[other] = _middle(ways).after(places[one])
    return places


def _middle(ways: Sequence[Pose]) -> Pose:
    """Return the pose that is nearest to all others: a planar board has a false twin."""
    vectors = np.stack([way.vectors() for way in ways])
    turns = np.stack([way.rotation for way in ways])
    apart = np.arccos(np.clip((np.einsum("aij,bij->ab", turns, turns) - 1.0) / 2.0, -1.0, 1.0))
    moved = np.linalg.norm(vectors[:, None, 3:] - vectors[None, :, 3:], axis=-1)
    far = np.median(np.linalg.norm(vectors[:, 3:], axis=1)) + 1.0
    return ways[int(np.argmin(np.median(apart + moved / far, axis=1)))]


def adjust(
    moments: Sequence[Moment],
    cameras: Mapping[str, Camera],
    errors: Mapping[str, Array | None],
    board: Board,
    places: Mapping[str, Pose],
    clock_s: float,
) -> Adjusted:
    """Adjust everything to the corners that all cameras saw.

    Parameters
    ----------
    moments : sequence of Moment
        Moments that several cameras share.
    cameras : mapping of str to Camera
        Their intrinsics.
    errors : mapping of str to ndarray or None
        Standard errors of fx, fy, cx, cy and the distortion. None, or NaN in it: they stay.
    board : Board
        The board.
    places : mapping of str to Pose
        From the first camera to each, to begin with.
    clock_s : float
        How well it is known when the videos began, s.

    Returns
    -------
    Adjusted

    Notes
    -----
    Triggs et al. (2000), by Levenberg and Marquardt's method with Huber's loss. Beside places, the
    clocks are adjusted, by which a moving board is seen elsewhere.
    """
    return _Problem(moments, cameras, errors, board, places, clock_s).solve()


@dataclass(frozen=True, slots=True)
class _Seen:
    """All corners that one camera saw, one after the other."""

    moment: NDArray[np.intp]
    corner_mm: Array
    point_px: Array
    speed_px_s: Array
    sigma_px: Array


class _Problem:
    """Layout of the parameters: places and clocks of cameras but the first, lenses, boards."""

    def __init__(
        self,
        moments: Sequence[Moment],
        cameras: Mapping[str, Camera],
        errors: Mapping[str, Array | None],
        board: Board,
        places: Mapping[str, Pose],
        clock_s: float,
    ) -> None:
        self.moments, self.board, self.clock_s = moments, board, clock_s
        self.names = list(cameras)
        self.cameras = dict(cameras)
        self.errors = {
            name: spread
            for name, spread in errors.items()
            if spread is not None and np.isfinite(spread).all() and (spread > 0.0).all()
        }
        self.places = places
        self.seen = {name: self._gathered(name) for name in self.names}
        self.own: dict[str, int] = {}
        self.lens: dict[str, int] = {}
        at = 0
        for name in self.names[1:]:
            self.own[name], at = at, at + _OWN
        for name, spread in self.errors.items():
            self.lens[name], at = at, at + len(spread)
        self.boards_at, self.count = at, at + 6 * len(moments)

    def solve(self) -> Adjusted:
        values = self._start()
        damping, cost = 1e-3, self._cost(self._residuals(values))
        for _ in range(_MOST_STEPS):
            residuals = self._residuals(values)
            slopes = self._slopes(values, residuals)
            weights = _huber_weights(residuals)
            weighted = slopes.multiply(weights[:, None]).tocsr()
            normal = (slopes.T @ weighted).toarray()
            gradient = weighted.T @ residuals
            while damping < 1e9:
                step = np.linalg.solve(
                    normal + damping * np.diag(np.maximum(np.diag(normal), 1e-12)), -gradient
                )
                tried = self._cost(self._residuals(values + step))
                if tried <= cost:
                    break
                damping *= 10.0
            else:
                break
            values, gained, cost = values + step, cost - tried, tried
            damping = max(damping / 10.0, 1e-9)
            if gained < _ENOUGH_GAIN * cost:
                break
        return self._adjusted(values)

    def _adjusted(self, values: Array) -> Adjusted:
        apart = self._apart(values)
        rms = {
            name: float(np.sqrt(np.mean(np.sum(each**2, axis=1)))) if len(each) else float("nan")
            for name, each in apart.items()
        }
        boards = values[self.boards_at :].reshape(-1, 6)
        clocks = {n: float(values[self.own[n] + 6]) if n in self.own else 0.0 for n in self.names}
        return Adjusted(
            {name: self._camera(values, name) for name in self.names},
            {name: self._place(values, name) for name in self.names},
            [Pose.of_vectors(each) for each in boards],
            clocks,
            rms,
        )

    def _gathered(self, name: str) -> _Seen:
        glimpses = [(n, moment[name]) for n, moment in enumerate(self.moments) if name in moment]
        return _Seen(
            np.concatenate([np.full(len(each.ids), n) for n, each in glimpses]),
            np.concatenate([self.board.corners_mm[each.ids] for _, each in glimpses]),
            np.concatenate([each.points_px for _, each in glimpses]),
            np.concatenate([each.speed_px_s for _, each in glimpses]),
            np.concatenate([np.full(len(each.ids), each.sigma_px) for _, each in glimpses]),
        )

    def _start(self) -> Array:
        values = np.zeros(self.count)
        for name, at in self.own.items():
            values[at : at + 6] = self.places[name].vectors()
        boards = [self._first_board(moment).vectors() for moment in self.moments]
        values[self.boards_at :] = np.concatenate(boards)
        return values

    def _first_board(self, moment: Moment) -> Pose:
        """Return the pose of the camera that the others contradict least."""
        best, smallest = Pose(np.eye(3), np.array([0.0, 0.0, 1000.0])), np.inf
        for name, glimpse in moment.items():
            seen = board_pose(self.cameras[name], self.board, glimpse.ids, glimpse.points_px)
            if seen is None:
                continue
            pose = self.places[name].inverse().after(seen)
            error = 0.0
            for each, other in moment.items():
                points = self.places[each].after(pose).apply(self.board.corners_mm[other.ids])
                apart = self.cameras[each].project(points) - other.points_px
                lengths = np.linalg.norm(np.nan_to_num(apart, nan=1e3), axis=1)
                error += float(np.median(lengths))
            if error < smallest:
                best, smallest = pose, error
        return best

    def _place(self, values: Array, name: str) -> Pose:
        at = self.own.get(name)
        return self.places[name] if at is None else Pose.of_vectors(values[at : at + 6])

    def _camera(self, values: Array, name: str) -> Camera:
        at, camera = self.lens.get(name), self.cameras[name]
        if at is None:
            return camera
        x, y, right, down, *bends = values[at : at + len(self.errors[name])].tolist()
        (fx, skew, cx), (_, fy, cy), last = camera.intrinsic_matrix
        terms = (*camera.distortion, *[0.0] * (len(bends) - len(camera.distortion)))
        return camera.model_copy(
            update={
                "intrinsic_matrix": (
                    (fx + x, skew, cx + right),
                    (0.0, fy + y, cy + down),
                    last,
                ),
                "distortion": tuple(term + bend for term, bend in zip(terms, bends, strict=True)),
            }
        )

    def _apart(self, values: Array) -> dict[str, Array]:
        """Return for each camera how far corners are seen from where they should be, px."""
        boards = values[self.boards_at :].reshape(-1, 6)
        turns = Rotation.from_rotvec(boards[:, :3]).as_matrix()
        found = {}
        for name, seen in self.seen.items():
            world = np.einsum("nij,nj->ni", turns[seen.moment], seen.corner_mm)
            world += boards[seen.moment, 3:]
            late = values[self.own[name] + 6] if name in self.own else 0.0
            ahead = self._place(values, name).apply(world)
            apart = (
                seen.point_px - late * seen.speed_px_s - self._camera(values, name).project(ahead)
            )
            found[name] = np.nan_to_num(apart, nan=_NOT_SEEN_PX)
        return found

    def _residuals(self, values: Array) -> Array:
        apart = self._apart(values)
        seen = [(apart[n] / self.seen[n].sigma_px[:, None]).ravel() for n in self.names]
        clocks = [values[at + 6 : at + 7] / self.clock_s for at in self.own.values()]
        lenses = [
            values[at : at + len(self.errors[n])] / self.errors[n] for n, at in self.lens.items()
        ]
        return np.concatenate([*seen, *clocks, *lenses])

    @staticmethod
    def _cost(residuals: Array) -> float:
        size = np.abs(residuals)
        return float(np.sum(np.where(size < _HUBER, size**2, 2.0 * _HUBER * size - _HUBER**2)))

    def _slopes(self, values: Array, residuals: Array) -> csr_array:
        """Differences: one column of every camera's own, and one of all boards at once."""
        rows, columns, entries = [], [], []
        for column in range(self.boards_at):
            change = self._difference(values, residuals, [column])
            at = np.flatnonzero(change)
            rows.append(at)
            columns.append(np.full(len(at), column))
            entries.append(change[at])
        of_moment = np.concatenate([np.repeat(self.seen[name].moment, 2) for name in self.names])
        for part in range(6):
            mine = list(range(self.boards_at + part, self.count, 6))
            change = self._difference(values, residuals, mine)[: len(of_moment)]
            rows.append(np.arange(len(of_moment)))
            columns.append(self.boards_at + 6 * of_moment + part)
            entries.append(change)
        return csr_array(
            (np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns))),
            shape=(len(residuals), self.count),
        )

    def _difference(self, values: Array, residuals: Array, columns: list[int]) -> Array:
        step = _DIFFERENCE * self._scale(columns[0])
        moved = values.copy()
        moved[columns] += step
        return np.asarray((self._residuals(moved) - residuals) / step)

    def _scale(self, column: int) -> float:
        """Return how much a parameter may well change."""
        if column >= self.boards_at:
            return 1e-2 if (column - self.boards_at) % 6 < 3 else 10.0
        for at in self.own.values():
            if at <= column < at + _OWN:
                return (1e-2, 10.0, self.clock_s)[(column - at) // 3]
        for name, at in self.lens.items():
            if at <= column < at + len(self.errors[name]):
                return float(self.errors[name][column - at])
        raise IndexError(column)


def _huber_weights(residuals: Array) -> Array:
    size = np.abs(residuals)
    return np.asarray(np.where(size < _HUBER, 1.0, _HUBER / np.maximum(size, _HUBER)))
