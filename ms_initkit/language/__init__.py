"""The recipe language: which keys there are, and how the nodes of a file become the parts of a recipe."""
