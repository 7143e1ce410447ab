"""Dialogues of phones with a boot server: recorded between the two, replayed, compared.

Nothing is imported here, so that a command line which needs none of it starts fast.
"""
