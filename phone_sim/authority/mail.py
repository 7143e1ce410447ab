"""The mail that a batch is answered with: its report, and the activation files attached (B8).

The folder of `.eml` files stands in for a mail server where there is none. This module does not know how files are
made.
"""

import smtplib
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from urllib.parse import urlsplit

from phone_sim.authority.activation import BatchLine
from phone_sim.errors import AuthorityError, UsageError
from phone_sim.file_modes import PRIVATE, make_folder
from phone_sim.whole_file import remove_leftovers, write_whole

SENDER = "license-authority@phone-sim.invalid"
_SECONDS_TO_WAIT = 30.0


def batch_mail(recipient: str, lines: Sequence[BatchLine], files: Mapping[str, bytes], at: datetime) -> EmailMessage:
    """The mail to who sent a batch.

    Raises:
        UsageError: `recipient` is not an e-mail address.
    """
    mail = EmailMessage()
    try:
        address = Address(addr_spec=recipient)
        mail["To"] = address
    except (MessageError, ValueError, IndexError, AttributeError) as error:
        raise UsageError(f"{recipient!r} is not an e-mail address") from error
    if not address.username or not address.domain:
        raise UsageError(f"{recipient!r} is not an e-mail address")
    accepted = sum(not line.refused for line in lines)
    mail["From"] = SENDER
    mail["Subject"] = f"Activation files for {accepted} of {len(lines)} phones"
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = make_msgid(domain="phone-sim.invalid")
    rows = (f"line {line.place}: {line.number} {line.mac}: {line.answer()}" for line in lines)
    mail.set_content("Put the attached files on your boot server.\n\n" + "\n".join(rows) + "\n")
    for name, data in files.items():
        mail.add_attachment(data, maintype="application", subtype="xml", filename=name)
    return mail


def mail_server(address: str) -> tuple[str, int]:
    """The host and the port, 25 without one, in `HOST` or `HOST:PORT`. Raises UsageError when it is neither."""
    try:
        parts = urlsplit(f"//{address}")
        host, port = parts.hostname or "", parts.port or 25
        host.encode("idna")  # as a connection does, where an error would come too late
    except ValueError:
        host = ""
    if not host or not set("/?#@ ").isdisjoint(address):
        raise UsageError(f"{address!r} is not the address of a mail server: HOST or HOST:PORT is expected")
    return host, port


def send(mail: EmailMessage, server: str) -> None:
    """Send a mail by SMTP to `HOST` or `HOST:PORT`.

    Raises:
        UsageError: the address of the server is none.
        AuthorityError: the mail was not taken.
    """
    host, port = mail_server(server)
    try:
        with smtplib.SMTP(host, port, timeout=_SECONDS_TO_WAIT) as connection:
            connection.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise AuthorityError(f"the mail was not sent, {server}: {error}") from error


def keep(mail: EmailMessage, folder: Path) -> Path:
    """Write a mail into a folder, private, as an `.eml` file, and return where.

    Raises:
        AuthorityError: it cannot be written.
    """
    path = folder / f"{str(mail['Message-ID']).strip('<>').partition('@')[0]}.eml"
    try:
        make_folder(folder, PRIVATE)
        remove_leftovers(folder)
        write_whole(path, mail.as_bytes(), PRIVATE)
    except OSError as error:
        raise AuthorityError(f"{path}: {error.strerror}") from error
    return path
