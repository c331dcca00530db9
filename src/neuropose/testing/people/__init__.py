"""Synthetic people with known truth, as poses, pictures and videos."""
