"""Pictures of the results; predictions are only read."""

from neuropose.viz.contact_sheet import write_contact_sheet
from neuropose.viz.overlay import write_overlay
from neuropose.viz.video_writer import VideoWriter

__all__ = ["VideoWriter", "write_contact_sheet", "write_overlay"]
