"""
Skeletons without footage
=========================

A contact sheet shows who was found and followed. Without the footage nobody can be recognised on
it, so it may be shown where the video may not. The two people here are synthetic.
"""

from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt

from neuropose.testing import synthetic_predictions, write_numbered_video
from neuropose.viz import write_contact_sheet

sheet = Path(mkdtemp(), "sheet.png")
video = write_numbered_video(sheet.with_name("walk.mp4"), frame_count=60, width=640, height=480)
predictions = synthetic_predictions(frame_count=60, people=2)
write_contact_sheet(video, predictions, sheet, columns=4, footage=False)

plt.figure(figsize=(12, 5)).add_axes((0, 0, 1, 1)).set_axis_off()
plt.imshow(plt.imread(sheet))
