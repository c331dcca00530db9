"""
From a video to a contact sheet
===============================

A walk whose joints are known is rendered as a video, and taken through the estimator. The model of
this example finds what it is told to; with ``load_model("blazepose")`` the rest stays the same.
"""

from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import numpy as np

from neuropose import Estimator
from neuropose.io import Camera
from neuropose.testing import CameraView, FakeModel, detect, render_video, simulate_walk
from neuropose.viz import write_contact_sheet

sheet = Path(mkdtemp(), "sheet.png")
camera = Camera.from_fov(640, 480, 55.0)
time_s = np.arange(60) / 30.0
poses_mm = simulate_walk(times_s=time_s).in_camera(CameraView(heading_deg=20.0))[:, None]
video = sheet.with_name("walk.mp4")
render_video(video, poses_mm, time_s, camera, width=640, height=480)
model = FakeModel([detect(people_mm, camera) for people_mm in poses_mm])
result = Estimator(model).process_video(video, fov_degrees=55.0)
write_contact_sheet(video, result.predictions, sheet, columns=4)

plt.figure(figsize=(12, 5)).add_axes((0, 0, 1, 1)).set_axis_off()
plt.imshow(plt.imread(sheet))
