"""The plan of an audit, from the options of `phone-sim audit`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from phone_sim.cli.output import warn
from phone_sim.cli.tls_options import phone_tls
from phone_sim.errors import UsageError

if TYPE_CHECKING:
    from phone_sim.audit.plan import AuditPlan
    from phone_sim.models import Model


def make_plan(
    url: str,
    *,
    mac: str,
    other_mac: str | None,
    models: tuple[str, ...],
    firmware: str | None,
    sources: tuple[str, ...],
    trust: Path | None,
    ca_file: Path | None,
    client_cert: Path | None,
    tls_max: str | None,
    ciphers: str,
    outside: str,
    boot_rom: bool,
    timeout: float,
    time_limit: float,
) -> "AuditPlan":
    """The plan of an audit of the boot server at `url`; what is None is not said.

    Raises:
        UsageError: an option or a file that it names cannot be used.
    """
    from phone_sim.audit.plan import BOOTS_OF_MODEL, AuditPlan, following
    from phone_sim.firmware.profile import usual_firmware
    from phone_sim.mac_address import MacAddress
    from phone_sim.runtime.model_files import load_model
    from phone_sim.runtime.trust_file import load_anchor

    phone = MacAddress.parse(mac)
    firmware = firmware or usual_firmware(map(load_model, models))
    chosen = _models(models, firmware)
    tls = phone_tls(firmware, ca_file=ca_file, client_cert=client_cert, tls_min=None, tls_max=tls_max, ciphers=ciphers)
    return AuditPlan(
        url=_checked(url),
        now=datetime.now(UTC),
        mac=phone,
        other_mac=following(phone) if other_mac is None else MacAddress.parse(other_mac),
        models=chosen,
        models_are_chosen=bool(models),
        firmware=firmware,
        source_addresses=_addresses(sources, BOOTS_OF_MODEL * len(chosen) + 1),
        anchor=None if trust is None else load_anchor(trust),
        ca_file=ca_file,
        client_cert=client_cert,
        tls_max=tls.newest_spoken,
        ciphers=ciphers,
        timeout=timeout,
        time_limit=time_limit,
        outside=outside,
        boot_rom=boot_rom,
    )


def _models(names: tuple[str, ...], firmware: str) -> "tuple[Model, ...]":
    """The models that are named, each once, or those of the bulletin that have licensing with this firmware."""
    from phone_sim.firmware.profile import profile_for
    from phone_sim.runtime.model_files import load_model, load_models

    profile = profile_for(firmware)
    chosen = {model.token: model for model in map(load_model, names)}
    usual = (one for one in load_models() if one.is_in_bulletin and profile.supports_licensing(one))
    models = tuple(chosen.values()) or tuple(usual)
    for model in chosen.values():
        warn(model.firmware_warning(firmware))
    return models


def _addresses(sources: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The first `count` of the addresses in the options; each is one of this machine."""
    from ipaddress import ip_network
    from itertools import chain, islice

    from phone_sim.runtime.transport import network_transport

    try:
        networks = [ip_network(source, strict=False) for source in sources]
        addresses = tuple(map(str, islice(chain.from_iterable(network.hosts() for network in networks), count)))
        for address in addresses:
            network_transport(source_address=address).close()
    except (ValueError, UsageError) as error:
        raise UsageError(f"--source-address: {error}") from error
    return addresses


def _checked(url: str) -> str:
    from phone_sim.firmware.location import BootServerAddress
    from phone_sim.runtime.transport import check_addresses

    BootServerAddress.parse(url)  # one, and not several
    check_addresses(url)
    return url
