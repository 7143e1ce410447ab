"""What the audit asks a boot server for by itself, after the phones have booted. It asks nothing."""

import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

from phone_sim.audit.observations import LIST, AuditQuestion
from phone_sim.audit.plan import AuditPlan
from phone_sim.firmware.location import BootServerAddress, Location
from phone_sim.firmware.master_config import DEFAULT_NAME, MasterConfiguration
from phone_sim.licensing.license_file import FILE_ENDING, SITE_FILE

_LISTS_BY = {"http": "GET", "https": "GET", "ftp": LIST, "ftps": LIST}


def questions(
    plan: AuditPlan, server: BootServerAddress, master: MasterConfiguration, logs: str
) -> Iterator[tuple[AuditQuestion, str, Location]]:
    """What is asked, by which method and where, in order; only what the protocol knows."""
    is_http = server.root.startswith("http")
    nobody, beside = f"{secrets.token_hex(8)}.cfg", plan.outside or f"{secrets.token_hex(8)}.cfg"
    main = server.master or DEFAULT_NAME
    licenses = master.license_directory
    upper = plan.mac.digits.upper()
    own = f"{plan.mac}{FILE_ENDING}"
    rows = [
        (AuditQuestion.MASTER, "GET", "", main),
        (AuditQuestion.MISSING, "GET", "", nobody),
        (AuditQuestion.MASTER_AGAIN, "GET", "", main),
        (AuditQuestion.MASTER_HEAD, "HEAD", "", main),
        (AuditQuestion.MISSING_HEAD, "HEAD", "", nobody),
        (AuditQuestion.SITE_LICENSE, "GET", licenses, SITE_FILE),
        (AuditQuestion.OWN_LICENSE, "GET", licenses, own),
        (AuditQuestion.SITE_LICENSE_AGAIN, "GET", licenses, SITE_FILE),
        (AuditQuestion.OWN_LICENSE_AGAIN, "GET", licenses, own),
        (AuditQuestion.UPPER_LICENSE, "GET", licenses, f"{upper}{FILE_ENDING}"),
        (AuditQuestion.OWN_CONFIGURATION, "GET", "", f"{plan.mac}.cfg"),
        (AuditQuestion.UPPER_CONFIGURATION, "GET", "", f"{upper}.cfg"),
        (AuditQuestion.OTHER_LICENSE, "GET", licenses, f"{plan.other_mac}{FILE_ENDING}"),
        (AuditQuestion.OTHER_CONFIGURATION, "GET", "", f"{plan.other_mac}.cfg"),
        (AuditQuestion.UPLOADED_LOG, "GET", logs, f"{plan.mac}-app.log"),
    ]
    for ask, method, folder, name in rows:
        location = server.locate(folder, name)
        # Another server is not the one that the user named.
        if location is not None and is_same_server(location, server) and (is_http or method == "GET"):
            yield ask, method, location
    if (lists := _LISTS_BY.get(urlsplit(server.root).scheme)) is not None:
        yield AuditQuestion.ROOT_LISTING, lists, below(server, "")
        place = server.locate(licenses, own)
        if place is not None and licenses and is_same_server(place, server):
            url = place.url.rpartition("/")[0] + "/"
            yield AuditQuestion.LICENSE_LISTING, lists, Location(url=url, credentials=place.credentials)
    yield AuditQuestion.OUTSIDE, "GET", below(server, f"%2E%2E/{beside}")
    yield AuditQuestion.CLAMPED, "GET", below(server, f"%2E%2E/{main}")
    yield AuditQuestion.DOTTED, "GET", below(server, f"x/%2E%2E/{main}")


def below(server: BootServerAddress, path: str) -> Location:
    """A place below the root of the server."""
    return Location(url=server.root + path, credentials=server.credentials)


def is_same_server(location: Location, server: BootServerAddress) -> bool:
    """True for a place on the server that the user named."""
    return urlsplit(location.url)[:2] == urlsplit(server.root)[:2]
