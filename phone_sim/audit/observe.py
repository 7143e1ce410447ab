"""Asks a boot server all that the audit wants to know, one request at a time, within bounds.

First phones boot, each model with either license rule and all with one MAC; then the audit asks by itself. It uploads
nothing but the logs of these phones, `<mac>-app.log` and with the boot ROM `<mac>-boot.log`, and, where the server has
none, an override file that sets nothing, `<mac>-phone.cfg`. It does not know what is good or bad.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

from phone_sim.audit.bounds import AuditBounds, BoundedTransport, Probe, TransportProbe
from phone_sim.audit.complaints import complaints_in
from phone_sim.audit.file_checks import look_into_files
from phone_sim.audit.ftp_probe import FtpProbe
from phone_sim.audit.http_probe import HttpProbe
from phone_sim.audit.observations import (
    AnswerOutcome,
    AuditQuestion,
    Observations,
    ObservedAnswer,
    ObservedBoot,
    OverridesSeen,
    TftpSeen,
    TlsSeen,
)
from phone_sim.audit.override_probe import look_at_overrides
from phone_sim.audit.plan import AuditPlan
from phone_sim.audit.questions import below, is_same_server, questions
from phone_sim.audit.tftp_probe import look_at_tftp
from phone_sim.audit.tls_probe import look_at_tls
from phone_sim.errors import BootServerUnreachableError, LifecycleError
from phone_sim.firmware.effects import TransferFailed
from phone_sim.firmware.license_fetch import rule_name
from phone_sim.firmware.location import BootServerAddress, Location
from phone_sim.firmware.master_config import DEFAULT_NAME, MasterConfiguration
from phone_sim.models import Model
from phone_sim.runtime.network import Network
from phone_sim.runtime.transport import network_transport
from phone_sim.runtime.transport.ftp import FtpTransport
from phone_sim.runtime.trust_file import load_anchor
from phone_sim.runtime.virtual_phone import VirtualPhone
from phone_sim.runtime.virtual_time import VirtualTime

REQUEST_LIMIT = 1000
"""Maximum number of requests of an audit; a model with both license rules makes fewer than thirty."""


_AS_ANSWERED = (
    AuditQuestion.ROOT_LISTING,
    AuditQuestion.LICENSE_LISTING,
    AuditQuestion.OUTSIDE,
    AuditQuestion.CLAMPED,
    AuditQuestion.DOTTED,
)
"""What no phone asks for: the audit does not look for it on the servers that redirects lead to."""


def observe(plan: AuditPlan, progress: Callable[[str], None] = lambda _: None) -> Observations:
    """Boot phones and ask; `progress` is told what is done next.

    An interruption does not lose what was seen so far: it is in the observations, for the caller to raise again.

    Raises:
        UsageError: the address or a file cannot be used.
        BootServerUnreachableError: the server gives no answer at all.
    """
    server = BootServerAddress.parse(plan.url)
    bounds = AuditBounds(count=REQUEST_LIMIT, seconds=plan.time_limit)
    boots: list[ObservedBoot] = []
    with bounds.ended_by_interruption():
        boots.extend(_boots(plan, server, bounds, progress))
    master = next((boot.master for boot in boots if not boot.problem), MasterConfiguration())
    # What is read back is what was taken last; another model may have another folder for it.
    logs = next((boot.master.log_file_directory for boot in reversed(boots) if boot.stored is not None), "")
    overrides: OverridesSeen | None = None
    with bounds.ended_by_interruption():
        overrides = _overrides(plan, server, bounds, boots)
    progress("asking for files")
    with _probe(plan, server, bounds) as probe:
        answers = _answers(probe, bounds, questions(plan, server, master, logs))
        connections = probe.connections if isinstance(probe, HttpProbe) else None
        challenge = probe.challenge if isinstance(probe, HttpProbe) else ""
    tls: TlsSeen | None = None
    tftp: TftpSeen | None = None
    with bounds.ended_by_interruption():
        tls, tftp = _tls(plan, server, bounds, progress), _tftp(plan, server, bounds)
    return Observations(
        url=server.root,
        scheme=urlsplit(server.root).scheme,
        has_password=server.credentials is not None,
        mac=plan.mac,
        other_mac=plan.other_mac,
        limit=plan.timeout,
        anchor=plan.anchor,
        test_anchor=load_anchor(),
        day=plan.now.date().isoformat(),
        answers=answers,
        boots=tuple(boots),
        firmware=plan.firmware,
        files=look_into_files(boots, server, plan.subject, plan.mac),
        connections=connections,
        challenge=challenge,
        tls=tls,
        tftp=tftp,
        overrides=overrides,
        outside_named=bool(plan.outside),
        cut_short=bounds.are_reached,
        interruption=bounds.interruption,
        requests=tuple(bounds.record),
    )


def _boots(
    plan: AuditPlan, server: BootServerAddress, bounds: AuditBounds, progress: Callable[[str], None]
) -> Iterator[ObservedBoot]:
    kinds = [(model, always) for model in plan.models for always in (True, False)]
    for number, (model, always) in enumerate(kinds):
        if bounds.are_reached:
            return
        progress(f"boot {number + 1} of {len(kinds)}: {model.name}, license rule {rule_name(always)}")
        boot = _boot(plan, model, always, bounds, plan.source_address(number))
        silent = [one.reply for one in boot.exchanges if isinstance(one.reply, TransferFailed)]
        if number == 0 and boot.problem and silent and silent[0].unanswered:
            raise BootServerUnreachableError(f"{server.root}: {silent[0].reason}")
        yield boot


def _boot(plan: AuditPlan, model: Model, always: bool, bounds: AuditBounds, source: str | None) -> ObservedBoot:
    with VirtualPhone(
        plan.url,
        model=model.token,
        mac=plan.mac,
        firmware=plan.firmware,
        trust=plan.anchor,
        always_fetches_license=always,
        boot_rom=plan.boot_rom,
        time=VirtualTime(plan.now),
        transport=_transport(plan, bounds, source),
        network=Network(other_boot_servers=False),
    ) as phone:
        phone.boot()
        service = phone.driver.phone.service
        if service is None:
            raise LifecycleError(f"{model.name} has not booted")
        return ObservedBoot(
            model=model,
            always=always,
            problem=service.configuration.problem,
            master=service.configuration.master,
            gates=service.gates,
            exchanges=phone.requests,
            parameters=service.parameters,
            complaints=tuple(complaints_in(phone.log_lines)),
            source_address=source,
        )


def _transport(plan: AuditPlan, bounds: AuditBounds, source: str | None) -> BoundedTransport:
    network = network_transport(
        limits=plan.limits,
        ca_file=plan.ca_file,
        client_cert=plan.client_cert,
        tls_max=plan.tls_max,
        ciphers=plan.ciphers,
        source_address=source,
    )
    return BoundedTransport(network, bounds)


def _overrides(
    plan: AuditPlan, server: BootServerAddress, bounds: AuditBounds, boots: list[ObservedBoot]
) -> OverridesSeen | None:
    """What the server does with an override file of the phone that booted last with a configuration."""
    booted = next((boot for boot in reversed(boots) if not boot.problem and boot.exchanges), None)
    if booted is None or bounds.are_reached:
        return None
    location = server.locate(booted.master.overrides_directory, f"{plan.mac}-phone.cfg")
    if location is None or not is_same_server(location, server):
        return None
    with closing(_transport(plan, bounds, plan.own_source_address)) as transport:
        return look_at_overrides(transport, location, booted.exchanges[-1].request.user_agent)


@contextmanager
def _probe(plan: AuditPlan, server: BootServerAddress, bounds: AuditBounds) -> Iterator[Probe]:
    user_agent = f"phone-sim audit ({plan.mac})"
    scheme, source = urlsplit(server.root).scheme, plan.own_source_address
    probe: Probe
    if scheme in ("http", "https"):
        probe = HttpProbe(plan.limits, plan.tls, user_agent, bounds, source)
    elif scheme in ("ftp", "ftps"):
        probe = FtpProbe(FtpTransport(plan.limits, plan.tls, source), user_agent, bounds)
    else:
        network = network_transport(limits=plan.limits, source_address=source)
        probe = TransportProbe(BoundedTransport(network, bounds), user_agent)
    with closing(probe):
        yield probe


def _answers(
    probe: Probe, bounds: AuditBounds, questions: Iterator[tuple[AuditQuestion, str, Location]]
) -> dict[AuditQuestion, ObservedAnswer]:
    answers: dict[AuditQuestion, ObservedAnswer] = {}
    for ask, method, location in questions:
        with bounds.ended_by_interruption():
            if isinstance(probe, HttpProbe) and method == "GET" and ask not in _AS_ANSWERED:
                answers[ask] = probe.ask_on(location)
            else:
                answers[ask] = probe.ask(location, method)
        if ask not in answers:
            answers[ask] = probe.ask(location, method)  # which says that it is not asked any more
    return answers


def _tls(
    plan: AuditPlan, server: BootServerAddress, bounds: AuditBounds, progress: Callable[[str], None]
) -> TlsSeen | None:
    if not server.root.startswith(("https:", "ftps:")) or bounds.interruption is not None:
        return None
    progress("trying the versions of TLS")
    return look_at_tls(server.root, plan.tls, seconds=plan.timeout, source_address=plan.own_source_address)


def _tftp(plan: AuditPlan, server: BootServerAddress, bounds: AuditBounds) -> TftpSeen | None:
    if not server.root.startswith("tftp:") or bounds.are_reached:
        return None
    location = below(server, server.master or DEFAULT_NAME)
    seen = look_at_tftp(location, seconds=plan.timeout, source_address=plan.own_source_address)
    outcome, status = (
        (AnswerOutcome.FAILED, seen.failure) if seen.failure else (AnswerOutcome.FOUND, "served block by block")
    )
    bounds.record.append(ObservedAnswer(method="RRQ", url=location.url, outcome=outcome, status=status))
    return seen
