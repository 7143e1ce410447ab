"""Checks of what is on a server: the master configuration file, what it lists, activation files, and what phones make
of them.

Pure: each function judges observations and asks nothing. The words for people are in `checks`.
"""

from collections.abc import Mapping
from datetime import date

from phone_sim.audit.finding import Judgment, bad, good, good_if, not_applicable, unknown
from phone_sim.audit.observations import AuditQuestion, Observations, ObservedAnswer, ObservedBoot
from phone_sim.bounded_xml import attributes, parse_xml
from phone_sim.errors import DocumentError, LicenseFileError
from phone_sim.firmware.effects import Fetched
from phone_sim.firmware.features import Enabled, NotLicensed
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.master_config import ATTRIBUTES, SIZE_LIMIT
from phone_sim.licensing.license_file import KEY_LIMIT, read_all
from phone_sim.licensing.license_key import Malformed
from phone_sim.licensing.verdict import Expired, SignatureNotValid, Valid, judge
from phone_sim.runtime.virtual_phone import request_line

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
        problems = [problem for boot in usable for problem in boot.master.problems]
        return bad(*dict.fromkeys(problems)) if problems else good(*_masters_asked(usable[0]))
    return bad(*_masters_asked(seen.boots[0])) if seen.boots else unknown("no phone was booted")


def _masters_asked(boot: ObservedBoot) -> list[str]:
    names = ("000000000000.cfg", f"{boot.exchanges[0].request.location.name}" if boot.exchanges else "")
    return [request_line(one) for one in boot.exchanges if one.request.location.name in names]


def files_present(seen: Observations) -> Judgment:
    """Each file of CONFIG_FILES is there, for each model."""
    listed: dict[str, bool] = {}
    for boot in seen.boots:
        server = BootServerAddress.parse(seen.url)
        urls = {place.url for name in boot.master.config_files if (place := server.locate("", name)) is not None}
        for one in boot.exchanges:
            if one.request.location.url in urls:
                listed.setdefault(request_line(one), isinstance(one.reply, Fetched))
    if not listed:
        return not_applicable("no file is listed") if any(not boot.problem for boot in seen.boots) else unknown()
    absent = [line for line, there in listed.items() if not there]
    return bad(*absent) if absent else good(*listed)


def model_suffixes(seen: Observations) -> Judgment:
    """Attributes with a model's suffix are for a model that there is."""
    names = [
        name
        for answer in seen.found(AuditQuestion.MASTER, AuditQuestion.OWN_CONFIGURATION)
        for name in _attribute_names(answer)
    ]
    suffixes = {name: name[len(base) + 1 :] for name in names for base in ATTRIBUTES if name.startswith(f"{base}_")}
    if not suffixes:
        return not_applicable("no attribute has the suffix of a model")
    known = {boot.model.suffix for boot in seen.boots}
    misspelled = [
        f"{name}: the suffix of that model is {fit}"
        for name, suffix in suffixes.items()
        if suffix not in known and (fit := suffix.replace("_", "").upper()) in known
    ]
    if misspelled:
        return bad(*misspelled)
    foreign = [f"{name}: no model that has licensing" for name, suffix in suffixes.items() if suffix not in known]
    own = [f"{name} is for {suffix}" for name, suffix in suffixes.items() if suffix in known]
    return unknown(*foreign, *own) if foreign else good(*own)


def _attribute_names(answer: ObservedAnswer) -> list[str]:
    try:
        return [name for name, _ in attributes(parse_xml(answer.body, limit=SIZE_LIMIT), below=True)]
    except DocumentError:
        return []


def features_licensed(seen: Observations) -> Judgment:
    """What is configured for use has a license."""
    lacking: dict[str, list[str]] = {}
    licensed: dict[str, list[str]] = {}
    for boot in seen.boots:
        for gate in boot.gates:
            groups = {NotLicensed: lacking, Enabled: licensed}.get(type(gate))
            if groups is not None and boot.always:
                groups.setdefault(gate.feature.name, []).append(boot.model.name)
    if not lacking and not licensed:
        return not_applicable("no feature that needs a license is configured for use")
    shown = [f"{feature}: {', '.join(models)}" for feature, models in (lacking or licensed).items()]
    if not lacking:
        return good(*shown)
    # A MAC without activation files may be no phone of this site, and without the public key no license is valid.
    is_known = seen.anchor is not None and any(seen.is_real(ask) for ask in _LICENSES)
    return (bad if is_known else unknown)("without a license for this MAC:", *shown)


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


def activation_files(seen: Observations) -> Judgment:
    """The license keys are what phones take."""
    files = [answer for ask in _LICENSES if seen.is_real(ask) for answer in seen.found(ask)]
    if not files:
        return not_applicable("there is no activation file")
    judged = [(answer, *_keys_of(answer, seen)) for answer in files]
    told = [line for answer, lines, _ in judged for line in (str(answer), *lines)]
    counts = [troubled for _, _, troubled in judged]
    if all(troubled is False for troubled in counts):
        return good(*told)
    if any(troubled for troubled in counts):
        return bad(*told)
    return unknown(*told, "name the public key of the authority: --trust")


def _keys_of(answer: ObservedAnswer, seen: Observations) -> tuple[list[str], bool | None]:
    """A line for each key, and whether one is bad; None when that cannot be said without the public key."""
    try:
        keys = read_all(answer.body)
    except LicenseFileError as error:
        return [f"not an activation file: {error}"], True
    lines, troubled = [], False
    undecided = False
    for number, key in enumerate(keys[:KEY_LIMIT], 1):
        words, is_bad = _key(key, seen)
        lines.append(f"key {number}: {words}")
        troubled |= is_bad is True
        undecided |= is_bad is None
    return lines, True if troubled else None if undecided else False


def _key(key: Mapping[str, str], seen: Observations) -> tuple[str, bool | None]:
    # Each key is judged as the phone that it is for would: a file may serve many phones (B6).
    serial = key.get("Serial", "")
    whose = f"serial {serial[:20]!r}"
    verdict = judge(
        key, serial=serial.upper(), anchor=seen.anchor or seen.test_anchor, today=date.fromisoformat(seen.day)
    )
    match verdict:
        case Valid():
            return f"valid, {whose}", False
        case Expired():
            return f"expired, {whose}", True
        case SignatureNotValid():
            return f"signature not valid, {whose}", True if seen.anchor is not None else None
        case Malformed():
            return f"malformed, {whose}: {verdict}", True
    return f"for nobody, {whose}", True


def own_key_present(seen: Observations) -> Judgment:
    """The phone's own activation file holds a key for that phone."""
    if not seen.is_real(AuditQuestion.OWN_LICENSE):
        return not_applicable("the phone has no activation file of its own")
    answer = seen.answers[AuditQuestion.OWN_LICENSE]
    try:
        keys = read_all(answer.body)
    except LicenseFileError:
        return bad(answer, "not an activation file")
    mine = [key for key in keys if key.get("Serial", "").upper() == seen.mac.serial or key.get("Type") == "Site"]
    return good_if(bool(mine), answer, f"{len(mine)} of {len(keys)} keys are for {seen.mac}")
