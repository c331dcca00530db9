"""Names that may be two spellings of one: a person typed in twice counts as two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping

_FOLDS: Mapping[str, Callable[[str], str]] = {
    "upper and lower case": str.casefold,
    "spaces": lambda name: "".join(name.split()),
    "hyphens or underscores": lambda name: re.sub(r"[-_\N{HYPHEN}-\N{EM DASH}]", "", name),
}
"""What two spellings of one name may differ in, and how it is taken out of a name."""


def doubtful_spellings(names: Iterable[str], what: str, one: str) -> Iterator[str]:
    """Yield a warning for names that differ only in how they are spelled.

    Parameters
    ----------
    names : iterable of str
        As they were written; each any number of times.
    what : str
        What the names are of: ``subject``.
    one : str
        What two of them may be: ``person``.

    Yields
    ------
    str
        The names, and what they differ in.

    Examples
    --------
    >>> list(doubtful_spellings(["S04", "s04", "S05"], "subject", "person"))
    ["subjects 'S04' and 's04' differ only in upper and lower case: one person?"]
    """
    alike: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        alike.setdefault(folded(name), []).append(name)
    for spellings in alike.values():
        if len(spellings) > 1:
            differ = [
                each for each in _FOLDS if len({folded(name, but=each) for name in spellings}) > 1
            ]
            said = " and ".join(differ) or "how their letters are encoded"
            yield f"{what}s {quoted(spellings)} differ only in {said}: one {one}?"


def quoted(names: Iterable[str]) -> str:
    """Return names in quotation marks, as a sentence lists them.

    Parameters
    ----------
    names : iterable of str
        One or more.

    Returns
    -------
    str

    Examples
    --------
    >>> quoted(["on", "off", "none"])
    "'on', 'off' and 'none'"
    """
    *most, last = map(repr, names)
    return f"{', '.join(most)} and {last}" if most else last


def folded(name: str, *, but: str | None = None) -> str:
    """Return a name without what spellings of one name may differ in.

    Parameters
    ----------
    name : str
        As it was written.
    but : str, optional
        What stays: ``upper and lower case``, ``spaces`` or ``hyphens or underscores``.

    Returns
    -------
    str
        The same for all spellings of a name.

    Examples
    --------
    >>> folded("S-01 "), folded("S-01 ", but="hyphens or underscores")
    ('s01', 's-01')
    """
    left = unicodedata.normalize("NFKC", name)
    for what, fold in _FOLDS.items():
        left = left if what == but else fold(left)
    return left
