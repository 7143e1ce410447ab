"""Checks of how phones boot from a server: the master configuration file, the files that it lists, features.

Pure: each function judges observations and asks nothing. The words for people are in `checks`.
"""

from collections.abc import Iterator

from phone_sim.audit.answer_checks import BEHIND_LOGIN
from phone_sim.audit.finding import Judgment, bad, good, not_applicable, unknown
from phone_sim.audit.observations import AuditQuestion, Observations, ObservedBoot, wants_login
from phone_sim.audit.remedies import remedy_of
from phone_sim.findings.finding import Severity
from phone_sim.findings.site_check import CALL_LISTS_ENDING, DIRECTORY_ENDING
from phone_sim.firmware.boot_rom import BOOT_ROM_FILE
from phone_sim.firmware.effects import Fetch, Fetched, NotFound, Stream, Streamed, Upload
from phone_sim.firmware.features import Enabled, Gate, NotCovered, NotLicensed, OffByConfiguration
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.parameters.layers import LayerKind
from phone_sim.firmware.parameters.provenance import Setting
from phone_sim.models import Feature
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.virtual_phone import request_line

_OF_THE_USER = (DIRECTORY_ENDING, CALL_LISTS_ENDING)
_LICENSES = (AuditQuestion.SITE_LICENSE, AuditQuestion.OWN_LICENSE)


def every_model_boots(seen: Observations) -> Judgment:
    """Each model gets its configuration."""
    if not seen.boots:
        return unknown("no phone was booted")
    stuck = [f"{boot.model.name}, license rule {boot.rule}: {boot.problem}" for boot in seen.boots if boot.problem]
    if seen.cut_short and not stuck:
        return unknown(f"{len(seen.boots)} boots, then the audit was cut short")
    models = {boot.model.token for boot in seen.boots}
    return bad(*stuck) if stuck else good(f"{len(seen.boots)} boots of {len(models)} models")


def master_readable(seen: Observations) -> Judgment:
    """There is a master configuration file that a phone can read."""
    usable = [boot for boot in seen.boots if not boot.problem]
    if usable:
        return good(*map(request_line, _masters_asked(usable[0])))
    if not seen.boots:
        return unknown("no phone was booted")
    asked = _masters_asked(seen.boots[0])
    return bad(*map(request_line, asked), remedy=remedy_of(one.reply for one in asked))


def _masters_asked(boot: ObservedBoot) -> list[Exchange]:
    names = ("000000000000.cfg", f"{boot.exchanges[0].request.location.name}" if boot.exchanges else "")
    return [one for one in boot.exchanges if one.request.location.name in names]


def files_present(seen: Observations) -> Judgment:
    """Each file of CONFIG_FILES is there, for each model. That a file by the name of a phone is not may be meant so."""
    listed: dict[str, bool] = {}
    own: set[str] = set()
    replies: list[object] = []
    is_locked = False
    server = BootServerAddress.parse(seen.url)
    for boot in seen.boots:
        names = {place.url: name for name in boot.master.config_files if (place := server.locate("", name)) is not None}
        for one in boot.exchanges:
            name = names.get(one.request.location.url)
            if name is not None:
                line = request_line(one)
                if wants_login(one.reply):
                    is_locked = True
                    continue  # the check of the login says that
                replies.append(one.reply)
                listed.setdefault(line, isinstance(one.reply, Fetched))
                if isinstance(one.reply, NotFound) and _is_own(name, boot, seen):
                    own.add(line)
    if not listed and is_locked:
        return not_applicable(BEHIND_LOGIN)
    if not listed:
        return not_applicable("no file is listed") if any(not boot.problem for boot in seen.boots) else unknown()
    absent = [line for line, there in listed.items() if not there]
    if not absent:
        return good(*listed)
    return bad(*absent, severity=Severity.INFO if own.issuperset(absent) else None, remedy=remedy_of(replies))


def _is_own(name: str, boot: ObservedBoot, seen: Observations) -> bool:
    return any(part in name for part in (seen.mac.digits, boot.model.suffix, boot.model.part_number))


def firmware_images(seen: Observations) -> Judgment:
    """The image that APP_FILE_PATH names for a model is served, under one of the names that the phone tries."""
    tried = [[one for one in boot.exchanges if _is_firmware(one.request)] for boot in seen.boots]
    last = [images[-1] for images in tried if images]
    if not last:
        return not_applicable("no phone asked for a firmware image; with --boot-rom they ask")
    lacking = dict.fromkeys(request_line(one) for one in last if not isinstance(one.reply, Streamed))
    return bad(*lacking) if lacking else good(*dict.fromkeys(map(request_line, last)))


def _is_firmware(request: Fetch | Stream | Upload) -> bool:
    return isinstance(request, Stream) and request.location.name != BOOT_ROM_FILE


def contact_directory(seen: Observations) -> Judgment:
    """A contact directory, or call lists, are served or answered as missing."""
    asked = [one for one in seen.exchanges if one.request.location.name.endswith(_OF_THE_USER)]
    if asked and all(wants_login(one.reply) for one in asked):
        return not_applicable(BEHIND_LOGIN)
    refused = [one for one in asked if not isinstance(one.reply, Fetched | NotFound)]
    if refused:
        return bad(*map(request_line, refused), remedy=remedy_of(one.reply for one in refused))
    served = [request_line(one) for one in asked if isinstance(one.reply, Fetched)]
    return good(*served) if served else not_applicable("the server has no contact directory")


def features_licensed(seen: Observations) -> Judgment:
    """What is configured for use has a license."""
    lacking: dict[str, list[str]] = {}
    licensed: dict[str, list[str]] = {}
    for boot in seen.boots:
        for gate in boot.gates:
            groups = {NotLicensed: lacking, Enabled: licensed}.get(type(gate))
            if groups is not None and boot.always:
                groups.setdefault(gate.feature.name, []).append(boot.model.name)
    unclear = {gate.feature.name for boot in seen.boots for gate in boot.gates if _is_unclear(gate)}
    if not lacking and unclear:
        return unknown(f"configured, and not covered by the bulletin: {', '.join(sorted(unclear))}")
    if not lacking and not licensed:
        return not_applicable("no feature that needs a license is configured for use")
    shown = [f"{feature}: {', '.join(models)}" for feature, models in (lacking or licensed).items()]
    if not lacking:
        return good(*shown)
    # A MAC without activation files may be no phone of this site, and without the public key no license is valid.
    is_known = seen.anchor is not None and any(seen.is_real(ask) for ask in _LICENSES)
    return (bad if is_known else unknown)("without a license for this MAC:", *shown)


def _is_unclear(gate: Gate) -> bool:
    return isinstance(gate, NotCovered) and gate.configured


def license_rules_agree(seen: Observations) -> Judgment:
    """Phones that ask for licenses always and those that ask when in need end with the same features."""
    gates: dict[tuple[str, bool], tuple[tuple[str, str], ...]] = {}
    for boot in seen.boots:
        if boot.problem:
            continue  # without a configuration no feature is in use, so that all agree
        kinds = tuple((gate.feature.key, type(gate).__name__) for gate in boot.gates)
        gates[boot.model.name, boot.always] = kinds
    models = [model for model, always in gates if always and (model, False) in gates]
    if not models:
        return unknown("no model has a configuration with both rules")
    differ = [f"{model}: its features differ" for model in models if gates[model, True] != gates[model, False]]
    return bad(*differ) if differ else good(f"the same features on {len(models)} models")


def overrides(seen: Observations) -> Judgment:
    """No override switches a feature off that the site switches on."""
    # One boot of each model: the license rule changes nothing about parameters.
    boots = [boot for boot in seen.boots if boot.always and not boot.problem]
    if not boots:
        return unknown("no phone has a configuration")
    off = dict.fromkeys(
        f"{feature.name} is off: {setting}" for boot in boots for feature, setting in _off_by_override(boot)
    )
    return bad(*off) if off else good("no override switches a feature off")


def switches_overridden(seen: Observations) -> frozenset[str]:
    """The parameters by which overrides switch features off that the site switches on."""
    return frozenset(setting.name for boot in seen.boots for _, setting in _off_by_override(boot))


def _off_by_override(boot: ObservedBoot) -> Iterator[tuple[Feature, Setting]]:
    for gate in boot.gates:
        if isinstance(gate, OffByConfiguration) and gate.switch is not None:
            setting = boot.parameters[gate.switch]
            source = setting.decided_by
            if source is not None and source.kind is LayerKind.OVERRIDE and setting.is_in_conflict:
                yield gate.feature, setting


def nothing_else(seen: Observations) -> Judgment:
    """Each complaint in the phones' logs belongs to another check; `with_complaints` adds those that do not."""
    return good(f"no complaint in the logs of {len(seen.boots)} boots is a fault that no other check tells")
