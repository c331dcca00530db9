"""Movements compared: alignment and dynamic time warping."""
