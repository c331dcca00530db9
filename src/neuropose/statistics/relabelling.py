"""Labels exchanged as the null hypothesis allows: in all ways, or in a random sample of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice
from math import comb
from typing import NamedTuple

import numpy as np

from neuropose.errors import StatisticsError
from neuropose.statistics.records import Bools

LEAST_PERMUTATIONS = 99
_AT_ONCE = 1 << 20  # cells of masks


class Relabelling(NamedTuple):
    """How the labels of a sample can be changed.

    Parameters
    ----------
    first : int
        Size of the first group, or the number of pairs.
    second : int
        Size of the second group; 0 for pairs, whose two sides can be exchanged.
    total : int
        Number of labellings, including the observed one, which is always the first.
    exact : bool
        Whether these are all possible labellings.
    seed : int or None
        Seed of the random sample. None: all labellings are used.
    """

    first: int
    second: int
    total: int
    exact: bool
    seed: int | None

    def masks(self, columns: int = 1) -> Iterator[Bools]:
        """Yield the labellings, some at a time.

        Parameters
        ----------
        columns : int
            Count of numbers computed from each labelling: the more, the fewer labellings at a time.

        Yields
        ------
        ndarray of bool, shape (some, values)
            True for values in the first group, or for pairs that are exchanged. The observed
            labelling is the first row of the first array.
        """
        width = self.first + self.second
        rows = max(1, _AT_ONCE // (width + columns))
        observed = np.arange(width) < (self.first if self.second else 0)
        if self.exact:
            yield from self._all(rows)
            return
        rng = np.random.default_rng(self.seed)
        left = self.total - 1
        yield observed[None]
        while left:
            some = min(rows, left)
            if self.second:
                yield rng.permuted(np.tile(observed, (some, 1)), axis=1)
            else:
                yield rng.integers(0, 2, (some, width)).astype(bool)
            left -= some

    def _all(self, rows: int) -> Iterator[Bools]:
        width = self.first + self.second
        if not self.second:
            for start in range(0, self.total, rows):
                numbers = np.arange(start, min(start + rows, self.total))
                yield (numbers[:, None] >> np.arange(width) & 1).astype(bool)
            return
        chosen = combinations(range(width), self.first)
        while some := list(islice(chosen, rows)):
            mask = np.zeros((len(some), width), dtype=bool)
            np.put_along_axis(mask, np.array(some), values=True, axis=1)
            yield mask


def relabelling(first: int, second: int, permutations: int, seed: int) -> Relabelling:
    """Choose between all labellings and a random sample of them.

    Parameters
    ----------
    first, second : int
        Sizes of the groups; if `second` is 0, the number of pairs.
    permutations : int
        Number of labellings; all are used if there are no more, otherwise that many at random.
    seed : int
        Seed of the random labellings.

    Returns
    -------
    Relabelling

    Raises
    ------
    StatisticsError
        If fewer than `LEAST_PERMUTATIONS` are requested.

    Examples
    --------
    >>> relabelling(8, 0, 9999, seed=0).total  # 2**8
    256
    """
    if permutations < LEAST_PERMUTATIONS:
        raise StatisticsError(
            f"{permutations} permutations are too few", hint=f"take {LEAST_PERMUTATIONS} or more"
        )
    every = comb(first + second, first) if second else 2**first
    if every <= permutations:
        return Relabelling(first, second, every, exact=True, seed=None)
    return Relabelling(first, second, permutations + 1, exact=False, seed=seed)
