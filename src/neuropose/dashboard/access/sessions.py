"""Sessions: a signed cookie that says who somebody is, and the token against forged requests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from neuropose.dashboard.access.roles import Person, Role

LASTS_S = 12 * 3600.0
"""How long a session lasts, in seconds."""
_LONGEST_COOKIE = 1000
_MOST_ENDED = 10_000


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody's session.

    Parameters
    ----------
    person : Person
        Whose it is.
    key : str
        Distinguishes it from all others.
    until_s : float
        When it ends, in seconds since 1970.
    """

    person: Person
    key: str
    until_s: float


class Sessions:
    """Begins sessions and recognises them by their cookies.

    Parameters
    ----------
    clock : callable
        Returns the time in seconds since 1970.

    Notes
    -----
    The key that signs is made anew by every process: a restart ends all sessions, and so does a
    change of who may do what, which is read at the start.

    Examples
    --------
    >>> sessions = Sessions()
    >>> cookie = sessions.begin(Person("anna", Role.LOOK))
    >>> sessions.read(cookie).person.name, sessions.read(cookie + "x")
    ('anna', None)
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._secret = secrets.token_bytes(32)
        self._clock = clock
        self._ended: OrderedDict[str, float] = OrderedDict()

    def begin(self, person: Person) -> str:
        """Begin a session.

        Parameters
        ----------
        person : Person
            Whose it is.

        Returns
        -------
        str
            The value of the cookie.
        """
        content = {
            "name": person.name,
            "role": person.role.value,
            "key": secrets.token_urlsafe(16),
            "until_s": self._clock() + LASTS_S,
        }
        packed = base64.urlsafe_b64encode(json.dumps(content).encode()).decode()
        return f"{packed}.{self._sign('session', packed)}"

    def read(self, cookie: str) -> Session | None:
        """Return the session that a cookie belongs to.

        Parameters
        ----------
        cookie : str
            The value of the cookie, from whomever.

        Returns
        -------
        Session or None
            None if it is not one of ours, or has ended.
        """
        packed, _, signature = cookie[:_LONGEST_COOKIE].partition(".")
        if not _equal(signature, self._sign("session", packed)):
            return None
        content = json.loads(base64.urlsafe_b64decode(packed))
        person = Person(content["name"], Role(content["role"]))
        session = Session(person, content["key"], content["until_s"])
        return session if self.lasts(session) else None

    def lasts(self, session: Session) -> bool:
        """Return whether a session has not ended yet.

        Parameters
        ----------
        session : Session
            The session.

        Returns
        -------
        bool
        """
        return session.key not in self._ended and self._clock() < session.until_s

    def end(self, session: Session) -> None:
        """End a session before its time.

        Parameters
        ----------
        session : Session
            The session.
        """
        self._ended[session.key] = session.until_s
        now_s = self._clock()
        while self._ended and (
            len(self._ended) > _MOST_ENDED or next(iter(self._ended.values())) <= now_s
        ):
            self._ended.popitem(last=False)

    def token(self, session: Session) -> str:
        """Return what a request of this session must carry to change anything.

        Parameters
        ----------
        session : Session
            The session.

        Returns
        -------
        str
        """
        return self._sign("token", session.key)

    def is_token(self, session: Session, given: str) -> bool:
        """Return whether a request carries the token of its session.

        Parameters
        ----------
        session : Session
            The session.
        given : str
            What the request carries.

        Returns
        -------
        bool
        """
        return _equal(given, self.token(session))

    def _sign(self, purpose: str, text: str) -> str:
        message = f"{purpose}:{text}".encode("utf-8", "replace")
        digest = hmac.new(self._secret, message, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode()


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
