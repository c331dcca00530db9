"""Force plates, one module per format."""

from neuropose.io.force_plates.c3d import read_c3d_plates
from neuropose.io.force_plates.mot import read_mot_plates
from neuropose.io.force_plates.read import read_force_plates

__all__ = ["read_c3d_plates", "read_force_plates", "read_mot_plates"]
