"""Figures for papers, one call each, on the axes that are given or on new ones.

Left is blue and right is orange in all of them; everything else follows matplotlib's style.
"""

from neuropose.viz.figures.agreement import plot_agreement
from neuropose.viz.figures.body import plot_body
from neuropose.viz.figures.cycles import plot_cycles
from neuropose.viz.figures.events import plot_events
from neuropose.viz.figures.warping import plot_warping

__all__ = ["plot_agreement", "plot_body", "plot_cycles", "plot_events", "plot_warping"]
