"""The desk and its pages."""
