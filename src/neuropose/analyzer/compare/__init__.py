"""Comparison of movements: alignment and dynamic time warping."""
