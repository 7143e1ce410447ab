"""`phone-sim license`, from the order to the phone that has the feature on; and what bad input is told."""

import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from phone_sim.authority.license_number import new_number
from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main
from phone_sim.licensing.license_file import read_all
from tests.authority import new_authority
from tests.real_servers.ports import claim_port

MAC = "0004f2000001"
OWN = f"{MAC}-license.cfg"
SITE = "000000000000-license.cfg"
FILES = {
    "000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg"/>',
    "site.cfg": b'<site feature.corporateDirectory.enabled="1"/>',
}
MAILED = ("--mail-to", "admin@example.org")


def phone_sim(*words: str) -> Result:
    """Run a verb in this process; it may end in an error, but not in a traceback."""
    done = CliRunner().invoke(main, words, prog_name="phone-sim")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def licensed(*words: str, code: int = 0) -> Result:
    """Run a verb of the authority, which has to end with `code`."""
    done = phone_sim("license", *words)
    assert done.exit_code == code, done.output
    return done


def order(*words: str) -> str:
    """Order, and return the license number."""
    return licensed("order", *words).stdout.strip()


def features_on(server: str, mac: str = MAC) -> set[str]:
    """The features that a phone which trusts the authority has on."""
    words = ("--server", server, "--mac", mac, "--trust", "authority/trust_anchor.pem", "--json")
    done = phone_sim("boot", *words)
    assert done.exit_code == 0, done.output
    return {one["key"] for one in json.loads(done.stdout)["features"] if one["state"] == "enabled"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PHONE_SIM_AUTHORITY", raising=False)
    return tmp_path


@pytest.fixture
def authority() -> Path:
    """An authority, which was just made."""
    new_authority(Path("authority"))
    return Path("authority")


@pytest.fixture
def site() -> MemorySite:
    return MemorySite(dict(FILES))


@pytest.fixture
def server(site: MemorySite) -> Iterator[str]:
    with BootServer(site) as running:
        yield running.url


@pytest.mark.slow
def test_four_commands_license_a_phone(folder: Path) -> None:
    root = folder / "site"
    root.mkdir()
    for name, data in FILES.items():
        (root / name).write_bytes(data)
    with BootServer(FolderSite(root)) as running:
        assert "--trust authority/trust_anchor.pem" in licensed("init").stdout
        assert features_on(running.url) == set()
        number = order("--software", "Productivity Suite")
        assert licensed("redeem", number, MAC, "--publish", "site").stdout == f"site/{OWN}\n"
        assert features_on(running.url) == {"LDAP"}


@pytest.mark.slow
@pytest.mark.usefixtures("authority")
def test_file_is_published_by_http(server: str, site: MemorySite) -> None:
    licensed("redeem", order(), MAC, "--publish", server)
    assert features_on(server) == {"LDAP"}
    assert licensed("export", MAC, "--out", "again").stdout == f"again/{OWN}\n"
    assert Path("again", OWN).read_bytes() == site.files[OWN]


@pytest.mark.slow
@pytest.mark.usefixtures("authority")
def test_site_license_is_for_every_phone_and_can_be_renewed(server: str, site: MemorySite) -> None:
    first = json.loads(licensed("order", "--site", "--expires", "2040-12-31", "--json").stdout)
    licensed("site", first["number"], "--publish", server)
    assert features_on(server, "0004f2000009") == {"LDAP"}
    renewal = order("--site", first["site_serial"], "--upgrade", "--expires", "2045-12-31")
    licensed("site", renewal, first["site_serial"], "--publish", server)
    assert {key["Serial"] for key in read_all(site.files[SITE])} == {first["site_serial"]}
    assert len(read_all(site.files[SITE])) == 2
    licensed("export", first["site_serial"])
    assert Path(SITE).read_bytes() == site.files[SITE]


@pytest.mark.slow
@pytest.mark.usefixtures("authority")
def test_order_as_json_is_all_that_its_number_identifies() -> None:
    words = ("--software", "LDAP,H323", "--version", "3.3.1", "--quantity", "2", "--upgrade", "--json")
    made = json.loads(licensed("order", *words).stdout)
    licensed("redeem", made["number"], MAC, "--requester", "me@example.org")
    (listed,) = json.loads(licensed("orders", "--json").stdout)
    assert {**listed, "redemptions": []} == made
    (redemption,) = listed["redemptions"]
    assert (redemption["serial"], redemption["requester"]) == (MAC.upper(), "me@example.org")
    assert json.loads(licensed("orders", made["number"], "--json").stdout) == listed
    assert "me@example.org" in licensed("orders", made["number"]).stdout
    licensed("orders", "ABCDEFGH", code=2)
    asked = {name: made[name] for name in ("type", "software", "version", "quantity", "expires", "kind", "site_serial")}
    assert asked == {
        "type": "Phone",
        "software": "LDAP,H323",
        "version": "3.3.1",
        "quantity": 2,
        "expires": None,
        "kind": "upgrade",
        "site_serial": None,
    }
    line = licensed("orders").stdout
    assert line.startswith(made["number"])
    assert "1 of 2 redeemed" in line


@pytest.mark.slow
@pytest.mark.usefixtures("authority")
def test_inspect_tells_whose_keys_they_are(authority: Path) -> None:
    assert json.loads(licensed("redeem", order(), MAC, "--json").stdout) == {"files": [OWN]}
    (report,) = json.loads(licensed("inspect", OWN, "--json").stdout)
    assert report["verdict"] == "valid"
    assert [grant["feature"] for grant in report["grants"]] == [
        "UsbAudio",
        "NwayConference",
        "LDAP",
        "VoiceQualityMetrics",
    ]
    assert "valid (Phone 0004F2000001)" in licensed("inspect", OWN).stdout
    authority.rename("first")
    licensed("init")
    assert json.loads(licensed("inspect", OWN, "--json").stdout)[0]["verdict"] == "signature_not_valid"


@pytest.mark.usefixtures("authority")
def test_export_prints_the_public_key(authority: Path) -> None:
    assert licensed("export").stdout == (authority / "trust_anchor.pem").read_text()


@pytest.mark.usefixtures("authority")
def test_phones_boot_from_one_file_under_the_names_of_both(server: str, site: MemorySite) -> None:
    """B6: one file for an order, of which each phone activates its own keys."""
    number = order("--quantity", "3")
    macs = (MAC, "0004f2000002")
    Path("batch.txt").write_text("".join(f"{number}\t{mac}\n" for mac in macs))
    licensed("batch", "batch.txt", *MAILED)
    assert licensed("export", "--order", number, "--one-file", "--out", "a/one.cfg").stdout == "a/one.cfg\n"
    licensed("export", "--batch", "batch.txt", "--one-file", "--out", "b.cfg")
    data = Path("a/one.cfg").read_bytes()
    assert data == Path("b.cfg").read_bytes()
    assert Path("b.cfg").stat().st_mode & 0o777 == 0o600
    for mac in macs:
        site.write(f"{mac}-license.cfg", data)
    assert [features_on(server, mac) for mac in (*macs, "0004f2000003")] == [{"LDAP"}, {"LDAP"}, set()]
    site.write(SITE, data)  # or once, under the name that every phone asks for
    site.remove(OWN)
    assert features_on(server, MAC) == {"LDAP"}
    for words, complaint in (
        (("--one-file",), "give its name with --out FILE"),
        (("--one-file", "--out", "."), "give its name with --out FILE"),
        (("--one-file", "--out", "c.cfg", "--publish", "site", MAC), "no --publish"),
        (("--one-file", "--out", "c.cfg"), "name them with SERIALs, --batch or --order"),
        (("--out", "b.cfg", MAC), "not a folder"),
        (("--order", "1"), "not a license number"),
    ):
        assert complaint in licensed("export", *words, code=2).stderr
    assert "was not redeemed" in licensed("export", "--order", order(), code=1).stderr


@pytest.mark.slow
@pytest.mark.usefixtures("authority")
def test_batch_licenses_a_thousand_phones(folder: Path) -> None:
    macs = [f"0004f2{place:06x}" for place in range(1, 1_001)]
    number = order("--quantity", "1000")
    Path("batch.txt").write_text("\ufeff" + "".join(f"{number}\t{mac}\r\n" for mac in macs), encoding="utf-8")
    root = folder / "site"
    done = licensed("batch", "batch.txt", *MAILED, "--publish", "site")
    assert done.stdout.count(": accepted\n") == 1_000
    assert "1000 activation files mailed to admin@example.org: mail/" in done.stderr
    published = {path.name: path.read_bytes() for path in root.iterdir()}
    assert sorted(published) == [f"{mac}-license.cfg" for mac in macs]
    (path,) = Path("mail").iterdir()
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert {part.get_filename(): part.get_content() for part in mail.iter_attachments()} == published
    for name, data in FILES.items():
        (root / name).write_bytes(data)
    with BootServer(FolderSite(root)) as running:
        assert features_on(running.url, macs[0]) == features_on(running.url, macs[-1]) == {"LDAP"}


@pytest.mark.slow
@pytest.mark.usefixtures("authority")
def test_batch_as_json_answers_each_line_and_ends_with_1() -> None:
    number = order("--quantity", "5")
    Path("batch.txt").write_text(f"{number}\t{MAC}\n\n{number}\t4f2000001\n{new_number()}\t{MAC}\n")
    done = licensed("batch", "batch.txt", *MAILED, "--json", code=1)
    report = json.loads(done.stdout)
    assert [(line["line"], line["refused"][:14]) for line in report["lines"]] == [
        (1, ""),
        (3, "bad MAC: '4f20"),
        (4, "unknown number"),
    ]
    assert report["files"] == [OWN]
    assert "2 of 3 lines were refused" in done.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("authority")
def test_batch_that_was_interrupted_is_sent_again() -> None:
    number = order("--quantity", "2")
    Path("batch.txt").write_text(f"{number}\t{MAC}\n{number}\t0004f2000002\n")
    Path("site").write_text("in the place of the folder")
    done = licensed("batch", "batch.txt", *MAILED, "--publish", "site", code=1)
    assert "license export --batch batch.txt makes the files again" in done.stderr
    Path("site").unlink()
    report = json.loads(licensed("batch", "batch.txt", *MAILED, "--publish", "site", "--json").stdout)
    assert [(line["refused"], line["redeemed_before"]) for line in report["lines"]] == [("", True)] * 2
    assert sorted(path.name for path in Path("site").iterdir()) == sorted(report["files"])
    assert len(list(Path("mail").glob("*.eml"))) == 1
    assert "line 1: " in (said := licensed("batch", "batch.txt", *MAILED).stdout)
    assert said.count("accepted, redeemed before") == 2
    assert len(json.loads(licensed("orders", "--json").stdout)[0]["redemptions"]) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("authority")
def test_batch_as_a_whole_writes_nothing_when_a_line_is_refused() -> None:
    number = order("--quantity", "5")
    Path("batch.txt").write_text(f"{number}\t{MAC}\n{number}\tprinter\n")
    done = licensed("batch", "batch.txt", *MAILED, "--publish", "site", "--all-or-nothing", code=1)
    assert "line 1: " in done.stdout
    assert "accepted, but not redeemed" in done.stdout
    assert "nothing was redeemed" in done.stderr
    assert not Path("mail").exists()
    assert not Path("site").exists()
    assert json.loads(licensed("orders", "--json").stdout)[0]["redemptions"] == []


@pytest.mark.slow
@pytest.mark.usefixtures("authority")
def test_mail_server_that_is_down_costs_no_license() -> None:
    number = order("--quantity", "2")
    Path("batch.txt").write_text(f"{number}\t{MAC}\n")
    port, claim = claim_port(socket.SOCK_STREAM)
    with claim:
        done = licensed("batch", "batch.txt", *MAILED, "--smtp", f"127.0.0.1:{port}", code=1)
    assert "the mail was not sent" in done.stderr
    assert "the licenses are redeemed: license export --batch batch.txt makes the files again" in done.stderr
    (redemption,) = json.loads(licensed("orders", "--json").stdout)[0]["redemptions"]
    assert redemption["serial"] == MAC.upper()
    licensed("export", MAC)
    assert len(read_all(Path(OWN).read_bytes())) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("authority")
def test_boot_server_that_is_down_costs_no_license() -> None:
    port, claim = claim_port(socket.SOCK_STREAM)
    with claim:
        done = licensed("redeem", order(), MAC, "--publish", f"http://127.0.0.1:{port}/", code=1)
    assert f"Connection refused; the licenses are redeemed: license export {MAC} makes the file again" in done.stderr
    licensed("export", MAC)


@pytest.mark.slow
@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--publish", "gopher://127.0.0.1/"), "--publish gopher://127.0.0.1/: http, https, ftp"),
        (("--publish", "http://[::1"), "is not a boot server address"),
        (("--smtp", "mail:99999"), "HOST or HOST:PORT is expected"),
        (("--mail-to", "a@["), "is not an e-mail address"),
    ],
)
def test_address_that_cannot_be_used_redeems_nothing(words: tuple[str, ...], complaint: str) -> None:
    Path("batch.txt").write_text(f"{order()}\t{MAC}\n")
    done = licensed("batch", "batch.txt", *MAILED, *words, code=2)
    assert complaint in done.stderr
    assert json.loads(licensed("orders", "--json").stdout)[0]["redemptions"] == []


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("init",), 1, "has a signing key already, which is never replaced"),
        (("order", "--expires", "2030-01-01"), 2, "never expires (B11): only a site license"),
        (("order", "--site", "--expires", "2400-01-01"), 2, "2007-01-01 to 2186-06-03"),
        (("order", "--site", "12"), 2, "it has 12 digits"),
        (("order", "--site", "--quantity", "2"), 2, "its quantity is 1"),
        (("order", "--quantity", "0"), 2, "the quantity is 1 to 100000, not 0"),
        (("order", "--quantity", "many"), 2, "not a valid integer"),
        (("order", "--software", "Office"), 2, "Productivity Suite"),
        (("order", "--version", "new"), 2, "two to four numbers are expected"),
        (("redeem", "ABCDEFGHIJKLMN", MAC), 2, "was mistyped"),
        (("redeem", "ABC", MAC), 2, "14 letters and digits"),
        (("redeem", "ABC", "4f2000001"), 2, "enter its leading zeros, as in 0004f2000001"),
        (("redeem", new_number(), MAC), 1, "unknown number"),
        (("site", new_number()), 1, "unknown number"),
        (("site", new_number(), "12"), 2, "it has 12 digits"),
        (("export", MAC), 1, "nothing was redeemed for 0004F2000001"),
        (("export", "printer"), 2, "12 hexadecimal digits are expected"),
        (("batch", "absent.txt", *MAILED), 2, "does not exist"),
        (("batch", "authority", *MAILED), 2, "is a directory"),
        (("batch", "authority/signing_key.pem"), 2, "--mail-to"),
        (("inspect", "authority/signing_key.pem"), 4, "signing_key.pem"),
    ],
)
def test_bad_input_is_told_what_is_wrong(words: tuple[str, ...], code: int, complaint: str) -> None:
    assert complaint in licensed(*words, code=code).stderr


@pytest.mark.slow
@pytest.mark.usefixtures("authority")
def test_number_redeemed_before_is_refused() -> None:
    number = order()
    licensed("redeem", number, MAC)
    assert licensed("redeem", number, "0004f2000002", code=1).stderr.endswith("not redeemed: already redeemed\n")
    again = licensed("redeem", number, MAC, code=1).stderr
    assert f"already redeemed for {MAC.upper()}: license export {MAC.upper()} makes its file again" in again
    assert "wrong license type" in licensed("redeem", order("--site"), MAC, code=1).stderr
    assert "wrong license type" in licensed("site", order(), code=1).stderr
    assert not Path("0004f2000002-license.cfg").exists()


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize(
    ("data", "code", "complaint"),
    [
        (b"\x89PNG\r\n\xff\xfe" * 50, 2, "is not a text file: byte 0 is not UTF-8"),
        ("A\t0004f2000001".encode("utf-16"), 2, "is not a text file"),
        (bytes(100_000), 1, "1 of 1 lines were refused"),
        (b"\n" * 100_001, 2, "at most 100000 are read"),
        (b"\x1b[2J\t0004f2000001", 1, "1 of 1 lines were refused"),
        (b"", 0, ""),
    ],
)
def test_file_that_is_no_batch_is_refused(data: bytes, code: int, complaint: str) -> None:
    Path("batch.txt").write_bytes(data)
    done = licensed("batch", "batch.txt", *MAILED, code=code)
    assert complaint in done.stderr
    assert "\x1b" not in done.output
    assert "\x00" not in done.output
    assert len(done.output) < 1_000


def test_folder_without_authority_names_what_makes_one() -> None:
    Path("batch.txt").write_text(f"{new_number()}\t{MAC}\n")
    for words in (
        ("order",),
        ("redeem", new_number(), MAC),
        ("site", new_number()),
        ("batch", "batch.txt", *MAILED),
        ("inspect", "batch.txt"),
        ("orders",),
        ("export",),
    ):
        assert "phone-sim license init makes one" in licensed(*words, code=1).stderr
    assert not Path("authority").exists()


@pytest.mark.slow
def test_damaged_authority_is_told_which_file(authority: Path) -> None:
    ledger, key = authority / "ledger.sqlite3", authority / "signing_key.pem"
    ledger.write_bytes(b"this is not SQLite\n" * 500)
    assert "ledger.sqlite3: the ledger cannot be opened: file is not a database" in licensed("orders", code=1).stderr
    ledger.unlink()
    with closing(sqlite3.connect(ledger)) as database:
        database.execute("CREATE TABLE orders (id INTEGER)")
    assert "ledger.sqlite3: the ledger cannot be read" in licensed("orders", code=1).stderr
    key.write_bytes(b"\x00garbage\xff")
    assert "signing_key.pem is not an unencrypted private key" in licensed("orders", code=2).stderr
    authority.joinpath("signing_key.pem").unlink()
    key.mkdir()
    assert "Is a directory" in licensed("orders", code=1).stderr


@pytest.mark.slow
def test_authority_is_made_in_a_folder_that_is_there() -> None:
    Path("ours").mkdir()
    licensed("--authority", "ours", "init")
    assert Path("ours/trust_anchor.pem").exists()


@pytest.mark.slow
def test_authority_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    licensed("--authority", "here/ours", "init")
    monkeypatch.setenv("PHONE_SIM_AUTHORITY", "here/ours")
    reports: list[dict[str, Any]] = json.loads(licensed("orders", "--json").stdout)
    assert reports == []
    assert not Path("authority").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("authority")
def test_files_of_a_batch_that_was_not_delivered_are_made_again(tmp_path: Path) -> None:
    number = licensed("order", "--quantity", "2").stdout.strip()
    batch = tmp_path / "batch.txt"
    batch.write_text(f"{number}\t0004f2000001\n{number}\t0004f2000002\n{number}\t0004f2000003\n")
    licensed("batch", str(batch), "--mail-to", "me@example.org", "--smtp", "127.0.0.1:1", code=1)
    licensed("export", "--batch", str(batch), "--out", str(tmp_path / "files"))
    names = sorted(path.name for path in (tmp_path / "files").iterdir())
    assert names == ["0004f2000001-license.cfg", "0004f2000002-license.cfg"]
