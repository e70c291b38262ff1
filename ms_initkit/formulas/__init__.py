"""Initializers as formulas: named, with checked arguments, and without a framework."""
