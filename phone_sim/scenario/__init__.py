"""Scenario files, `*.phone.toml`: phones, a boot server, what happens and what is expected. Read, run, report."""
