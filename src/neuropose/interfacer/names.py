"""Names of jobs and files: which are the same, and how they are shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from neuropose.errors import JobError


def same_name(name: str) -> str:
    """Fold a name so that names that any file system treats as the same become equal.

    Parameters
    ----------
    name : str
        A file name.

    Returns
    -------
    str

    Examples
    --------
    >>> same_name("WALK.mp4") == same_name("walk.MP4")
    True
    """
    return composed(composed(name).casefold())


def composed(name: str) -> str:
    r"""Return a name with each letter and its accents in one character (NFC), as most type it.

    Parameters
    ----------
    name : str
        A name, as a Mac writes it, for example: an umlaut in two characters.

    Returns
    -------
    str

    Examples
    --------
    >>> len("u\u0308ben"), len(composed("u\u0308ben"))
    (5, 4)
    """
    return unicodedata.normalize("NFC", name)


def printable(text: str) -> str:
    """Escape a name so that it fits on one line and can be printed.

    Parameters
    ----------
    text : str
        The name.

    Returns
    -------
    str

    Examples
    --------
    >>> printable("ein Gang") == "ein Gang", len(printable("a" + chr(10))) > 2
    (True, True)
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def apart(name: str, others: Collection[str]) -> str:
    r"""Return a name as `printable`, with its accents escaped if it would look like another.

    Parameters
    ----------
    name : str
        The name.
    others : collection of str
        Names beside which it is shown; itself does not count.

    Returns
    -------
    str

    Examples
    --------
    >>> apart("Gang fu\u0308r", {"Gang f\u00fcr"}) == "Gang fu" + chr(92) + "u0308r"
    True
    >>> apart("Gang f\u00fcr", {"Gang fu\u0308r"}) == "Gang f\u00fcr"
    True
    """
    looks_like = composed(name)
    if all(other == name or composed(other) != looks_like for other in others):
        return printable(name)
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.combining(c) else printable(c)
        for c in name
    )


def known_spelling(name: str, known: Collection[str]) -> str:
    r"""Return a name as the job that is meant spells it in Unicode.

    Parameters
    ----------
    name : str
        As it was typed.
    known : collection of str
        Names of all jobs.

    Returns
    -------
    str
        `name` itself if there is no such job in any spelling.

    Raises
    ------
    JobError
        If there are two spellings of it, of which neither is exactly `name`.

    Examples
    --------
    >>> known_spelling("f\u00fcr", ["fu\u0308r"]) == "fu\u0308r"
    True
    """
    spellings = sorted(other for other in known if composed(other) == composed(name))
    if name in spellings or not spellings:
        return name
    if len(spellings) > 1:
        listed = " and ".join(apart(other, known) for other in spellings)
        raise JobError(
            f"there are jobs {listed}", hint="copy the name of the one that is meant from the list"
        )
    return spellings[0]
