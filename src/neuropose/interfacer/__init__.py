"""The interfacer: the daemon that turns a folder of videos into results, and owns every job."""

from neuropose.interfacer.layout import Layout

__all__ = ["Layout"]
