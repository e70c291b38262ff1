"""What is told of an apply: what is measured in the network, as text, files, pictures and one page."""
