"""Licensing faults: a catalogue of cases that can be reproduced, and the reading of logs that tell of them. Ours."""
