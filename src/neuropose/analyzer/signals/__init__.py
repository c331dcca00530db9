"""Signals of a movement, one number per frame, and what is found in them."""
