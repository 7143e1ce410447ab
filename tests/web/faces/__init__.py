"""Tests of the drawn phones."""
