"""Facts of a phone itself, after its last boot: from its exchanges, parameters, license keys and gates.

What only its log tells, such as damaged flash, is not known here.
"""

from collections.abc import Iterator

from phone_sim.fault_catalog.conclusion import KnownPhone
from phone_sim.fault_catalog.exchange_facts import exchange_facts, expired_license
from phone_sim.fault_catalog.facts import (
    Condition,
    Fact,
    FeatureNotOnModel,
    FeatureOff,
    LicenseRefused,
    NoConfiguration,
    ParameterUnused,
)
from phone_sim.firmware.boot import InService, local_date
from phone_sim.firmware.features import Enabled, NotLicensed, NotOnThisModel
from phone_sim.firmware.parameters.layers import Parameters
from phone_sim.runtime.driven_phone import DrivenPhone


def known_phone(phone: DrivenPhone, *, wrote_log: bool) -> KnownPhone:
    """What is known of a phone; nothing before it has booted."""
    service = phone.driver.phone.service
    if service is None:
        return KnownPhone(wrote_log=wrote_log)
    of_files = tuple(exchange_facts(service, phone.driver.exchanges))
    facts = (*of_files, *_boot_facts(service), *_license_facts(service, of_files))
    licensed = tuple(gate.feature.key for gate in service.gates if isinstance(gate, Enabled))
    return KnownPhone(facts=tuple(dict.fromkeys(facts)), licensed=licensed, wrote_log=wrote_log)


def _boot_facts(service: InService) -> Iterator[Fact]:
    """What the phone knows of its configuration and its time."""
    configuration = service.configuration
    if service.session.server is None:
        yield Condition.NO_BOOT_SERVER
    elif configuration.problem:
        yield NoConfiguration(keeps_last=configuration.parameters != Parameters())
    if service.session.no_time is not None:
        yield Condition.NO_TIME
    for bad in service.session.settings.problems:
        place = configuration.parameters.place(bad.name, service.session.identity.mac)
        yield ParameterUnused(name=bad.name, place=place, why=f"not {bad.expected}")


def _license_facts(service: InService, of_files: tuple[Fact, ...]) -> Iterator[Fact]:
    """What the phone knows of its licenses besides their files, and of the features that it was to have."""
    identity = service.session.identity
    if not identity.profile.supports_licensing(identity.model) and _off(service):
        yield Condition.FIRMWARE_TOO_OLD
    today = local_date(service.session, service.reading)
    of_file = {fact.serial for fact in of_files if isinstance(fact, LicenseRefused)}
    for key in service.ring.keys:
        if key.serial not in of_file and all(grant.expiry.is_over(today) for grant in key.grants):
            yield expired_license(key)
    yield from _off(service)
    for gate in service.gates:
        if isinstance(gate, NotOnThisModel) and gate.configured:
            yield FeatureNotOnModel(feature=gate.feature.key)


def _off(service: InService) -> list[FeatureOff]:
    return [FeatureOff(feature=gate.feature.key) for gate in service.gates if isinstance(gate, NotLicensed)]
