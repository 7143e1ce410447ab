"""The fault catalog: licensing faults as cases that can be played, and reading logs that show them. Our own choice."""
