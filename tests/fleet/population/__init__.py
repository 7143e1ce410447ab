"""Populations and their files."""
