"""What master and workers tell each other."""
