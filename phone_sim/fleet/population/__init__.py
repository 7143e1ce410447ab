"""Populations: the phones of a fleet, their file, and the folder of the boot server that it describes."""
