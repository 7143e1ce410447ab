"""Facts of a phone itself, after its last boot: from its exchanges, parameters, license keys and gates.

What only its log tells, such as damaged flash, is not known here.
"""

from collections.abc import Iterable, Iterator

from phone_sim.fault_catalog.conclusion import KnownPhone
from phone_sim.fault_catalog.exchange_facts import exchange_facts, expired_license
from phone_sim.fault_catalog.facts import (
    Condition,
    Fact,
    FeatureNotOnModel,
    FeatureOff,
    FeatureSwitchedOff,
    LicenseRefused,
    NoConfiguration,
    ParameterUnused,
)
from phone_sim.findings.booted_phone import findings_of
from phone_sim.findings.parameter_files import MISSPELLED
from phone_sim.firmware.boot import InService, local_date
from phone_sim.firmware.features import Enabled, NotLicensed, NotOnThisModel, OffByConfiguration
from phone_sim.firmware.parameters.dictionary import TRUTH
from phone_sim.firmware.parameters.layers import Parameters
from phone_sim.runtime.driven_phone import DrivenPhone
from phone_sim.runtime.exchange import Exchange


def known_phone(phone: DrivenPhone, *, wrote_log: bool) -> KnownPhone:
    """What is known of a phone; nothing before it has booted."""
    service = phone.driver.phone.service
    if service is None:
        return KnownPhone(wrote_log=wrote_log)
    of_files = tuple(exchange_facts(service, phone.driver.exchanges))
    facts = (
        *of_files,
        *_boot_facts(service),
        *_misspelled(service, phone.driver.boot_exchanges),
        *_switched_off(service),
        *_license_facts(service, of_files),
    )
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


def _misspelled(service: InService, exchanges: Iterable[Exchange]) -> Iterator[ParameterUnused]:
    """The parameters that a phone ignores without a word, since their names are like known ones but for a letter."""
    for one in findings_of(service, exchanges):
        if one.rule is MISSPELLED:
            place = f"{one.place.file}, line {one.place.line}" if one.place.line is not None else one.place.file
            yield ParameterUnused(name=one.place.parameter, place=place, why=one.message)


def _switched_off(service: InService) -> Iterator[FeatureSwitchedOff]:
    """The features that one file switches on, and another one that goes before it off."""
    for gate in service.gates:
        if isinstance(gate, OffByConfiguration) and gate.switch is not None:
            setting = service.parameters[gate.switch]
            if any(TRUTH.get(one.value) for one in setting.masked):
                yield FeatureSwitchedOff(feature=gate.feature.key, setting=str(setting))


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
