"""How a person has changed: made on demand, for a frame of a page or to be saved."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from neuropose.dashboard.context import context_of
from neuropose.dashboard.making.products import RETEST_NAME, changes_of
from neuropose.dashboard.making.workshop import made_folder, removed_on_failure
from neuropose.dashboard.pages import sending

_KINDS = {"html": ".html", "pdf": ".pdf"}


def kind_of(request: Request) -> str | None:
    """Return the suffix of what is asked for.

    Parameters
    ----------
    request : Request
        The request, with ``kind`` in its query or without.

    Returns
    -------
    str or None
        ``.html`` or ``.pdf``; None if it is something else.
    """
    return _KINDS.get(request.query_params.get("kind", "html"))


async def send_changes(
    request: Request,
    kind: str,
    recordings: Sequence[tuple[date, Path]],
    *,
    over_time: bool,
    code: str | None,
) -> Response:
    """Make the changes of a person, and send them.

    Parameters
    ----------
    request : Request
        The request; with ``save`` in its query, a page is saved and not shown.
    kind : str
        From `kind_of`.
    recordings : sequence of (date, Path)
        As in `changes_of`.
    over_time : bool
        As in `changes_of`.
    code : str or None
        What the person is called.

    Returns
    -------
    Response
    """
    context = context_of(request)
    made = await asyncio.to_thread(made_folder, context.layout.staging)
    out = made / f"{'history' if over_time else 'change'}{kind}"
    retest = context.layout.root / RETEST_NAME
    make = partial(changes_of, over_time=over_time, code=code, retest=retest, out=out)
    with removed_on_failure(made):
        await context.workshop.make(make, recordings)
        if kind == ".html" and request.query_params.get("save") is None:
            return sending.framed(out, made=made)
        return sending.download(out, made=made)
