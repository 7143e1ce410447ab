"""Why a file of authorities cannot be used: which block of it is bad, or in which other form it is.

OpenSSL is asked about each block; it says of a whole file only that something in it is wrong. This module does not know
what the authorities are for.
"""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SIZE_LIMIT = 4 * 1024 * 1024  # our choice; the file of a Linux system has 0.2 MB
_BEGIN, _END, _DASHES = "-----BEGIN ", "-----END ", "-----"
_CERTIFICATES = ("CERTIFICATE", "X509 CERTIFICATE")


@dataclass(frozen=True, slots=True, kw_only=True)
class PemBlock:
    """A block of a PEM file (RFC 7468): its label, the line it begins in, counted from 1, and its whole text.

    The `text` of a block without its end is empty.
    """

    label: str
    line: int
    text: str


def why_unusable(path: Path) -> str:
    """What is wrong with a file of authorities that OpenSSL has refused."""
    try:
        with path.open("rb") as file:
            data = file.read(_SIZE_LIMIT + 1)
    except OSError as error:
        return error.strerror or str(error)
    if len(data) > _SIZE_LIMIT:
        return f"the file is larger than {_SIZE_LIMIT} bytes"
    blocks = list(pem_blocks(data.decode("latin-1")))
    certificates = [block for block in blocks if block.label in _CERTIFICATES]
    for place, block in enumerate(certificates, start=1):
        if not block.text:
            return f"certificate {place}, from line {block.line} on, has no end"
        if not _is_good(block.text):
            return f"certificate {place}, from line {block.line} on, is damaged"
    if certificates:
        return "OpenSSL cannot read it"
    if _is_good(data):
        return f"the certificate is in DER form, PEM is expected: openssl x509 -inform DER -in {path} -out ca.pem"
    other = f", only {', '.join(sorted({block.label for block in blocks}))}" if blocks else ""
    return f"there is no certificate in it{other}; expected PEM, with -----BEGIN CERTIFICATE-----"


def _is_good(certificate: str | bytes) -> bool:
    """True for a certificate in PEM or DER form, by OpenSSL's word."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificate)
    except (ssl.SSLError, ValueError, TypeError):  # also of nothing, and of text that is not ASCII
        return False
    return True


def pem_blocks(text: str) -> Iterator[PemBlock]:
    """The blocks of a PEM file, in order; what stands between them is passed over."""
    label, start, lines = "", 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(_BEGIN) and line.rstrip().endswith(_DASHES):
            if label:
                yield PemBlock(label=label, line=start, text="")
            label, start, lines = line.rstrip().removeprefix(_BEGIN).removesuffix(_DASHES), number, []
        if label:
            lines.append(line)
        if label and line.rstrip() == f"{_END}{label}{_DASHES}":
            yield PemBlock(label=label, line=start, text="\n".join(lines))
            label = ""
    if label:
        yield PemBlock(label=label, line=start, text="")
