"""Figures of a page: drawn once, and shown as SVG or in a PDF."""
