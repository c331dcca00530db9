"""
Repetitions that become smaller
===============================

Somebody who sits lifts a heel again and again, lower each time. Each repetition that was found is
shaded from its beginning to its end.
"""

import matplotlib.pyplot as plt
import numpy as np

from neuropose.analyzer import RepetitionSettings, find_repetitions
from neuropose.testing import simulate_taps

taps = simulate_taps(np.linspace(120.0, 40.0, 9), periods_s=0.6).sequence
height_mm = taps.joint("right_heel")[:, 1]
settings = RepetitionSettings(min_distance_s=0.15, least_prominence=10.0)

plt.plot(taps.time_s, height_mm)
for repetition in find_repetitions(taps.time_s, height_mm, settings):
    plt.axvspan(repetition.start_s, repetition.end_s, color="tab:green", alpha=0.15)
plt.xlabel("time, s")
plt.ylabel("height of the right heel, mm")
