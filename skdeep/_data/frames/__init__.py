"""Frames of columns of many types: read into arrays, and what is learned of each column so that a net can read it."""
