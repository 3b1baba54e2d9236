"""Nets that read a table as it is: numbers, flags, and categories as ids."""
