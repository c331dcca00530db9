"""Motion-capture files, one module per format."""

from neuropose.io.markers.c3d import read_c3d
from neuropose.io.markers.trc import read_trc

__all__ = ["read_c3d", "read_trc"]
