"""
A knee over the gait cycle
==========================

The strides of a synthetic walker who limps: knee flexion in percent of the stride, mean and
standard deviation over the strides of each side.
"""

import matplotlib.pyplot as plt

from neuropose.analyzer import analyze_gait
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

limp = WalkerParameters(duration_s=12.0, step_length_asymmetry_percent=40.0)
gait = analyze_gait(walker_sequence(simulate_walk(limp).with_noise(4.0)))

for side, colour in (("left", "tab:blue"), ("right", "tab:orange")):
    knee = gait.cycles(gait.angles[f"{side}_knee_flexion"].values_deg, side)
    plt.plot(knee.mean, color=colour, label=f"{side}, {knee.count} strides")
    plt.fill_between(range(101), knee.mean - knee.sd, knee.mean + knee.sd, color=colour, alpha=0.2)
plt.xlabel("stride, %")
plt.ylabel("knee flexion, °")
plt.legend()
