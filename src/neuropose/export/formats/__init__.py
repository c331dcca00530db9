"""The formats that come with NeuroPose, one module each."""
