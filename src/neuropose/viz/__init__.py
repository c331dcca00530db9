"""Pictures of the results; predictions are only read."""

from neuropose.viz.contact_sheet import write_contact_sheet
from neuropose.viz.figures import (
    plot_agreement,
    plot_body,
    plot_cycles,
    plot_events,
    plot_warping,
)
from neuropose.viz.measured import Measured
from neuropose.viz.overlay import write_overlay
from neuropose.viz.video_writer import VideoWriter

__all__ = [
    "Measured",
    "VideoWriter",
    "plot_agreement",
    "plot_body",
    "plot_cycles",
    "plot_events",
    "plot_warping",
    "write_contact_sheet",
    "write_overlay",
]
