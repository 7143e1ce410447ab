"""Checks of how a server answers: files that are there, files that are not, heads, connections, time.

Pure: each function judges observations and asks nothing. The words for people are in `checks`.
"""

from statistics import median

from phone_sim.audit.finding import Judgment, bad, good, good_if, not_applicable, unknown
from phone_sim.audit.observations import AnswerOutcome, AuditQuestion, Observations, ObservedAnswer
from phone_sim.audit.remedies import remedy_of_status
from phone_sim.bounded_xml import is_gzip

_PLAIN_TYPES = ("text/xml", "application/xml", "text/plain", "application/octet-stream")
_LICENSES = (AuditQuestion.SITE_LICENSE, AuditQuestion.OWN_LICENSE)
_TWICE = (
    (AuditQuestion.MASTER, AuditQuestion.MASTER_AGAIN),
    (AuditQuestion.SITE_LICENSE, AuditQuestion.SITE_LICENSE_AGAIN),
    (AuditQuestion.OWN_LICENSE, AuditQuestion.OWN_LICENSE_AGAIN),
)
# Of a phone's time limit: over these, a boot of a dozen files gets long, or one bad moment ends it.
_TYPICAL_SHARE, _WORST_SHARE = 0.1, 0.5


BEHIND_LOGIN = "behind a login: see the check login"
"""Why there is nothing to judge."""


def missing_files(seen: Observations) -> Judgment:
    """A name that nobody has is answered as missing."""
    return _as_missing([seen.answers[AuditQuestion.MISSING]] if AuditQuestion.MISSING in seen.answers else [], None)


def missing_licenses(seen: Observations) -> Judgment:
    """An activation file that is not there is answered as missing."""
    answers = [seen.answers[ask] for ask in _LICENSES if ask in seen.answers and not seen.is_real(ask)]
    if not answers and all(ask in seen.answers for ask in _LICENSES):
        return not_applicable("there are both activation files")
    return _as_missing(answers, seen.answers.get(AuditQuestion.MISSING))


def _as_missing(answers: list[ObservedAnswer], usual: ObservedAnswer | None) -> Judgment:
    """Whether names are answered as missing; `usual` is the answer to a name that nobody has, None for that itself."""
    if answers and all(answer.wants_login for answer in answers):
        return not_applicable(BEHIND_LOGIN)
    wrong = [answer for answer in answers if answer.outcome in (AnswerOutcome.FOUND, AnswerOutcome.REFUSED)]
    if wrong:
        # The status of every missing file tells nothing of this one.
        own = [one for one in wrong if usual is not None and one.code != usual.code]
        remedies = (remedy_of_status(one.code, one.protocol) for one in own)
        return bad(*wrong, remedy=next(filter(None, remedies), ""))
    right = [answer for answer in answers if answer.outcome is AnswerOutcome.MISSING]
    return good(*right) if right else unknown(*answers)


def content_type(seen: Observations) -> Judgment:
    """Configuration and activation files have a type that no proxy rewrites."""
    if not seen.is_http:
        return not_applicable(f"{seen.scheme} has no content types")
    files = [answer for answer in seen.found(AuditQuestion.MASTER, *_LICENSES) if not seen.looks_missing(answer)]
    if not files:
        return unknown("no file was served")
    types = [answer.headers.get("content-type", "").partition(";")[0].strip().lower() for answer in files]
    if any(kind and kind not in _PLAIN_TYPES for kind in types):
        return bad(*files)
    return good(*files) if all(types) else unknown(*files, "no type is named, and whoever passes it on will guess")


def same_bytes(seen: Observations) -> Judgment:
    """A file that is asked for twice is the same, and not packed."""
    pairs = [seen.found(*pair) for pair in _TWICE]
    both = [pair for pair in pairs if len(pair) == 2]
    if not both:
        return unknown("no file was served twice")
    altered = [answer for pair in both for answer in pair if pair[0].body != pair[1].body]
    packed = [
        f"{answer}, Content-Encoding: {answer.headers['content-encoding']}"
        for pair in both
        for answer in pair
        if answer.headers.get("content-encoding", "identity").lower() != "identity"
    ]
    packed += [f"{answer}: gzip by its bytes" for pair in both for answer in pair if is_gzip(answer.body)]
    return bad(*altered, *packed) if altered or packed else good(*(answer for pair in both for answer in pair))


def license_not_cached(seen: Observations) -> Judgment:
    """Activation files come from the server itself, and nobody on the way may keep them."""
    if not seen.is_http:
        return not_applicable(f"{seen.scheme} has no caches")
    files = [answer for ask in _LICENSES if seen.is_real(ask) for answer in seen.found(ask)]
    if not files:
        return not_applicable("there is no activation file")
    notes = [_cache_note(answer) for answer in files]
    return good_if(not any(_may_be_stale(answer) for answer in files), *notes)


def _cache_note(answer: ObservedAnswer) -> str:
    named = ("cache-control", "age", "etag", "expires", "x-cache", "via")
    told = ", ".join(f"{name}: {answer.headers[name]}" for name in named if name in answer.headers)
    return f"{answer}; {told or 'nothing about caches'}"


def _may_be_stale(answer: ObservedAnswer) -> bool:
    control = [word.strip() for word in answer.headers.get("cache-control", "").lower().split(",")]
    lifetimes = [word.partition("=")[2] for word in control if word.startswith(("max-age=", "s-maxage="))]
    kept = any(life.strip('"').lstrip("0") for life in lifetimes) and not {"no-cache", "no-store"} & set(control)
    aged = bool(answer.headers.get("age", "0").lstrip("0"))
    return kept or aged or "hit" in answer.headers.get("x-cache", "").lower()


def head(seen: Observations) -> Judgment:
    """HEAD says what GET says."""
    if not seen.is_http:
        return not_applicable(f"{seen.scheme} has no HEAD")
    pairs = ((AuditQuestion.MASTER, AuditQuestion.MASTER_HEAD), (AuditQuestion.MISSING, AuditQuestion.MISSING_HEAD))
    asked = [(seen.answers[get], seen.answers[told]) for get, told in pairs if {get, told} <= seen.answers.keys()]
    if not asked or any(answer.outcome is AnswerOutcome.FAILED for pair in asked for answer in pair):
        return unknown(*(answer for pair in asked for answer in pair))
    wrong = [answer for pair in asked if not _agree(*pair) for answer in pair]
    return bad(*wrong) if wrong else good(*(told for _, told in asked))


def _agree(get: ObservedAnswer, told: ObservedAnswer) -> bool:
    if get.redirects and told.is_redirect:
        return get.redirects[0].status == told.code
    length = told.headers.get("content-length")
    right_length = get.outcome is not AnswerOutcome.FOUND or length is None or length == str(len(get.body))
    return get.outcome is told.outcome and right_length


def keep_alive(seen: Observations) -> Judgment:
    """Several requests go over one connection."""
    if not seen.is_http or seen.connections is None:
        return not_applicable(f"{seen.scheme} has a connection for each file")
    asked = len(seen.answers)
    # A connection that is refused something may be closed for that.
    served = sum(answer.outcome in (AnswerOutcome.FOUND, AnswerOutcome.MISSING) for answer in seen.answers.values())
    if seen.connections == 0 or served < 3:
        return unknown(f"of {asked} requests {served} were answered with a file, or that there is none")
    return good_if(seen.connections <= asked // 2, f"{asked} requests over {seen.connections} connections")


def answer_time(seen: Observations) -> Judgment:
    """Answers come well within a phone's limit."""
    times = [answer.seconds for answer in seen.requests]
    if not times:
        return unknown("nothing was asked")
    typical, worst = median(times), max(seen.requests, key=lambda answer: answer.seconds)
    told = f"median {typical:.3f} s, worst {worst.seconds:.3f} s of {len(times)} answers; the limit is {seen.limit:g} s"
    quick = typical <= _TYPICAL_SHARE * seen.limit and worst.seconds <= _WORST_SHARE * seen.limit
    if quick and all(answer.outcome is AnswerOutcome.FAILED for answer in seen.requests):
        return unknown("there was no whole answer", f"slowest: {worst}")
    return good_if(quick, told, f"slowest: {worst}")


def upper_case_names(seen: Observations) -> Judgment:
    """The files of a phone are under the names that phones ask for, with the MAC in lower case."""
    pairs = (
        (AuditQuestion.OWN_LICENSE, AuditQuestion.UPPER_LICENSE),
        (AuditQuestion.OWN_CONFIGURATION, AuditQuestion.UPPER_CONFIGURATION),
    )
    lost = [seen.answers[upper] for lower, upper in pairs if seen.is_real(upper) and not seen.is_real(lower)]
    if lost:
        return bad(*lost)
    kept = [answer for lower, _ in pairs if seen.is_real(lower) for answer in seen.found(lower)]
    return good(*kept) if kept else not_applicable("the server has no file of this phone's own")
