"""Helpers shared by every part of the library."""
