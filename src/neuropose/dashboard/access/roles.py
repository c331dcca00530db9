"""What a person may do, and who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do."""

    LOOK = "look"
    """See everything, change nothing."""
    OPERATE = "operate"
    """Change jobs too."""

    def may(self, needed: Role) -> bool:
        """Return whether this role includes another.

        Parameters
        ----------
        needed : Role
            The role that something needs.

        Returns
        -------
        bool

        Examples
        --------
        >>> Role.OPERATE.may(Role.LOOK), Role.LOOK.may(Role.OPERATE)
        (True, False)
        """
        return self is needed or self is Role.OPERATE


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was let in.

    Parameters
    ----------
    name : str
        As in the access file; ``local`` if there is none.
    role : Role
        What the person may do.
    """

    name: str
    role: Role


LOCAL = Person("local", Role.OPERATE)
"""Whoever uses this machine, if there is no access file."""
