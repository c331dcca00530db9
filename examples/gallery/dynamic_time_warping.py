"""
Two movements, aligned in time
==============================

A slow walk compared with a usual one. Dynamic time warping pairs every frame of one with frames of
the other; the grey lines join some of the pairs.
"""

import matplotlib.pyplot as plt

from neuropose.analyzer import ComparisonSettings, dtw_all, joint_angles
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

walks = [walker_sequence(simulate_walk(WalkerParameters(speed_m_s=v))) for v in (1.2, 0.7)]
walks = [walk.slice(1.0, stop_s) for walk, stop_s in zip(walks, (3.0, 4.0), strict=True)]
result = dtw_all(*walks, ComparisonSettings(align="body"))

usual, slow = (joint_angles(walk)["left_knee_flexion"].values_deg for walk in walks)
for i, j in result.path[::4]:
    plt.plot([i, j], [usual[i] + 80, slow[j]], color="0.85")
plt.plot(usual + 80, label="usual, drawn 80° higher")
plt.plot(slow, label="slow")
plt.title(f"{result.normalized_distance:.0f} mm a frame")
plt.xlabel("frame")
plt.ylabel("left knee flexion, °")
plt.legend()
