"""The phone that verbs, fixtures and files take where they are told of no other; imported by every command line."""

DEFAULT_MODEL = "SPIP_670"
"""The token of its model: a SoundPoint IP 670, whose screens the bulletin shows (B18)."""
