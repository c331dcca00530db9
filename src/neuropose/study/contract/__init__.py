"""Contracts of study files; every key is checked before any data are read."""
