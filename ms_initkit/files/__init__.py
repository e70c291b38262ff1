"""Formats of files with values, and writing them whole or not at all."""
