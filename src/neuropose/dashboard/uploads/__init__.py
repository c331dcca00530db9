"""Uploads: files that come in pieces, can be resumed, and become jobs when they are whole."""
