"""What stands in place of a configuration file, and what the phone does with it: the two never disagree."""

from datetime import date

import pytest

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.findings.finding import Severity
from phone_sim.findings.site import check_site
from phone_sim.findings.subject import make_subject
from phone_sim.findings.virtual_phone import VirtualPhone
from tests.make import master

SUBJECT = make_subject(models=["SPIP_670"], on=date(2026, 3, 2))
OWN = "0004f2000001"
ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@pytest.mark.parametrize(
    ("data", "listed", "override"),
    [
        (b"", ("config-empty", ERROR), ("override-empty", INFO)),
        (b"<?xml version='1.0'?>\n", ("config-empty", ERROR), None),
        (b"\xef\xbb\xbf", ("config-empty", ERROR), ("config-empty", ERROR)),
        (b"<licenses/>", ("activation-file-as-config", ERROR), ("activation-file-as-config", ERROR)),
        (master(CONFIG_FILES="a.cfg"), ("master-file-as-config", WARNING), ("master-file-as-config", WARNING)),
        (b"<directory/>", ("no-parameters", INFO), ("no-parameters", INFO)),
    ],
)
def test_what_a_phone_refuses_is_an_error_and_nothing_else_is(
    data: bytes, listed: tuple[str, Severity], override: tuple[str, Severity] | None
) -> None:
    default = master(CONFIG_FILES="site.cfg")
    for name, expected in (("site.cfg", listed), (f"{OWN}-phone.cfg", override)):
        files = {"000000000000.cfg": default, "site.cfg": b"<a/>"} | {name: data}
        findings = check_site(MemorySite(files), SUBJECT).findings
        assert [(one.place.file, one.rule.code, one.rule.severity) for one in findings] == (
            [] if expected is None else [(name, *expected)]
        )
        with BootServer(MemorySite(files)) as server, VirtualPhone(server.url, mac=OWN) as phone:
            phone.boot()
            refused = [one.file.source.file_of(phone.mac) for one in phone.shortcomings() if one.file is not None]
            logged = any(f"Configuration file {name} cannot be used" in line for line in phone.log_lines)
        assert refused == ([name] if any(one.rule.severity is ERROR for one in findings) else [])
        assert logged == (bool(refused) or expected == ("override-empty", INFO))
