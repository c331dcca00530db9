"""The access file: who may look and who may operate, with hashes of passwords and tokens."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, TypeAdapter, model_validator
from pydantic_core import to_json

from neuropose.dashboard.access.roles import Person, Role
from neuropose.data.metadata import Contract
from neuropose.errors import ConfigError, FileMissingError
from neuropose.io.atomic import write_atomically
from neuropose.io.strict_json import parse, read_bytes

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1000
"""Characters of a password; a longer one is refused before any work is done."""
_TOKEN_BYTES = 32
_OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]


class PasswordEntry(Contract):
    """A person with a password.

    Parameters
    ----------
    name : str
        What the person is called: letters, digits and ``. _ @ -``.
    role : Role
        What the person may do.
    password : str
        Argon2id hash of the password.
    """

    name: Name
    role: Role
    password: Annotated[str, Field(pattern=r"^\$argon2id\$")]


class TokenEntry(Contract):
    """A program, or a person, with a token.

    Parameters
    ----------
    name : str
        What it is called.
    role : Role
        What it may do.
    token_sha256 : str
        SHA-256 of the token, which is too long to be guessed.
    """

    name: Name
    role: Role
    token_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class AccessList(Contract):
    """Who may do what.

    Parameters
    ----------
    passwords : tuple of PasswordEntry
        By password.
    tokens : tuple of TokenEntry
        By token.

    Examples
    --------
    >>> access, token = AccessList().with_token("hospital", Role.LOOK)
    >>> access.by_token(token).name, access.by_token("guessed")
    ('hospital', None)
    """

    schema_version: Literal[1] = 1
    passwords: tuple[PasswordEntry, ...] = ()
    tokens: tuple[TokenEntry, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [each.name for each in self.passwords] + [each.name for each in self.tokens]
        if len(set(names)) < len(names):
            raise ValueError("a name occurs twice")
        return self

    def by_password(self, name: str, password: str) -> Person | None:
        """Return the person whom a name and a password belong to.

        Parameters
        ----------
        name, password : str
            As they were given. An unknown name takes as long as a wrong password.

        Returns
        -------
        Person or None
        """
        from argon2.exceptions import InvalidHashError, VerificationError

        if len(password) > LONGEST_PASSWORD:
            return None
        entry = next((entry for entry in self.passwords if entry.name == name), None)
        try:
            _hasher().verify(_nobody() if entry is None else entry.password, password)
        except (VerificationError, InvalidHashError, UnicodeError):
            return None
        return None if entry is None else Person(entry.name, entry.role)

    def by_token(self, token: str) -> Person | None:
        """Return the holder of a token.

        Parameters
        ----------
        token : str
            As it was given.

        Returns
        -------
        Person or None
        """
        digest = _digest(token)
        for entry in self.tokens:
            if hmac.compare_digest(entry.token_sha256, digest):
                return Person(entry.name, entry.role)
        return None

    def with_password(self, name: str, role: Role, password: str) -> AccessList:
        """Return a list in which somebody has this password and role.

        Parameters
        ----------
        name : str
            What the person is called.
        role : Role
            What the person may do.
        password : str
            At least 10 characters.

        Returns
        -------
        AccessList

        Raises
        ------
        ConfigError
            If the password is too short or too long, or the name cannot be used.
        """
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise ConfigError(
                f"the password has {len(password)} characters",
                hint=f"take one of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}",
            )
        _require_name(name)
        entry = PasswordEntry(name=name, role=role, password=_hasher().hash(password))
        rest = self.without(name)
        return AccessList(passwords=(*rest.passwords, entry), tokens=rest.tokens)

    def with_token(self, name: str, role: Role) -> tuple[AccessList, str]:
        """Return a list in which somebody has a new token, and the token.

        Parameters
        ----------
        name : str
            What the holder is called.
        role : Role
            What the holder may do.

        Returns
        -------
        access : AccessList
            The new list.
        token : str
            Kept nowhere else.

        Raises
        ------
        ConfigError
            If the name cannot be used.
        """
        _require_name(name)
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        entry = TokenEntry(name=name, role=role, token_sha256=_digest(token))
        rest = self.without(name)
        return AccessList(passwords=rest.passwords, tokens=(*rest.tokens, entry)), token

    def without(self, name: str) -> AccessList:
        """Return a list without somebody.

        Parameters
        ----------
        name : str
            Whom to leave out.

        Returns
        -------
        AccessList
        """
        return AccessList(
            passwords=tuple(entry for entry in self.passwords if entry.name != name),
            tokens=tuple(entry for entry in self.tokens if entry.name != name),
        )


_ACCESS = TypeAdapter(AccessList)


def load_access(path: Path) -> AccessList:
    """Read an access file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    AccessList

    Raises
    ------
    FileMissingError, FileReadError
        If it cannot be read.
    FileFormatError
        If anything in it is wrong.
    ConfigError
        If others may read it.
    """
    try:
        access = parse(read_bytes(path), _ACCESS, "")
    except FileMissingError as error:
        error.hint = "neuropose dashboard allow NAME --access FILE makes one"
        raise
    if os.name == "posix" and path.stat().st_mode & _OTHERS_MAY:
        raise ConfigError(f"others may read {path}", hint=f"chmod 600 {path}")
    return access


def save_access(path: Path, access: AccessList) -> None:
    """Write an access file, which only its owner may read.

    Parameters
    ----------
    path : Path
        The file to write.
    access : AccessList
        Who may do what.

    Raises
    ------
    OutputError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "access.json"
    >>> save_access(path, AccessList())
    >>> load_access(path) == AccessList()
    True
    """
    write_atomically(path, [to_json(access, indent=2), b"\n"])


def _require_name(name: str) -> None:
    try:
        TypeAdapter(Name).validate_python(name)
    except ValueError as error:
        raise ConfigError(
            f"{name!r} is no name for the access file",
            hint="use up to 64 letters, digits and . _ @ -",
        ) from error


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """Return the hash of a password that nobody knows."""
    return _hasher().hash(secrets.token_urlsafe(_TOKEN_BYTES))
