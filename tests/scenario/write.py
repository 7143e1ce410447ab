"""Scenario files for tests."""

from pathlib import Path

HEAD = """title = "a test"
start = "2026-01-10T08:00"
"""
SITE = """
[phones.desk]

[server.files]
"000000000000.cfg" = '<APPLICATION CONFIG_FILES="site.cfg"/>'
"site.cfg" = '<site feature.corporateDirectory.enabled="1"/>'
"""


def write(folder: Path, steps: str, *, head: str = HEAD, site: str = SITE) -> Path:
    """A scenario of one phone with the corporate directory configured, and these steps."""
    file = folder / "a.phone.toml"
    file.write_text(head + site + steps)
    return file
