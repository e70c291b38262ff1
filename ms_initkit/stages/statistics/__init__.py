"""Values held against the law or the structure that a plan gives them, in one pass, with a bound of every error."""
