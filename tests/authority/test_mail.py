"""The mail that answers a batch, taken by a real mail server and read back from a file."""

import smtplib
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.authority.activation import BatchLine
from phone_sim.authority.mail import SENDER, batch_mail, keep, mail_server, send
from phone_sim.errors import AuthorityError, UsageError
from phone_sim.licensing.license_file import write
from tests.authority import ASKS, NOW
from tests.make import PHONE_FILE, signed_key
from tests.real_servers.ports import claim_port

LINES = (
    BatchLine(place=1, number="2345", mac="0004f2aabbcc"),
    BatchLine(place=3, number="2345", mac="4f2", refused="bad MAC: leading zeros"),
)
FILES = {PHONE_FILE: write([signed_key()]), "odd-license.cfg": b"\r\n.\r\nFrom \xff\x00" * 200}


@dataclass
class Mailbox:
    """Takes every mail, except for nobody."""

    mails: list[Envelope] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd asks for the name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Refuse who does not exist."""
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail."""
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[str]:
    port, claim = claim_port(socket.SOCK_STREAM)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    with claim:
        controller.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            controller.stop()


def read(data: bytes) -> EmailMessage:
    """A mail as the standard library reads it."""
    mail = message_from_bytes(data, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def check(mail: EmailMessage) -> None:
    """The mail has its report and its files."""
    body = mail.get_body()
    assert body is not None
    assert body.get_content().splitlines()[2:] == [
        "line 1: 2345 0004f2aabbcc: accepted",
        "line 3: 2345 4f2: bad MAC: leading zeros",
    ]
    assert {part.get_filename(): part.get_content() for part in mail.iter_attachments()} == FILES
    assert mail["To"] == ASKS
    assert mail["From"] == SENDER
    assert mail["Subject"] == "Activation files for 1 of 2 phones"
    assert mail["Date"].datetime == NOW


def test_mail_arrives_with_its_files_byte_for_byte(server: str, mailbox: Mailbox) -> None:
    send(batch_mail(ASKS, LINES, FILES, NOW), server)
    (envelope,) = mailbox.mails
    assert envelope.rcpt_tos == [ASKS]
    assert envelope.mail_from == SENDER
    assert isinstance(envelope.content, bytes)
    check(read(envelope.content))


@pytest.mark.slow
def test_mail_with_a_thousand_files_arrives(server: str, mailbox: Mailbox) -> None:
    files = {f"{place:012x}-license.cfg": FILES[PHONE_FILE] for place in range(1, 1_001)}
    send(batch_mail(ASKS, LINES, files, NOW), server)
    content = mailbox.mails[0].content
    assert isinstance(content, bytes)
    assert {part.get_filename(): part.get_content() for part in read(content).iter_attachments()} == files


def test_refused_recipient_is_an_error_with_the_reason(server: str, mailbox: Mailbox) -> None:
    with pytest.raises(AuthorityError, match=r"the mail was not sent, .*nobody@example.org.*no such mailbox"):
        send(batch_mail("nobody@example.org", LINES, FILES, NOW), server)
    assert mailbox.mails == []


def test_server_that_is_down_is_an_error() -> None:
    port, claim = claim_port(socket.SOCK_STREAM)
    with claim, pytest.raises(AuthorityError, match=f"127.0.0.1:{port}: .*Connection refused"):
        send(batch_mail(ASKS, LINES, FILES, NOW), f"127.0.0.1:{port}")


def test_address_of_a_mail_server_is_read() -> None:
    assert mail_server("mail.example.org") == ("mail.example.org", smtplib.SMTP_PORT)
    assert mail_server("127.0.0.1:2525") == ("127.0.0.1", 2525)
    assert mail_server("[::1]:2525") == ("::1", 2525)


@pytest.mark.parametrize(
    "address", ["", ":25", "a:b", "a:99999", "a:-1", "smtp://a", "a@b:25", "a..b", "a" * 70, "[::1", "a:25/x", "a b"]
)
def test_address_of_no_mail_server_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="HOST or HOST:PORT is expected"):
        mail_server(address)


@pytest.mark.parametrize(
    "recipient",
    ["", "@", "a@", "@b", "a@[", "a,b@c", "a@b, c", "Name <a@b>", "a@b\r\nBcc: c@d", "\x00@b", '"', "ü@b"],
)
def test_what_is_no_address_gets_no_mail(recipient: str) -> None:
    with pytest.raises(UsageError, match="is not an e-mail address"):
        batch_mail(recipient, LINES, FILES, NOW)


@given(st.text(max_size=30) | st.text(alphabet='a@.,;:<>[]()"\\ \r\n', max_size=20))
def test_any_recipient_is_an_address_or_refused(recipient: str) -> None:
    try:
        mail = batch_mail(recipient, (), {}, NOW)
    except UsageError:
        return
    assert [one.addr_spec for one in mail["To"].addresses] == [recipient]
    assert b"\nBcc" not in mail.as_bytes()


def test_kept_mail_is_read_back(tmp_path: Path) -> None:
    mails = [batch_mail(ASKS, LINES, FILES, NOW) for _ in range(3)]
    paths = [keep(mail, tmp_path / "new" / "mail") for mail in mails]
    assert sorted(paths) == sorted((tmp_path / "new" / "mail").iterdir())
    assert len(set(paths)) == 3
    for path in paths:
        assert path.suffix == ".eml"
        check(read(path.read_bytes()))


def test_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AuthorityError, match="Not a directory"):
        keep(batch_mail(ASKS, LINES, FILES, NOW), tmp_path / "file" / "mail")
