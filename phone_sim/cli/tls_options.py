"""Options that say which versions and ciphers of TLS a phone offers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.errors import UsageError

if TYPE_CHECKING:
    from phone_sim.runtime.transport import Tls

_TLS_VERSION = click.Choice(["1.0", "1.1", "1.2", "1.3"])

tls_min_option = click.option(
    "--tls-min",
    type=_TLS_VERSION,
    help="Oldest version of TLS that is spoken. [default: 1.2, or that of --tls-max if older]",
)
ciphers_option = click.option(
    "--ciphers",
    default="",
    metavar="LIST",
    help="Ciphers of TLS up to 1.2, as OpenSSL lists them. Below TLS 1.2, @SECLEVEL=0 is added: OpenSSL 3 needs it.",
)
tls_max_of_firmware_option = click.option(
    "--tls-max",
    type=_TLS_VERSION,
    help="Newest version of TLS that is spoken. [default: the newest that the firmware is known to speak, or 1.3]",
)


def phone_tls(
    firmware: str,
    *,
    ca_file: Path | None,
    client_cert: Path | None,
    tls_min: str | None,
    tls_max: str | None,
    ciphers: str,
) -> "Tls":
    """How a phone of this firmware speaks TLS; None is what no option says.

    Raises:
        UsageError: the firmware is not known, or it is known to speak only older versions than `tls_min`.
    """
    from phone_sim.firmware.profile import profile_for
    from phone_sim.runtime.transport import Tls, newest_version, oldest_version

    known = profile_for(firmware).tls_versions
    newest = newest_version(tls_max, known)
    if tls_max is None and (tls_min or "") > newest:
        raise UsageError(
            f"--tls-min {tls_min}: firmware {firmware} is known to speak TLS {known[0]} to {newest}; "
            "--tls-max sets another newest version"
        )
    oldest = oldest_version(tls_min, newest)
    return Tls(ca_file=ca_file, client_cert=client_cert, oldest=oldest, newest=newest, ciphers=ciphers)
