"""The phone itself: code that asks for effects and is told what came back. No I/O, clock, randomness or logging."""
