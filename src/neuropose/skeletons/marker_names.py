"""Names of markers in different hands: ``LASI``, ``L.ASIS``, ``l asis`` and ``ASIS_L``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import takewhile

_SEPARATORS = re.compile(r"[\s._\-]+")
_SIDES = {"l": "l", "r": "r", "left": "l", "right": "r"}
_SUFFIXES = ("study",)  # of OpenCap's laboratory markers
_FEWEST_OF_A_PREFIX = 3


def normal_form(name: str) -> str:
    """Return a name in small letters, without separators, the side first.

    Parameters
    ----------
    name : str
        As a file spells it.

    Returns
    -------
    str

    Examples
    --------
    >>> [normal_form(name) for name in ("L.ASIS", "asis_l", "Left Asis", "r.ASIS_study")]
    ['lasis', 'lasis', 'lasis', 'rasis']
    """
    parts = [part for part in _SEPARATORS.split(name.lower()) if part]
    if len(parts) > 1 and parts[-1] in _SUFFIXES:
        parts.pop()
    if len(parts) > 1 and parts[-1] in _SIDES:
        parts.insert(0, parts.pop())
    if parts and parts[0] in _SIDES:
        parts[0] = _SIDES[parts[0]]
    joined = "".join(parts)
    for word in ("left", "right"):
        if joined.startswith(word) and joined != word:
            return word[0] + joined[len(word) :]
    return joined


def shared_prefix(names: Iterable[str], exact: Collection[str] = ()) -> str:
    """Return the name of a person or skeleton that all names of markers begin with.

    Parameters
    ----------
    names : iterable of str
        Names of the file's markers. Unlabelled points (``*12``) need not have it.
    exact : collection of str
        Names that need not have it either: those of joints that are estimated from the markers.

    Returns
    -------
    str
        With the blank, underscore, dot or hyphen that ends it. Empty: there is none; a side is no
        name.

    Examples
    --------
    >>> shared_prefix(["Q_LHeel", "Q_RHeel", "Q_LToeIn", "*3"]), shared_prefix(["L_HEE"] * 3)
    ('Q_', '')
    """
    labelled = [name for name in names if not name.startswith("*") and name not in exact]
    if len(labelled) < _FEWEST_OF_A_PREFIX:
        return ""
    alike = takewhile(
        lambda pair: pair[0] == pair[1], zip(min(labelled), max(labelled), strict=False)
    )
    ends = [end.end() for end in _SEPARATORS.finditer("".join(letter for letter, _ in alike))]
    prefix = labelled[0][: ends[-1]] if ends else ""
    return "" if _SEPARATORS.split(prefix.lower())[0] in _SIDES else prefix


class MarkerFinder:
    """Finds markers of a file by the names of a table.

    Parameters
    ----------
    names : iterable of str
        Names of the file's markers.
    exact : iterable of str
        Names that mean something else in any other spelling.

    Examples
    --------
    >>> finder = MarkerFinder(["L.ASIS", "LKnee"], exact=["LKnee"])
    >>> finder.find("LASIS"), finder.find("LKnee"), finder.find("L.Knee")
    ('L.ASIS', 'LKnee', None)
    >>> MarkerFinder(["Ann_LKNE", "Ann_RKNE", "Ann_C7", "*1"]).find("C7")
    'Ann_C7'
    """

    def __init__(self, names: Iterable[str], exact: Iterable[str] = ()) -> None:
        names = tuple(names)
        self._exact = frozenset(exact)
        prefix = shared_prefix(names, self._exact)
        own = {name.removeprefix(prefix): name for name in names}
        self._names = {name: name for name in names} | own
        self._by_form: dict[str, str] = {}
        for bare, name in own.items():
            if bare not in self._exact:
                self._by_form.setdefault(normal_form(bare), name)

    def find(self, name: str) -> str | None:
        """Return the marker that a name of the table means.

        Parameters
        ----------
        name : str
            As the table spells it.

        Returns
        -------
        str or None
            As the file spells it; None if the file does not have it.
        """
        if name in self._names:
            return self._names[name]
        return None if name in self._exact else self._by_form.get(normal_form(name))

    def find_all(self, group: Iterable[str]) -> tuple[str, ...] | None:
        """Return the markers that several names of the table mean.

        Parameters
        ----------
        group : iterable of str
            As the table spells them.

        Returns
        -------
        tuple of str or None
            None if the file lacks one of them.
        """
        found = [self.find(name) for name in group]
        return None if None in found else tuple(name for name in found if name is not None)
