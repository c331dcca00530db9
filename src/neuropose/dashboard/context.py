"""What the pages share: the data directory, the status as it changes, who may do what."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from neuropose.config import Settings
from neuropose.dashboard.access.access_file import AccessList
from neuropose.dashboard.access.attempts import Attempts
from neuropose.dashboard.access.audit import AuditLog
from neuropose.dashboard.access.roles import Person
from neuropose.dashboard.access.sessions import Session, Sessions
from neuropose.dashboard.connections import Connections
from neuropose.dashboard.languages import Language, Languages
from neuropose.dashboard.live.watcher import Watcher
from neuropose.dashboard.making.workshop import Workshop
from neuropose.interfacer.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request


@dataclass(frozen=True)
class Context:
    """What every page may use; ``context_of(request)`` gives it.

    Parameters
    ----------
    settings : Settings
        The settings, as the daemon's.
    access : AccessList or None
        Who may do what. None: whoever uses this machine may do everything.
    hosts : frozenset of str
        What a browser may call this site, as in the header ``Host``.
    is_encrypted : bool
        Whether it is reached by TLS.
    languages : Languages
        What the pages say.
    watcher : Watcher
        The jobs as they are now.
    audit : AuditLog
        Where it is recorded who saw and did what.
    sessions : Sessions
        Those of browsers.
    attempts : Attempts
        Failures to log in.
    """

    settings: Settings
    access: AccessList | None
    hosts: frozenset[str]
    is_encrypted: bool
    languages: Languages
    watcher: Watcher
    audit: AuditLog
    sessions: Sessions = field(default_factory=Sessions)
    attempts: Attempts = field(default_factory=Attempts)
    connections: Connections = field(default_factory=Connections)
    """Those of browsers and programs."""
    workshop: Workshop = field(default_factory=Workshop)
    """Makes exports, comparisons and histories."""
    acting: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a request to the daemon waits for its answer: one at a time."""
    verifying: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    """Held while a password is checked, which takes memory on purpose."""

    @property
    def layout(self) -> Layout:
        """The data directory."""
        return self.watcher.layout

    @property
    def scheme(self) -> str:
        """``https`` or ``http``."""
        return "https" if self.is_encrypted else "http"


@dataclass(slots=True)
class Visit:
    """One request, as far as the guard has understood it; ``visit_of(request)`` gives it.

    Parameters
    ----------
    language : Language
        That of the answer.
    person : Person or None
        Who asks; None where nobody has to say.
    session : Session or None
        The session, of a browser.
    form : mapping of str to str
        The fields of a form that was sent; of several of a name, the last.
    is_quiet : bool
        Whether the audit log may go without this request. A page that a script asks for by itself,
        again and again, sets it.
    refused : str or None
        Why the page itself refused it, for the audit log.
    """

    language: Language
    person: Person | None = None
    session: Session | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    is_quiet: bool = False
    refused: str | None = None


def context_of(request: Request) -> Context:
    """Return what the pages share.

    Parameters
    ----------
    request : Request
        Any request.

    Returns
    -------
    Context
    """
    context: Context = request.app.state.context
    return context


def visit_of(request: Request) -> Visit:
    """Return what the guard knows of a request.

    Parameters
    ----------
    request : Request
        The request.

    Returns
    -------
    Visit
    """
    visit: Visit = request.scope["neuropose.visit"]
    return visit
