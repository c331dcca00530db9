"""
Initial contact and foot off
============================

The heights of both heels of a synthetic walker, and the events that were found: initial contacts as
dots, foot offs as crosses.
"""

import matplotlib.pyplot as plt
import numpy as np

from neuropose.analyzer import analyze_gait
from neuropose.testing import simulate_walk, walker_sequence

walk = walker_sequence(simulate_walk())
gait = analyze_gait(walk)

for side, colour in (("left", "tab:blue"), ("right", "tab:orange")):
    height_mm = walk.joint(f"{side}_heel")[:, 1]
    plt.plot(walk.time_s, height_mm, color=colour, label=f"{side} heel")
    for event in (event for event in gait.events if event.side == side):
        mark = "o" if event.kind == "initial_contact" else "x"
        at_mm = np.interp(event.time_s, walk.time_s, height_mm)
        plt.plot(event.time_s, at_mm, mark, color=colour)
plt.xlabel("time, s")
plt.ylabel("height above the floor, mm")
plt.legend()
