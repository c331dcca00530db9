"""Measures of clinical tasks, one a module."""
