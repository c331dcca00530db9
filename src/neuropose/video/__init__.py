"""Decoding: the pictures of a video in display order, with their times, gaps and damage."""
