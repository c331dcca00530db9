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
        How many are in the first group; of pairs, how many pairs there are.
    second : int
        How many are in the second group; 0: pairs, whose two sides can be exchanged.
    total : int
        Labellings in all, the observed one among them: it is always the first.
    exact : bool
        Whether these are all that there are.
    seed : int or None
        Of the random sample. None: there is no chance in it.
    """

    first: int
    second: int
    total: int
    exact: bool
    seed: int | None

    def masks(self, columns: int = 1) -> Iterator[Bools]:
        """Give the labellings, some at a time.

        Parameters
        ----------
        columns : int
            Numbers that are computed from a labelling: the more, the fewer labellings at a time.

        Yields
        ------
        ndarray of bool, shape (some, values)
            Which values are in the first group; of pairs, which are exchanged. The observed one
            is the first row of the first array.
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
        Sizes of the groups; `second` 0: `first` pairs.
    permutations : int
        All are gone through if there are no more than that, otherwise that many at random.
    seed : int

    Returns
    -------
    Relabelling

    Raises
    ------
    StatisticsError
        If there are to be fewer than `LEAST_PERMUTATIONS`.

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
