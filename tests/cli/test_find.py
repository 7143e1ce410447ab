"""Searching the corporate directory from the command line."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from fixtures.make_fixtures import MACS
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main
from phone_sim.fault_catalog.activation_files import phone_key
from phone_sim.licensing.license_file import write
from tests.make import element
from tests.runtime.hostile_ldap import BIND, BIND_RESPONSE, HostileLdapServer, result

LICENSE = f"{MACS[0]}-license.cfg"
PASSWORD = "s3cret"


@pytest.fixture
def directory() -> Iterator[HostileLdapServer]:
    """An LDAP server that knows one person."""
    with HostileLdapServer() as running:
        yield running


@pytest.fixture
def site(directory: HostileLdapServer) -> MemorySite:
    """A boot server's files that name the directory, and license it."""
    parameters = {
        "feature.corporateDirectory.enabled": "1",
        "dir.corp.address": directory.address,
        "dir.corp.port": str(directory.port),
        "dir.corp.user": "cn=phone",
        "dir.corp.password": PASSWORD,
        "dir.corp.attribute.1.name": "sn",
        "dir.corp.attribute.3.name": "telephoneNumber",
        "dir.corp.attribute.3.type": "phone_number",
    }
    return MemorySite(
        {
            "000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg"/>',
            "site.cfg": element("site", parameters),
            LICENSE: write([phone_key(MACS[0])]),
        }
    )


@pytest.fixture
def server(site: MemorySite) -> Iterator[str]:
    with BootServer(site) as running:
        yield running.url


def phone_sim(*words: str) -> Result:
    """Run a verb in this process; the password is in nothing that it prints."""
    done = CliRunner().invoke(main, words, prog_name="phone-sim")
    assert PASSWORD not in done.output
    return done


def test_boot_binds_to_the_directory_by_itself(server: str, directory: HostileLdapServer) -> None:
    done = phone_sim("boot", "--server", server)
    assert done.exit_code == 0
    assert f"ldap: Bound to ldap://127.0.0.1:{directory.port}" in done.stdout
    assert len(directory.dialogues) == 1


@pytest.mark.slow
def test_boot_finds_people_and_prints_them_on_stderr(server: str) -> None:
    done = phone_sim("boot", "--server", server, "--find", "smi")
    assert done.exit_code == 0
    assert done.stderr.endswith("Corporate Directory\n  Smith: 1001\n")
    assert "Smith" not in done.stdout


@pytest.mark.slow
def test_json_report_has_the_page(server: str) -> None:
    done = phone_sim("boot", "--server", server, "--find", "smi", "--json")
    report = json.loads(done.stdout)
    assert report["directory"].items() >= {"title": "Corporate Directory", "lines": ["Smith: 1001"]}.items()
    assert "directory" not in json.loads(phone_sim("boot", "--server", server, "--json").stdout)


def test_nobody_is_found_or_asked_without_a_license(
    server: str, site: MemorySite, directory: HostileLdapServer
) -> None:
    site.write(LICENSE, write([phone_key(MACS[1])]))
    done = phone_sim("boot", "--server", server, "--find", "smi")
    assert done.stderr.endswith("Corporate Directory\n  Not Licensed\n")
    assert "ldap: Not Licensed" in done.stdout
    assert len(directory.dialogues) == 0


def test_refusal_of_the_server_is_printed(server: str, directory: HostileLdapServer) -> None:
    directory.acts = {BIND: [result(BIND_RESPONSE, 49)]}
    done = phone_sim("boot", "--server", server, "--find", "smi")
    assert done.exit_code == 0
    assert "Bind to" in done.stdout
    assert done.stderr.endswith("Search failed: LDAP 49 invalidCredentials\n")


def test_run_searches_when_it_is_told_to(server: str, directory: HostileLdapServer) -> None:
    times = ("--now", "2026-03-02T08:00", "--until", "2026-03-02T10:00", "--speed", "max")
    done = phone_sim("run", "--server", server, *times, "--at", "2026-03-02T09:00", "find:smi")
    assert done.exit_code == 0
    assert "Corporate Directory\n  Smith: 1001\nfind:smi: the phone is idle\n" in done.stderr
    assert len(directory.dialogues) == 2


def test_run_refuses_to_search_on_a_phone_that_is_off(server: str) -> None:
    times = ("--now", "2026-03-02T08:00", "--until", "2026-03-02T12:00", "--speed", "max")
    events = ("--at", "2026-03-02T09:00", "power-cut", "--at", "2026-03-02T10:00", "find:smi")
    done = phone_sim("run", "--server", server, *times, *events)
    assert "find:smi: a phone that is off cannot search the corporate directory" in done.stderr


def test_event_that_is_none_is_a_usage_error(server: str) -> None:
    done = phone_sim("run", "--server", server, "--at", "2026-03-02T09:00", "search")
    assert done.exit_code == 2
    assert "'search' is not one of call, hangup," in done.stderr
    assert "find:TEXT" in done.stderr
