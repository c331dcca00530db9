"""``neuropose export`` and ``neuropose methods``: results for other programs, and for papers."""

from neuropose.cli.export.command import export
from neuropose.cli.export.methods import methods

__all__ = ["export", "methods"]
