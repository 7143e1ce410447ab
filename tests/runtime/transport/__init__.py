"""Tests of the transports, against servers that do well and badly."""
