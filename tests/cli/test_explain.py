"""`phone-sim explain`, as users run it: on logs, on boot servers, on terminals and in pipes."""

import json
import os
import pty
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main
from phone_sim.licensing.license_file import write
from phone_sim.mac_address import DEFAULT_MAC
from tests.make import LDAP, SITE_FILE, SITE_SERIAL, configured, forged, master, signed_key, until
from tests.sample_log import SAMPLE_LOG

FILES = {
    "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
    "site.cfg": configured("LDAP"),
    SITE_FILE: write([signed_key({LDAP: until("2026-12-01")})]),
}
ENDED = f"The site license {SITE_SERIAL} in {SITE_FILE} ended on 2026-12-01."
OFF = "0302160000|lic |4|03|License: feature LDAP is not available\n"


def explain(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ["explain", *words], prog_name="phone-sim", input=stdin)


@pytest.fixture
def site(tmp_path: Path) -> str:
    """The files as a folder."""
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    return str(tmp_path)


def test_conclusion_comes_first_and_each_cause_once_with_its_lines() -> None:
    done = explain("-", stdin=SAMPLE_LOG)
    assert done.exit_code == 0
    first, _, cause, remedy, line, *_ = done.stdout.splitlines()
    assert first == "Off for lack of a license: LDAP."
    assert cause.startswith("1. The signature of a license key is not valid")
    assert cause.endswith("[signature]")
    assert "a vendor's key can never verify here" in remedy
    assert line == f"   bulletin: {SAMPLE_LOG.splitlines()[6]}"
    assert done.stdout.count("The signature of a license key") == 1


def test_state_without_a_complaint_is_said_once() -> None:
    done = explain("-", stdin="1015152006|app1 |*|00|SoundPoint IP 670 0004f2000001 firmware 3.3.0 started\n")
    assert done.stdout.startswith("All that is configured is licensed, as far as the log shows.\n\n   To do: Nothing")


def test_all_explains_every_line_and_names_whose_wording_it_is() -> None:
    log = SAMPLE_LOG + "1015152006|lldp |4|00|Ignoring corrupt LLDP packet.\n1015152006|abc |4|00|x\n"
    done = explain("--all", "-", stdin=log)
    assert done.stdout.count("A key was read from an activation file") == 1
    assert "    A packet from the network switch was damaged. (real phone)\n" in done.stdout
    assert "    Points to: network-switch\n" in done.stdout
    assert done.stdout.endswith("1015152006|abc |4|00|x\n    not a known line\n")


def test_many_lines_of_a_cause_are_shown_in_part() -> None:
    lines = [f"03021600{number:02d}|lic |4|03|cfgCfsXmlKeyValidate: Key signature is not valid" for number in range(9)]
    log = "\n".join([*lines, OFF])
    assert "   ... and 4 more lines (--all)\n" in explain("-", stdin=log).stdout
    assert "more lines" not in explain("--all", "-", stdin=log).stdout


def test_json_has_facts_causes_and_conclusion() -> None:
    log = SAMPLE_LOG + f"0302160000|copy |4|03|Failed to download file {SITE_FILE}: HTTP 403 Forbidden\n"
    report = json.loads(explain("--json", "-", stdin=log).stdout)
    assert report["causes"] == ["permissions", "signature"]
    assert report["conclusion"].startswith("Off for lack of a license: LDAP. ")
    assert report["lines"][-1] == {
        "line": log.splitlines()[-1],
        "licensing": True,
        "source": "ours",
        "meaning": "The phone asked for the file, and it did not come.",
        "remedy": "",
        "causes": ["permissions"],
        "fact": {
            "kind": "file_trouble",
            "file": SITE_FILE,
            "role": "site_license",
            "trouble": "forbidden",
            "status": 403,
            "protocol": "http",
            "line": None,
        },
    }
    assert report["lines"][0]["fact"] == {"kind": "blank_flash"}
    assert report["found"][1]["lines"] == [SAMPLE_LOG.splitlines()[6]]


def test_log_of_several_phones_says_which_one_is_explained() -> None:
    done = explain("-", stdin=f"Nov 29 10:31:00 192.0.2.14 {OFF}Nov 29 10:31:00 192.0.2.15 {OFF}")
    assert done.stdout.startswith("The log has lines of 2 phones. This is about 192.0.2.15, ")


def test_boot_server_gives_the_reason_that_a_log_does_not_show(site: str) -> None:
    alone = explain("-", stdin=OFF)
    assert "[reason-not-shown]" in alone.stdout
    known = explain("-", "--site", site, "--now", "2026-12-24T09:00", stdin=OFF)
    assert ENDED in known.stdout
    assert "[license-over]" in known.stdout
    assert OFF in known.stdout
    renewed = explain("-", "--site", site, "--now", "2026-12-01T09:00", stdin=OFF)
    assert "A phone that boots now has a license for LDAP: reboot this one (B15)." in renewed.stdout


def test_without_a_log_the_phone_that_boots_is_explained(site: str) -> None:
    done = explain("--site", site, "--now", "2026-12-24T09:00")
    assert done.stdout.startswith("Off for lack of a license: LDAP.\n")
    assert ENDED in done.stdout
    assert "phone_sim: 1224090000|lic |4|03|cfgCfsKeysUpdateLicenseParse: Site license has expired" in done.stdout
    with BootServer(MemorySite(FILES)) as server:
        server.faults.add("challenge=digest")
        behind_login = explain("--server", server.url)
    assert behind_login.stdout.startswith("The phone got no configuration from a boot server.")
    assert "1. The boot server wants a user and a password" in behind_login.stdout
    assert "000000000000.cfg (the master configuration file): HTTP 401." in behind_login.stdout


def test_check_says_why_a_genuine_key_cannot_verify(tmp_path: Path) -> None:
    for key, says in ((forged(signed_key(serial=SITE_SERIAL)), True), (signed_key(serial=SITE_SERIAL), False)):
        (tmp_path / SITE_FILE).write_bytes(write([key]))
        done = CliRunner().invoke(main, ["check", str(tmp_path / SITE_FILE), "--mac", DEFAULT_MAC.digits])
        assert ("a vendor's key never verifies here" in done.stdout) is says


@pytest.mark.parametrize("text", ["", "nothing of a phone\n", "\0\xff"])
def test_what_is_no_log_is_said_to_be_none(text: str) -> None:
    done = explain("-", stdin=text)
    assert done.exit_code == 1
    assert "no line of a phone's log" in done.stderr


def test_what_cannot_be_explained_is_an_error(site: str) -> None:
    assert "nothing to explain: give a LOG, or --server or --site" in explain().stderr
    assert "--site reads the files" in explain("--site", site, "--server", "http://127.0.0.1:9/").stderr
    log = "0302160000|app1 |*|03|SoundPoint IP 670 0004f2000099 firmware 3.3.0 started\n"
    other = explain("-", "--site", site, stdin=log)
    assert (other.exit_code, "give --mac 0004f2000099" in other.stderr) == (2, True)


@pytest.mark.parametrize("columns", [80, 50])
def test_terminal_gets_lines_that_fit_and_wrap_at_words(
    columns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app.log").write_text(SAMPLE_LOG)
    seen_by, terminal = pty.openpty()
    monkeypatch.setenv("COLUMNS", str(columns))
    with os.fdopen(terminal, "w", encoding="utf-8") as stdout, monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", stdout)
        main(["explain", str(tmp_path / "app.log")], prog_name="phone-sim", standalone_mode=False)
    lines = [line for line in _plain(_all_of(seen_by).decode()).splitlines() if line]
    os.close(seen_by)
    assert columns - 15 < max(map(len, lines)) <= columns
    piped = explain(str(tmp_path / "app.log")).stdout
    assert " ".join(" ".join(lines).split()) == " ".join(piped.split())


def _all_of(seen_by: int) -> bytes:
    """What was written to a terminal that is closed by now; less than its buffer holds."""
    read = b""
    with suppress(OSError):  # the end, on Linux
        while chunk := os.read(seen_by, 65536):
            read += chunk
    return read


def _plain(text: str) -> str:
    """The text without colors."""
    return "".join(part.partition("m")[2] if place else part for place, part in enumerate(text.split("\x1b[")))
