"""The verbs, run as users run them: what is on stdout, what on stderr, and the exit code."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from fixtures.make_fixtures import HERE, MACS
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import VERBS, main
from phone_sim.cli.phone_report import frame_text
from phone_sim.fault_catalog.activation_files import phone_key, site_key
from phone_sim.firmware.log_line import parse_line
from phone_sim.firmware.screen import Frame
from phone_sim.licensing.license_file import write
from phone_sim.runtime.model_files import load_models
from tests.ipv6 import needs_ipv6
from tests.real_servers.certificates import Certificates
from tests.runtime.hostile_http import HostileHttpServer, saying, tls_context

FILES = {
    "000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg"/>',
    "site.cfg": b'<site feature.corporateDirectory.enabled="1" tcpIpApp.sntp.daylightSavings.enable="0"/>',
}
OWN = f"{MACS[0]}-license.cfg"
SITE = "000000000000-license.cfg"


def phone_sim(*words: str) -> Result:
    """Run a verb in this process."""
    return CliRunner().invoke(main, words, prog_name="phone-sim")


@pytest.fixture
def site() -> MemorySite:
    return MemorySite(dict(FILES))


@pytest.fixture
def server(site: MemorySite) -> Iterator[str]:
    with BootServer(site) as running:
        yield running.url


def test_summaries_are_those_of_the_verbs() -> None:
    for verb, summary in VERBS.items():
        command = main.get_command(main.make_context("phone-sim", ["models"]), verb)
        assert command is not None
        assert command.get_short_help_str(limit=100) == summary


def test_boot_prints_the_log_and_nothing_else_on_stdout(server: str) -> None:
    done = phone_sim("boot", "--server", server)
    assert done.exit_code == 0
    assert all(parse_line(line) for line in done.stdout.splitlines())
    assert "no license" in done.stderr
    assert "test pair" in done.stderr


def test_boot_with_the_boot_rom_reads_the_image_as_far_as_it_is_told_to(site: MemorySite, server: str) -> None:
    site.write("000000000000.cfg", b'<APPLICATION APP_FILE_PATH="sip.ld" CONFIG_FILES="site.cfg"/>')
    site.write("sip.ld", bytes(4000))
    boot = ("boot", "--server", server, "--firmware", "3.2.4.0267", "--requests", "--boot-rom")
    done = phone_sim(*boot)
    assert "Firmware image sip.ld: 512 bytes read, then dropped: 3.2.4.0267 is in flash" in done.stdout
    assert "sip.ld: 512 bytes, then dropped" in done.stderr
    done = phone_sim(*boot, "--image", "whole", "--installed", "3.1.3.0439", "--json")
    assert any("4000 bytes read: 3.2.4.0267 replaces 3.1.3.0439" in line for line in json.loads(done.stdout)["log"])
    site.write("sip.ld", b"")
    done = phone_sim(*boot, "--image", "whole", "--installed", "3.1.3.0439", "--json")
    assert json.loads(done.stdout)["phone"]["firmware"] == "3.1.3.0439"
    done = phone_sim("boot", "--server", server, "--installed", "3.1.3.0439")
    assert (done.exit_code, "starts with its boot ROM" in done.stderr) == (2, True)


def test_boot_ends_with_3_when_nobody_answers(site: MemorySite) -> None:
    with BootServer(site) as running:
        gone = running.url
    done = phone_sim("boot", "--server", gone, "--timeout", "1")
    assert done.exit_code == 3
    assert f"{gone}: Connection refused" in done.stderr


@pytest.mark.parametrize("address", ["", "nowhere", "127.0.0.1:8080", "http://[::1", "http://a:99999/", "gopher://a/"])
def test_boot_without_a_server_it_can_speak_to_is_a_usage_error(address: str) -> None:
    done = phone_sim("boot", "--server", address)
    assert done.exit_code == 2
    assert "server" in done.stderr


def test_boot_ends_with_1_where_there_is_no_configuration(server: str) -> None:
    done = phone_sim("boot", "--server", f"{server}elsewhere/")
    assert done.exit_code == 1
    assert "elsewhere/: it has no master configuration file" in done.stderr


def test_boot_says_which_certificate_is_not_accepted(tmp_path: Path) -> None:
    context = tls_context(Certificates.make(tmp_path))
    with HostileHttpServer(saying(), tls=context) as server:
        done = phone_sim("boot", "--server", server.url)
    assert done.exit_code == 1
    assert "(the certificate is not accepted: unable to get local issuer certificate; --ca-file names" in done.stderr
    assert "so the phone has no configuration" in done.stderr


@pytest.mark.slow
def test_boot_says_which_answer_there_was_instead_of_a_file(server: str, site: MemorySite, tmp_path: Path) -> None:
    words = ("boot", "--state-dir", str(tmp_path))
    assert phone_sim(*words, "--server", server).exit_code == 0
    with BootServer(site, faults=FaultPlan(["401"])) as refusing:
        done = phone_sim(*words, "--server", refusing.url)
    assert done.exit_code == 1
    assert "can be used (HTTP 401 Unauthorized), so the phone goes by its last configuration" in done.stderr


def test_boot_ends_with_4_when_a_license_is_required_and_missing(server: str) -> None:
    done = phone_sim("boot", "--server", server, "--require-licensed")
    assert done.exit_code == 4
    assert "Corporate Directory" in done.stderr


def test_boot_as_json_says_what_is_on_and_why(server: str, site: MemorySite) -> None:
    site.write(OWN, write([phone_key(MACS[0])]))
    done = phone_sim("boot", "--server", server, "--json", "--require-licensed")
    report = json.loads(done.stdout)
    directory = next(one for one in report["features"] if one["key"] == "LDAP")
    assert done.exit_code == 0
    assert directory["on"]
    assert directory["expiry"] == "never"
    assert report["licenses"][2] == "Corporate Directory: Does not expire"
    assert [one["method"] for one in report["requests"]][-1] == "PUT"


def test_boot_as_json_tells_the_facts_of_each_reply(server: str) -> None:
    missing, master = json.loads(phone_sim("boot", "--server", server, "--json").stdout)["requests"][:2]
    assert (missing["outcome"], missing["detail"], missing["bytes"]) == ("not_found", "HTTP 404 Not Found", 0)
    assert (missing["status"], missing["failure"], missing["redirects"]) == (404, None, [])
    assert (master["outcome"], master["status"], master["failure"]) == ("fetched", 200, None)
    assert master["content_length"] == master["bytes"]
    assert master["content_type"].startswith("text/xml")
    assert datetime.fromisoformat(master["date"]).tzinfo is not None


def test_state_folder_keeps_the_license_for_the_next_boot(server: str, site: MemorySite, tmp_path: Path) -> None:
    site.write(OWN, write([phone_key(MACS[0])]))
    words = ("boot", "--server", server, "--state-dir", str(tmp_path), "--json")
    assert any("license" in one["url"] for one in json.loads(phone_sim(*words).stdout)["requests"])
    again = json.loads(phone_sim(*words).stdout)
    assert not any("license" in one["url"] for one in again["requests"])
    assert next(one for one in again["features"] if one["key"] == "LDAP")["on"]


@pytest.mark.slow
def test_second_phone_with_one_flash_is_told_who_has_it(server: str, tmp_path: Path) -> None:
    words = ("--server", server, "--state-dir", str(tmp_path))
    with start("run", *words) as running:
        assert running.stdout is not None
        running.stdout.readline()
        done = phone_sim("boot", *words)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
    assert done.exit_code == 2
    assert (
        f"phone {MACS[0]} is in use by process {running.pid}; end it, or give another --state-dir or --mac"
        in done.stderr
    )
    assert phone_sim("boot", *words).exit_code == 0


def test_boot_server_in_flash_is_used_without_another(server: str, tmp_path: Path) -> None:
    phone_sim("boot", "--server", server, "--state-dir", str(tmp_path))
    again = phone_sim("boot", "--state-dir", str(tmp_path), "--json")
    assert json.loads(again.stdout)["boot_server"] == server


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--mac", "4f2000001"), "leading zeros"),
        (("--model", "SPIP_999"), "SPIP_999"),
        (("--firmware", "2.1.3"), "3.0 to 5.x"),
        (("--log-missed", "3"), "two digits"),
        (("--now", "tomorrow"), "2026-12-01T02:00"),
        (("--now", "9999-12-31"), "1970 and 2186"),
        (("--now", "2026-01-01", "--unset-clock"), "--unset-clock"),
        (("--sntp", "--now", "2026-01-01"), "--sntp goes with no --now"),
        (("--sntp", "--unset-clock"), "--sntp goes with no --unset-clock"),
        (("--trust", str(HERE / "README.md")), "public key in PEM form"),
        (("--ca-file", str(HERE / "README.md")), "no certificate"),
        (("--state-dir", str(HERE / "README.md/state")), "--state-dir"),
        (("--models", str(HERE)), "no model file"),
        (("--mac", "000000000000"), "all phones"),
    ],
)
def test_bad_arguments_end_with_2_and_say_why(words: tuple[str, ...], complaint: str) -> None:
    done = phone_sim("boot", "--server", "http://127.0.0.1:9/", *words)
    assert done.exit_code == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_log_style_of_phones_pads_the_component(server: str) -> None:
    lines = phone_sim("boot", "--server", server, "--log-style", "phone").stdout.splitlines()
    assert any("|lic  |" in line for line in lines)
    assert all(line.index("|", 11) == 16 for line in lines)
    assert {line.split("|")[3] for line in lines} == {"00"}  # D26


def test_fourth_field_of_the_log_can_be_set(server: str) -> None:
    lines = phone_sim("boot", "--server", server, "--log-missed", "42").stdout.splitlines()
    assert {line.split("|")[3] for line in lines if "|lic" in line} == {"42"}


def test_firmware_that_the_model_never_had_is_a_warning(server: str, tmp_path: Path) -> None:
    warning = "Warning: SPIP_430 is not known to have had firmware 3.3.1.0907: the last known for it is 3.2.7.0198.\n"
    (scenario := tmp_path / "a.phone.toml").write_text(
        "title = 'a'\nstart = 'unset'\n[phones.a]\nmodel = 'SPIP_430'\nfirmware = '3.3.1.0907'\n"
        "[[steps]]\nboot = true\n"
    )
    (fleet := tmp_path / "fleet.toml").write_text("count = 2\nfirmware = '3.3.1.0907'\n[models]\nSPIP_430 = 1\n")
    span = ("--now", "2026-01-01", "--until", "2026-01-02")
    phone = ("--model", "SPIP_430", "--firmware", "3.3.1.0907")
    for words in (
        ("boot", "--server", server, *phone),
        ("run", "--server", server, *span, "--speed", "max", *phone),
        ("parameters", "--site", f"{HERE / 'site'}", *phone),
        ("check", f"{HERE / 'licenses/site.cfg'}", "--mac", MACS[0], *phone),
        ("scenario", f"{scenario}"),
        ("fleet", "--virtual", *span, "--population", f"{fleet}"),
    ):
        assert phone_sim(*words).stderr.count(warning) == 1, words
    assert "Warning" not in phone_sim("boot", "--server", server, "--model", "SPIP_430", "--firmware", "3.2.7").stderr


def test_models_tell_the_builds_that_were_seen() -> None:
    report = json.loads(phone_sim("models", "335", "--json").stdout)
    assert report["last_firmware"] == "4.0.x"
    assert report["observed_builds"]["3.3.1.0907"] == "User-Agent"
    assert "  3.3.1.0907            User-Agent\n" in phone_sim("models", "335").stdout


def test_year_of_daily_checks_ends_with_one_reboot(server: str, site: MemorySite) -> None:
    site.write(SITE, write([site_key(date(2026, 8, 31))]))
    words = ("--now", "2026-01-01", "--speed", "max", "--until", "2027-01-01", "--json")
    events = ("--at", "2026-09-01T01:59", "call", "--at", "2026-09-01T05:00", "hangup")
    done = phone_sim("run", "--server", server, *words, *events)
    report = json.loads(done.stdout)
    assert report["reboots"] == ["a license has expired"]
    assert any(line.startswith("0901050005|app1 |*|03|Reboot") for line in report["log"])
    assert report["next_check"] == "2027-01-01T02:00:00+00:00"


def test_polls_of_the_configuration_are_made_and_the_next_one_is_told(server: str, site: MemorySite) -> None:
    site.write("site.cfg", b'<site prov.polling.enabled="1" prov.polling.time="04:00" license.polling.time="02:00"/>')
    done = phone_sim(
        "run", "--server", server, "--now", "2026-01-01", "--speed", "max", "--until", "2026-01-04", "--json"
    )
    report = json.loads(done.stdout)
    assert [one["url"] for one in report["requests"]].count(f"{server}000000000000.cfg") == 1 + 3
    assert (report["reboots"], report["next_poll"]) == ([], "2026-01-04T04:00:00+00:00")
    assert "It polls its configuration files next at 2026-01-01T04:00:00 UTC.\n" in done.stderr


def test_event_that_cannot_happen_is_said_and_survived(server: str) -> None:
    words = ("--now", "2026-01-01", "--speed", "max", "--until", "2026-01-02", "--at", "2026-01-01T12:00", "hangup")
    done = phone_sim("run", "--server", server, *words)
    assert done.exit_code == 0
    assert "there is no call to end" in done.stderr


def test_keys_show_the_display(server: str) -> None:
    words = ("--now", "2026-01-01", "--speed", "max", "--until", "2026-01-02", "--json")
    keys = [word for key in ("menu", "right", "4") for word in ("--at", "2026-01-01T12:00", f"press:{key}")]
    done = phone_sim("run", "--server", server, *words, *keys)
    assert (
        "Main Menu\n> 1. Status\n  2. Directories\n  3. Settings\n[Select] [Exit]\npress:menu: the phone is idle\n"
        in done.stderr
    )
    assert json.loads(done.stdout)["screen"] == {
        "title": "Licenses",
        "lines": ["No license installed."],
        "selected": None,
        "soft_keys": ["Back", "Exit"],
        "above": False,
        "below": False,
    }


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (Frame(), ""),
        (Frame(lines=("SoundPoint IP 670",)), "  SoundPoint IP 670"),
        (
            Frame(title="A", lines=("b", "c"), selected=1, above=True, below=True, soft_keys=("Select", "Exit")),
            "A\n  ...\n  b\n> c\n  ...\n[Select] [Exit]",
        ),
    ],
)
def test_display_is_shown_as_text(frame: Frame, text: str) -> None:
    assert frame_text(frame) == text


@pytest.mark.parametrize(
    "words",
    [
        ("--speed", "max"),
        ("--speed", "fast"),
        ("--until", "2025-12-31"),
        ("--until", "2026-02-01", "--at", "2026-03-01", "call"),
        ("--at", "2025-01-01", "call"),
        ("--at", "2026-01-02", "dance"),
        ("--at", "2026-01-02", "press:dance"),
        ("--at", "2026-01-02", "menu"),
    ],
)
def test_times_that_never_come_are_usage_errors(server: str, words: tuple[str, ...]) -> None:
    assert phone_sim("run", "--server", server, "--now", "2026-01-01", *words).exit_code == 2


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--now", "2026-01-01"), "--sntp goes with no --now"),
        (("--speed", "60"), "--sntp goes with no --speed but 1"),
        (("--speed", "max", "--until", "2027-01-01"), "--sntp goes with no --speed but 1"),
        (("--until", "2026-02-01", "--at", "2026-03-01", "call"), "is not in the time to 2026-02-01"),
    ],
)
def test_time_servers_set_the_only_clock(server: str, words: tuple[str, ...], complaint: str) -> None:
    done = phone_sim("run", "--server", server, "--sntp", *words)
    assert done.exit_code == 2
    assert complaint in done.stderr


def test_phone_without_a_time_server_says_so(server: str) -> None:
    done = phone_sim("boot", "--server", server, "--sntp")
    assert done.exit_code == 0
    assert "names no time server (tcpIpApp.sntp.address)" in done.stderr
    assert all(line.startswith("0101000") for line in done.stdout.splitlines())


def test_run_ends_with_3_when_nobody_answers(site: MemorySite) -> None:
    with BootServer(site) as running:
        gone = running.url
    words = ("--now", "2026-01-01", "--speed", "max", "--until", "2026-01-02")
    assert phone_sim("run", "--server", gone, *words).exit_code == 3


@pytest.mark.slow
def test_scaled_time_reboots_at_expiry(server: str, site: MemorySite) -> None:
    site.write(SITE, write([site_key(date(2026, 1, 1))]))
    words = ("--now", "2026-01-01T12:00", "--speed", "86400", "--until", "2026-01-03T12:00", "--json")
    done = phone_sim("run", "--server", server, *words)
    assert json.loads(done.stdout)["reboots"] == ["a license has expired"]


@pytest.mark.parametrize(
    ("file", "on", "code"),
    [
        ("one-phone.cfg", "2040-01-01", 0),
        ("site.cfg", "2026-12-31", 0),
        ("site.cfg", "2027-01-01", 4),
        ("bad/forged.cfg", "2026-03-02", 4),
        ("bad/for-another-phone.cfg", "2026-03-02", 4),
        ("bad/web-page.cfg", "2026-03-02", 4),
    ],
)
def test_check_ends_with_the_verdict(file: str, on: str, code: int) -> None:
    done = phone_sim("check", str(HERE / "licenses" / file), "--mac", MACS[0], "--date", on)
    assert done.exit_code == code
    assert "Traceback" not in done.output


def test_check_as_json_gives_each_key_its_verdict() -> None:
    done = phone_sim("check", str(HERE / "licenses/several-phones.cfg"), "--mac", MACS[1], "--json")
    report = json.loads(done.stdout)
    assert [key["verdict"] for key in report["keys"]] == ["not_for_this_phone", "valid", "not_for_this_phone"]
    assert {one["key"]: one["on"] for one in report["features"]}["LDAP"]


def test_matrix_in_a_pipe_is_plain_text() -> None:
    head, *rows = [line.split("\t") for line in phone_sim("models").stdout.splitlines()]
    assert len(rows) == len(load_models())
    last = dict(zip(head, rows[-1], strict=True))
    assert (last["H.323 Protocol"], last["In bulletin"]) == ("license required", "yes")


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("--tftp",)], ids=["http", "tftp"])
def test_demo_tells_the_story(words: tuple[str, ...]) -> None:
    done = phone_sim("demo", "--json", *words)
    steps = json.loads(done.stdout)
    assert done.exit_code == 0
    assert [step["title"][0] for step in steps] == list("123456789")
    assert steps[7]["screen"] == ["Reconfiguring network, please wait."]
    assert any("Key signature is not valid" in line for line in steps[2]["log"])
    assert any(line.endswith("License: feature LDAP is not available") for line in steps[8]["log"])


def start(*words: str) -> "subprocess.Popen[str]":
    """Run a verb in a process of its own."""
    command = [sys.executable, "-m", "phone_sim", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_serve_boots_a_phone_and_ends_with_130(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    journal = tmp_path / "journal.jsonl"
    (left := tmp_path / ".a.log.x.phone-sim-part").touch()  # as a server leaves it that is killed during an upload
    with start("serve", str(tmp_path), "--http", "0", "--tftp", "0", "--journal", str(journal)) as serving:
        assert serving.stdout is not None
        urls = [serving.stdout.readline().split()[-1] for _ in range(2)]
        codes = [phone_sim("boot", "--server", url).exit_code for url in urls]
        serving.send_signal(signal.SIGINT)
        serving.communicate(timeout=60)
    assert codes == [0, 0]
    assert serving.returncode == 130
    methods = [json.loads(line)["method"] for line in journal.read_text().splitlines()]
    assert methods.count("PUT") == 1
    assert methods.count("WRQ") == 1
    assert (tmp_path / f"{MACS[0]}-app.log").exists()
    assert not left.exists()


@pytest.mark.slow
def test_serve_takes_the_uploads_that_it_is_told_to_take(tmp_path: Path) -> None:
    with start("serve", str(tmp_path), "--http", "0", "--uploads", "*.txt", "--uploads", "in/*") as serving:
        assert serving.stdout is not None
        url = serving.stdout.readline().split()[-1]
        names = ("a.txt", "in/b", f"{MACS[0]}-app.log")
        statuses = [requests.put(url + name, data=b"1", timeout=60).status_code for name in names]
        serving.send_signal(signal.SIGINT)
        said, _ = serving.communicate(timeout=60)
    assert statuses == [201, 201, 403]
    assert said.splitlines()[-1].endswith(f"PUT {MACS[0]}-app.log 403 0 bytes")


@pytest.mark.slow
def test_serve_names_the_file_that_https_clients_have_to_trust(tmp_path: Path) -> None:
    (root := tmp_path / "site").mkdir()
    for name, data in FILES.items():
        (root / name).write_bytes(data)
    ca_file = tmp_path / "ca.pem"
    with start("serve", str(root), "--https", "0", "--write-ca", str(ca_file), "--json") as serving:
        assert serving.stdout is not None
        url = json.loads(serving.stdout.readline())["serving"]
        trusting, distrusting = (
            phone_sim("boot", "--server", url, *words).exit_code for words in (("--ca-file", str(ca_file)), ())
        )
        serving.send_signal(signal.SIGTERM)
        rest, said = serving.communicate(timeout=60)
    assert url.startswith("https://127.0.0.1:")
    assert (trusting, distrusting) == (0, 1)
    assert said == f"HTTPS clients have to trust {ca_file}: phone-sim boot --ca-file {ca_file}\n"
    assert {json.loads(line)["protocol"] for line in rest.splitlines()} == {"https"}


@pytest.mark.slow
@needs_ipv6
def test_serve_listens_on_an_ipv6_address(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    with start("serve", str(tmp_path), "--host", "::1", "--quiet") as serving:
        assert serving.stdout is not None
        urls = [serving.stdout.readline().split()[-1] for _ in range(2)]
        assert [url.rpartition(":")[0] for url in urls] == ["http://[::1]", "tftp://[::1]"]
        codes = [phone_sim("boot", "--server", url).exit_code for url in urls]
        serving.send_signal(signal.SIGINT)
        serving.communicate(timeout=60)
    assert codes == [0, 0]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--certificate", "KEY"), "--certificate is for HTTPS: add --https"),
        (("--http", "0", "--write-ca", "ca.pem"), "--write-ca is for HTTPS: add --https"),
        (("--https", "0", "--certificate", "KEY", "--write-ca", "ca.pem"), "give one of them"),
        (("--https", "0", "--certificate", "KEY"), "expected a certificate and its unencrypted key"),
        (("--https", "0", "--write-ca", "absent/ca.pem"), "--write-ca absent/ca.pem: No such file or directory"),
        (("--host", "192.0.2.1"), "cannot listen on 192.0.2.1:0"),
    ],
)
def test_serve_says_what_its_options_cannot_do(tmp_path: Path, words: tuple[str, ...], complaint: str) -> None:
    (key := tmp_path / "key.pem").write_text("no key")
    done = phone_sim("serve", str(tmp_path), *(str(key) if word == "KEY" else word for word in words))
    assert done.exit_code == 2
    assert complaint in done.stderr


def test_journal_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    done = phone_sim("serve", str(tmp_path), "--journal", str(tmp_path / "absent/journal"))
    assert done.exit_code == 2
    assert "--journal" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("words", [("models",), ("demo",), ("run", "--help")])
def test_closed_streams_end_without_a_traceback(words: tuple[str, ...]) -> None:
    command = f"{sys.executable} -m phone_sim {' '.join(words)}"
    for ending in ("<&-", ">&-", ">/dev/full", "| head -n 1"):
        done = subprocess.run(f"{command} {ending}", shell=True, capture_output=True, text=True, timeout=60)
        assert "Traceback" not in done.stderr, (ending, done.stderr)
        assert "Exception" not in done.stderr, (ending, done.stderr)


@pytest.mark.slow
def test_keys_can_be_typed_on_a_terminal(server: str) -> None:
    typing, terminal = pty.openpty()
    words = [sys.executable, "-m", "phone_sim", "run", "--server", server]
    with subprocess.Popen(words, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        os.write(typing, b"menu\n1\npress:4\nmenu menu\nquit\n")
        _, said = running.communicate(timeout=60)
    os.close(typing)
    os.close(terminal)
    assert "> 1. Status\n" in said
    assert "Licenses\n  No license installed.\n[Back] [Exit]\npress:4: the phone is idle\n" in said
    assert "menu menu is not one of call, " in said
    assert running.returncode == 0


@pytest.mark.slow
def test_run_ends_with_130_on_interrupt(server: str) -> None:
    with start("run", "--server", server) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in said


def test_output_has_no_color_in_a_pipe_nor_with_no_color(server: str) -> None:
    runner = CliRunner(env={"NO_COLOR": "1"})
    done = runner.invoke(main, ["boot", "--server", server], color=True)
    assert "\x1b" not in done.output
    assert "\x1b" not in phone_sim("boot", "--server", server).output


def test_each_protocol_writes_the_same_log(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    logs = []
    with BootServer(FolderSite(tmp_path), https_port=0) as running:
        for url in running.urls:
            done = phone_sim("boot", "--server", url, "--ca-file", f"{running.ca_file}", "--now", "2026-03-02")
            logs.append([line for line in done.stdout.splitlines() if "|copy |4|" not in line])
    assert logs[0] == logs[1] == logs[2]
