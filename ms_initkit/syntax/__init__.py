"""Text to nodes, numbers, arithmetic and globs, each with its place in the file."""
