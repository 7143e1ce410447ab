"""Fleets as load. Nothing here imports Locust: what needs it runs in a process of its own."""
