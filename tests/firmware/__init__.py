"""Tests of the firmware room."""
