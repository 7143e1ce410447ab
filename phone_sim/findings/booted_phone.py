"""The findings about the files of a phone that has booted, by the rules that sites are checked with.

Pure: what the phone asked in its boot and what came of it go in. Nobody is asked again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial
from urllib.parse import unquote

from phone_sim.boot_server.site import Forbidden, Found, Missing, ReadAnswer
from phone_sim.findings.finding import Finding
from phone_sim.findings.offline_boot import OfflineBoot
from phone_sim.findings.site import in_order
from phone_sim.findings.site_check import SiteCheck
from phone_sim.findings.site_phones import any_other
from phone_sim.findings.site_rules import NO_MASTER
from phone_sim.findings.subject import Subject, make_subject
from phone_sim.firmware.boot import InService, local_date
from phone_sim.firmware.effects import Fetch, Fetched, NotFound, Refused, TransferFailed
from phone_sim.firmware.local_time import UNSET_CLOCK
from phone_sim.firmware.master_config import DEFAULT_NAME
from phone_sim.firmware.parameters.dictionary import ParameterDictionary
from phone_sim.runtime.exchange import Exchange


def findings_of(service: InService, exchanges: Iterable[Exchange]) -> tuple[Finding, ...]:
    """The findings about the files that a phone read in its boot, and about its parameters in force; by file and line.

    `exchanges` are those of the boot. A file below the root of the boot server is named by its path there, any other
    by its URL. Files of which nothing came are not judged: that the boot server is silent is no fault of a file.
    """
    boot = boot_of(service, exchanges)
    identity = boot.identity
    subject = replace(
        _usual_subject(identity.profile.version, identity.dictionary),
        on=local_date(service.session, service.reading) or UNSET_CLOCK.date(),
        profile=identity.profile,
        models=(identity.model,),
        are_chosen=True,
        anchor=identity.anchor,
    )
    # With the default master, it is not taken for a site that has these phones only.
    names = {*boot.answers, DEFAULT_NAME}
    check = SiteCheck(_GivenFiles(boot.answers), names, subject, any_other([identity.mac]))
    check.look_at_boot(boot)
    found = in_order(check.findings(phones=1))
    is_answered = service.configuration.answered
    return tuple(one for one in found if is_answered or one.rule is not NO_MASTER)


def boot_of(service: InService, exchanges: Iterable[Exchange]) -> OfflineBoot:
    """The boot of a phone, to be looked at as if its files were a site."""
    server = service.session.server
    place = partial(_path, server.root if server is not None else "")
    answers = {
        place(exchange.url): answer
        for exchange in exchanges
        if isinstance(exchange.request, Fetch) and (answer := _answer(exchange)) is not None
    }
    return OfflineBoot(
        session=service.session,
        configuration=service.configuration,
        answers=answers,
        elsewhere=(),
        path_of_url=place,
    )


@dataclass(frozen=True, slots=True)
class _GivenFiles:
    """What the boot server gave, as a site."""

    answers: Mapping[str, ReadAnswer]

    def names(self) -> Iterable[str]:
        return self.answers.keys()

    def read(self, path: str) -> ReadAnswer:
        return self.answers.get(path, Missing())


@lru_cache(maxsize=16)  # the phones of a fleet are of few versions
def _usual_subject(firmware: str, dictionary: ParameterDictionary) -> Subject:
    return make_subject(firmware, on=date.min, dictionary=dictionary)


def _path(root: str, url: str) -> str:
    """The path below the root of the boot server; the URL of what is elsewhere."""
    plain = url.partition("?")[0]
    return unquote(plain.removeprefix(root)) if root and plain.startswith(root) else plain


def _answer(exchange: Exchange) -> ReadAnswer | None:
    match exchange.reply:
        case Fetched(data=data):
            return Found(data=data)
        case NotFound():
            return Missing()
        case Refused(reason=reason) | TransferFailed(reason=reason, unanswered=False):
            return Forbidden(reason=reason)
        case _:
            return None
