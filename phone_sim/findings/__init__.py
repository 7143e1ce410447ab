"""Findings: what is wrong with the files of a site or the configuration of a phone. `rules` lists all there are."""
