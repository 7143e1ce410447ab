"""Batch activation in the portal: a file goes in, a report, a zip and a mail come out."""

import json
import zipfile
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from phone_sim.authority.activation import redeem_batch
from phone_sim.authority.license_authority import open_authority
from phone_sim.authority.license_number import new_number
from phone_sim.licensing.license_file import read_for_phone
from phone_sim.web.portal.batch_activation import SAMPLE, Reports
from phone_sim.web.portal.forms import BATCH_BYTES, BATCH_LINES
from phone_sim.web.portal.service import BatchReport, PortalService
from tests.authority import NOW, batch_of, phone_order, phones
from tests.web import enter, errors_of, page_of, redemptions, site_files, text_of


def send(client: TestClient, text: str | bytes, **fields: str) -> httpx2.Response:
    """The answer to a batch."""
    data = text.encode() if isinstance(text, str) else text
    return client.post("/portal/batch", data=fields, files={"file": ("batch.txt", data, "text/plain")})


def report_of(sent: httpx2.Response) -> str:
    """The address of the report of a batch that was taken."""
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


def unpacked(data: bytes) -> dict[str, bytes]:
    """The files in a zip."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.slow
def test_batch_gives_a_file_for_each_phone(client: TestClient, portal: PortalService) -> None:
    number = enter(portal, phone_order(quantity=40))
    where = report_of(send(client, "\ufeff" + batch_of(number, phones(30)), mail_to="admin@example.org"))
    page = page_of(client.get(where))
    assert "30 of 30 lines are redeemed." in text_of(page)
    assert "mailed to admin@example.org" in text_of(page)
    (link,) = page.xpath("//a[@download]/@href")
    files = unpacked(client.get(link).content)
    assert list(files) == [f"{mac}-license.cfg" for mac in phones(30)]
    assert files == site_files(portal.boot_server or Path())
    for mac in phones(30):
        assert read_for_phone(files[f"{mac}-license.cfg"], mac.serial).skipped == 0
    (path,) = portal.mail_folder.iterdir()
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail["To"] == "admin@example.org"
    assert {part.get_filename(): part.get_content() for part in mail.iter_attachments()} == files
    assert client.get(link).content == client.get(link).content


@pytest.mark.slow
def test_each_line_gets_its_answer(client: TestClient, portal: PortalService) -> None:
    number, stranger = enter(portal, phone_order(quantity=5)), new_number()
    text = f"{number}\t0004f2000001\n\n{number}\t4f2000001\r\n{stranger}\t0004f2000002\n<b>x</b> & no tab\n"
    where = report_of(send(client, text))
    rows = page_of(client.get(where)).xpath("//tbody/tr")
    answers = {row[0].text_content(): row[3].text_content() for row in rows}
    assert answers.keys() == {"1", "3", "4", "5"}
    assert answers["1"] == "accepted"
    assert "enter its leading zeros" in answers["3"]
    assert answers["4"] == "unknown number"
    assert answers["5"] == "no tab between license number and MAC"
    assert rows[3][1].text_content() == "<b>x</b> & no tab"
    report = client.get(f"{where}.json").json()
    assert [line["refused"] for line in report["lines"]] == [
        "" if answer == "accepted" else answer for answer in answers.values()
    ]
    assert report["files"] == ["0004f2000001-license.cfg"]
    assert not portal.mail_folder.exists()


@pytest.mark.slow
def test_reload_and_the_same_file_again_redeem_nothing(client: TestClient, portal: PortalService) -> None:
    text = batch_of(enter(portal, phone_order(quantity=9)), phones(3))
    where = report_of(send(client, text))
    first = page_of(client.get(where))
    assert text_of(page_of(client.get(where))) == text_of(first)
    again = report_of(send(client, text))
    page = page_of(client.get(again))
    assert "3 of 3 lines are redeemed." in text_of(page)
    assert text_of(page).count("accepted, redeemed before") == 3
    assert len(redemptions(portal)) == 3
    archives = [client.get(f"{report}/activation-files.zip").content for report in (where, again)]
    assert archives[0] == archives[1]


@pytest.mark.slow
def test_batch_whose_files_were_never_written_is_sent_again(client: TestClient, portal: PortalService) -> None:
    assert portal.boot_server is not None
    text = batch_of(enter(portal, phone_order(quantity=3)), phones(3))
    with open_authority(portal.authority_folder) as authority:
        redeem_batch(authority.ledger, text, at=NOW, requester="admin@example.org")
    report = client.get(f"{report_of(send(client, text, mail_to='admin@example.org'))}.json").json()
    assert [(line["refused"], line["redeemed_before"]) for line in report["lines"]] == [("", True)] * 3
    assert sorted(path.name for path in portal.boot_server.glob("*-license.cfg")) == report["files"]
    assert report["mailed_to"] == "admin@example.org"
    assert len(list(portal.mail_folder.iterdir())) == 1
    assert len(redemptions(portal)) == 3


@pytest.mark.slow
def test_batch_as_a_whole_redeems_nothing_when_a_line_is_refused(client: TestClient, portal: PortalService) -> None:
    number = enter(portal, phone_order(quantity=2))
    sent = send(client, batch_of(number, phones(3)), all_or_nothing="yes", mail_to="admin@example.org")
    where = report_of(sent)
    page = page_of(client.get(where))
    assert "Nothing was redeemed: 1 of 3 lines were refused." in text_of(page)
    assert text_of(page).count("accepted, but not redeemed") == 2
    assert "mailed" not in text_of(page)
    assert page.xpath("//a[@download]") == []
    page_of(client.get(f"{where}/activation-files.zip"), 404)
    assert redemptions(portal) == []
    assert not portal.mail_folder.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Choose a text file"),
        (b"\n \n\r\n", "no line with a license number"),
        (b"\x89PNG\r\n\xff\xfe", "not a text file: byte 0 is not UTF-8"),
        ("A\t0004f2000001".encode("utf-16"), "not a text file"),
        (b"x\n" * (BATCH_LINES + 1), f"at most {BATCH_LINES} are read here"),
        (b"x" * (BATCH_BYTES + 1), f"has more than {BATCH_BYTES} bytes"),
    ],
    ids=["empty", "blank", "binary", "utf-16", "lines", "bytes"],
)
def test_file_that_is_no_batch_is_refused(client: TestClient, portal: PortalService, data: bytes, said: str) -> None:
    page = page_of(send(client, data, mail_to="admin@example.org"), 422)
    assert said in errors_of(page)["file"]
    assert page.xpath("//input[@name='mail_to']/@value") == ["admin@example.org"]
    assert redemptions(portal) == []


@pytest.mark.slow
def test_body_far_beyond_the_limit_is_not_read(client: TestClient) -> None:
    assert send(client, bytes(2 * BATCH_BYTES)).status_code == 413


@pytest.mark.slow
@pytest.mark.parametrize("address", ["nobody", "a@[", "@b.org", "a@b.org, c@d.org", "a@b.org\r\nBcc: c@d.org"])
def test_address_that_cannot_be_used_redeems_nothing(client: TestClient, portal: PortalService, address: str) -> None:
    text = batch_of(enter(portal, phone_order()), phones(1))
    page = page_of(send(client, text, mail_to=address), 422)
    assert "is not an e-mail address" in errors_of(page)["mail_to"]
    assert redemptions(portal) == []


@pytest.mark.slow
def test_form_without_a_file_field_is_told_so(client: TestClient) -> None:
    for sent in (
        client.post("/portal/batch", data={"file": "not a file"}),
        client.post("/portal/batch", content=b"{}", headers={"Content-Type": "application/json"}),
    ):
        assert "Choose a text file" in errors_of(page_of(sent, 422))["file"]


@pytest.mark.slow
@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--", bytes(99)])
def test_broken_form_is_not_understood(client: TestClient, body: bytes) -> None:
    sent = client.post("/portal/batch", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert sent.status_code in (400, 422)


@pytest.mark.slow
def test_too_many_parts_are_refused(client: TestClient) -> None:
    page_of(client.post("/portal/batch", data={f"field{place}": "1" for place in range(50)}, files={"file": b"x"}), 400)
    page_of(client.post("/portal/batch", files=[("file", b"1"), ("file", b"2")]), 400)


@pytest.mark.slow
def test_mail_folder_that_cannot_be_written_costs_no_license(client: TestClient, portal: PortalService) -> None:
    portal.mail_folder.write_text("a file in the place of the folder")
    text = batch_of(enter(portal, phone_order()), phones(1))
    page = page_of(client.get(report_of(send(client, text, mail_to="admin@example.org"))))
    assert "1 of 1 lines are redeemed." in text_of(page)
    assert "The licenses are redeemed, but " in text_of(page)
    assert "are mailed to" not in text_of(page)
    (link,) = page.xpath("//a[@download]/@href")
    assert len(unpacked(client.get(link).content)) == 1


@pytest.mark.slow
def test_sample_is_that_of_the_bulletin(client: TestClient) -> None:
    sample = client.get("/portal/batch/sample.txt")
    assert "attachment" in sample.headers["content-disposition"]
    assert sample.text == SAMPLE
    (shown,) = page_of(client.get("/portal/batch")).xpath("//pre")
    assert shown.text_content() == SAMPLE.replace("\t", "<tab>")
    assert shown.text_content().startswith("22222222AB22C2<tab>0004f1144bd4\n")


@pytest.mark.slow
def test_program_gets_the_report(client: TestClient, portal: PortalService) -> None:
    text = batch_of(enter(portal, phone_order(quantity=2)), phones(2))
    accept = {"Accept": "application/json"}
    report = client.post("/portal/batch", files={"file": text.encode()}, headers=accept).json()
    assert report["files"] == ["0004f2000001-license.cfg", "0004f2000002-license.cfg"]
    assert client.get(report["report"], headers=accept).json() == report
    assert unpacked(client.get(report["archive"]).content).keys() == set(report["files"])
    refused = client.post("/portal/batch", files={"file": b""}, headers=accept)
    assert (refused.status_code, list(json.loads(refused.text)["errors"])) == (422, ["file"])


@pytest.mark.slow
def test_long_report_comes_in_pages(client: TestClient) -> None:
    where = report_of(send(client, "A\tB\n" * 250))
    for asked, rows in (("", 100), ("?page=3", 50), ("?page=99", 50), ("?page=0", 100), ("?page=x", 100)):
        assert len(page_of(client.get(where + asked)).xpath("//tbody/tr")) == rows
    assert page_of(client.get(f"{where}?page=2")).xpath("//nav[@class='pages']/a/@href") == ["?page=1", "?page=3"]


def test_oldest_report_goes_first() -> None:
    reports = Reports(lines_kept=10)
    blank = BatchReport(at=NOW, lines=(), serials=(), mail_to="", nothing_redeemed=False, problems=())
    names = [reports.keep(blank) for _ in range(12)]
    assert [name for name in names if reports.get(name) is not None] == names[2:]
    assert len(set(names)) == 12


@pytest.mark.slow
def test_report_that_is_gone_says_what_to_do(client: TestClient) -> None:
    page = page_of(client.get("/portal/batches/gone"), 404)
    assert "Send the file again for another one: nothing is redeemed twice." in text_of(page)


@pytest.mark.slow
def test_unusual_and_impossible_addresses_of_a_batch(client: TestClient, portal: PortalService) -> None:
    number = enter(portal, phone_order(quantity=9))
    macs = ["0004f2000001", "001122334455", "ffffffffffff", "001122334466"]
    text = "".join(f"{number}\t{mac}\n" for mac in macs)
    page = page_of(send(client, text), 422)
    assert errors_of(page)["file"].startswith(
        "Line 2: 001122, with which 001122334455 begins, and so in 1 more lines, is not one of these phones' prefixes"
    )
    assert "confirmed" in page.xpath("//input[@type='checkbox']/@name")
    assert redemptions(portal) == []
    page = page_of(client.get(report_of(send(client, text, confirmed="yes"))))
    assert "is a broadcast or multicast address, which no phone has" in text_of(page)
    assert [serial for _, serial in redemptions(portal)] == ["0004F2000001", "001122334455", "001122334466"]
