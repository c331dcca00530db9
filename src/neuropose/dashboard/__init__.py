"""The dashboard: a small web site on this machine that shows what the daemon does.

To add a page, write a module in ``pages`` with a tuple ``ROUTES``, list it in ``app.py``, write a
template in ``templates`` that extends ``base.html.j2``, and put its words into every file of
``texts``. Whoever gets past the guard (`neuropose.dashboard.guard`) may look. A request that
is neither GET nor HEAD only reaches a page if the person may operate and the request has the token
of the session: the hidden field ``csrf`` in a form, which the guard has read
(``visit_of(request).form``), or the header ``X-CSRF-Token``; the body is then left to the page.
``await context_of(request).watcher.jobs()`` gives all jobs, and ``find(key)`` in them the job that
an address means, or None: a folder is only ever found by the name in there.
"""

from neuropose.dashboard.client import Client

__all__ = ["Client"]
