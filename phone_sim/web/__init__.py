"""The web page of a phone."""
