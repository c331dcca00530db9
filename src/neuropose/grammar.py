"""A number with what is counted, as a sentence has them."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun, and with what agrees with that.

    Parameters
    ----------
    number : int
        How many.
    one : str
        What follows 1.
    many : str, optional
        What follows any other number. Default: `one` with an s.

    Returns
    -------
    str

    Examples
    --------
    >>> counted(1, "frame"), counted(2, "frame")
    ('1 frame', '2 frames')
    >>> counted(1, "position was", "positions were"), counted(0, "person", "people")
    ('1 position was', '0 people')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"
