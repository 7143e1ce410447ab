"""Populations: which phones a fleet has, their file, and the folder of the boot server that it describes."""
