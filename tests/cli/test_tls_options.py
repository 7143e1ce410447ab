"""What the options of a phone say of TLS, and what its firmware is known to speak."""

import pytest

from phone_sim.cli.tls_options import phone_tls
from phone_sim.errors import UsageError


def offered(firmware: str = "3.3.0", tls_min: str | None = None, tls_max: str | None = None) -> tuple[str, str]:
    tls = phone_tls(firmware, ca_file=None, client_cert=None, tls_min=tls_min, tls_max=tls_max, ciphers="")
    return tls.oldest, tls.newest_spoken


def test_phone_offers_what_is_said_or_what_its_firmware_is_known_to_speak() -> None:
    assert offered() == ("1.2", "1.3")
    assert offered("4.0.15.1009") == ("1.2", "1.2")
    assert offered("4.0.15.1009", tls_max="1.3") == ("1.2", "1.3")
    assert offered(tls_max="1.0") == ("1.0", "1.0")
    assert offered(tls_min="1.1", tls_max="1.2") == ("1.1", "1.2")


def test_version_that_the_firmware_is_not_known_to_speak_is_refused_with_words() -> None:
    with pytest.raises(UsageError) as caught:
        offered("4.0.15", tls_min="1.3")
    assert str(caught.value) == (
        "--tls-min 1.3: firmware 4.0.15 is known to speak TLS 1.0 to 1.2; --tls-max sets another newest version"
    )
