"""Bundle adjustment: the places of all cameras and boards, all corners at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.sparse import csr_array, lil_array

from neuropose.data.cameras import Camera
from neuropose.multiview.boards.board import Board
from neuropose.multiview.boards.moments import Moment
from neuropose.multiview.boards.poses import Pose, board_pose

Array = NDArray[np.float64]

_CLOCK_S = 0.02
_HUBER = 3.0
_FEWEST_SHARED = 5


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

    Returns
    -------
    Adjusted

    Notes
    -----
    Triggs et al. (2000), with Huber's loss. Beside places, the clocks are adjusted, by which a
    moving board is seen elsewhere.
    """
    return _Problem(moments, cameras, errors, board, places).solve()


class _Problem:
    """Layout of the parameters: cameras but the first, clocks but the first, lenses, boards."""

    def __init__(
        self,
        moments: Sequence[Moment],
        cameras: Mapping[str, Camera],
        errors: Mapping[str, Array | None],
        board: Board,
        places: Mapping[str, Pose],
    ) -> None:
        self.moments, self.board = moments, board
        self.names = list(cameras)
        self.cameras = dict(cameras)
        self.errors = {
            name: spread
            for name, spread in errors.items()
            if spread is not None and np.isfinite(spread).all() and (spread > 0.0).all()
        }
        self.places = places
        at = 0
        self.place_at: dict[str, int] = {}
        self.clock_at: dict[str, int] = {}
        self.lens_at: dict[str, int] = {}
        for name in self.names[1:]:
            self.place_at[name], self.clock_at[name], at = at, at + 6, at + 7
        for name, spread in self.errors.items():
            self.lens_at[name], at = at, at + len(spread)
        self.board_at = [at + 6 * number for number in range(len(moments))]
        self.count = at + 6 * len(moments)

    def solve(self) -> Adjusted:
        start = self._start()
        found = least_squares(
            self._residuals,
            start,
            jac_sparsity=self._sparsity(),
            x_scale=self._scales(),
            loss="huber",
            f_scale=_HUBER,
            max_nfev=60,
            method="trf",
        ).x
        cameras = {name: self._camera(found, name) for name in self.names}
        squares: dict[str, list[Array]] = {name: [] for name in self.names}
        for name, apart, _ in self._apart(found):
            squares[name].append(np.sum(apart**2, axis=1))
        rms = {
            name: float(np.sqrt(np.mean(np.concatenate(each)))) if each else float("nan")
            for name, each in squares.items()
        }
        return Adjusted(
            cameras,
            {name: self._place(found, name) for name in self.names},
            [Pose.of_vectors(found[at : at + 6]) for at in self.board_at],
            {name: float(found[self.clock_at[name]]) if name in self.clock_at else 0.0
             for name in self.names},
            rms,
        )  # fmt: skip

    def _start(self) -> Array:
        values = np.zeros(self.count)
        for name, at in self.place_at.items():
            values[at : at + 6] = self.places[name].vectors()
        for moment, at in zip(self.moments, self.board_at, strict=True):
            values[at : at + 6] = self._first_board(moment).vectors()
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
        at = self.place_at.get(name)
        return self.places[name] if at is None else Pose.of_vectors(values[at : at + 6])

    def _camera(self, values: Array, name: str) -> Camera:
        at, camera = self.lens_at.get(name), self.cameras[name]
        if at is None:
            return camera
        change = values[at : at + len(self.errors[name])]
        (fx, skew, cx), (_, fy, cy), last = camera.intrinsic_matrix
        terms = np.array([*camera.distortion, *np.zeros(len(change) - 4 - len(camera.distortion))])
        return camera.model_copy(
            update={
                "intrinsic_matrix": (
                    (fx + change[0], skew, cx + change[2]),
                    (0.0, fy + change[1], cy + change[3]),
                    last,
                ),
                "distortion": tuple((terms + change[4:]).tolist()),
            }
        )

    def _apart(self, values: Array) -> list[tuple[str, Array, float]]:
        """Return for each glimpse the camera, seen less predicted corners, and their sigma."""
        cameras = {name: self._camera(values, name) for name in self.names}
        places = {name: self._place(values, name) for name in self.names}
        found = []
        for moment, at in zip(self.moments, self.board_at, strict=True):
            pose = Pose.of_vectors(values[at : at + 6])
            for name, glimpse in moment.items():
                corners = places[name].after(pose).apply(self.board.corners_mm[glimpse.ids])
                late = values[self.clock_at[name]] if name in self.clock_at else 0.0
                seen = glimpse.points_px - late * glimpse.speed_px_s
                apart = seen - cameras[name].project(corners)
                found.append((name, np.nan_to_num(apart, nan=1e3), glimpse.sigma_px))
        return found

    def _residuals(self, values: Array) -> Array:
        seen = [(apart / sigma).ravel() for _, apart, sigma in self._apart(values)]
        clocks = [values[at : at + 1] / _CLOCK_S for at in self.clock_at.values()]
        lenses = [
            values[at : at + len(self.errors[name])] / self.errors[name]
            for name, at in self.lens_at.items()
        ]
        return np.concatenate([*seen, *clocks, *lenses])

    def _sparsity(self) -> csr_array:
        rows: list[list[tuple[int, int]]] = []
        counts = []
        for moment, at in zip(self.moments, self.board_at, strict=True):
            for name, glimpse in moment.items():
                spans = [(at, 6)]
                if name in self.place_at:
                    spans.append((self.place_at[name], 7))
                if name in self.lens_at:
                    spans.append((self.lens_at[name], len(self.errors[name])))
                rows.append(spans)
                counts.append(2 * len(glimpse.ids))
        own = [(at, 1) for at in self.clock_at.values()]
        own += [
            (at + n, 1) for name, at in self.lens_at.items() for n in range(len(self.errors[name]))
        ]
        pattern = lil_array((sum(counts) + len(own), self.count), dtype=np.int8)
        row = 0
        for spans, count in zip(
            [*rows, *([span] for span in own)], [*counts, *([1] * len(own))], strict=True
        ):
            for start, length in spans:
                pattern[row : row + count, start : start + length] = 1
            row += count
        return csr_array(pattern)

    def _scales(self) -> Array:
        scales = np.ones(self.count)
        for at in [*self.place_at.values(), *self.board_at]:
            scales[at : at + 3], scales[at + 3 : at + 6] = 1e-2, 10.0
        for at in self.clock_at.values():
            scales[at] = _CLOCK_S
        for name, at in self.lens_at.items():
            scales[at : at + len(self.errors[name])] = self.errors[name]
        return scales
