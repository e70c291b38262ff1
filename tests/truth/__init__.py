"""Every class of the ecosystem, executed on both sides, and every recipe held to what was seen."""
