"""The faults of boot servers that are told in the guide, and why a command does not name one of them."""

from phone_sim.licensing.license_file import write
from tests.faults_seen.commands import COMMANDS
from tests.faults_seen.faulty_server import (
    DIRECTORY,
    LICENSE,
    PHONE,
    SITE,
    Fault,
    in_chunks,
    no_head,
    packed,
    page_for_what_is_missing,
    to_plain_http,
)
from tests.make import LDAP, SITE_FILE, element, master, signed_key, until


def _but_audit(reason: str) -> dict[str, str]:
    """The same reason for all commands that only boot phones."""
    return {command: reason for command in COMMANDS if command != "audit"}


_ANSWERS = (
    Fault(
        name="content-type",
        what="Files are served as `text/html`.",
        clue="text/html",
        rules=("type=text/html file=*.cfg",),
        unnamed=_but_audit("a phone does not look at the content type."),
    ),
    Fault(
        name="soft-404",
        what="What is not there is answered with status 200 and a web page.",
        clue="web page|HTML page",
        special=page_for_what_is_missing,
    ),
    Fault(
        name="gzip",
        what="Files are packed with gzip, although the phone did not ask for it.",
        clue="gzip",
        special=packed,
    ),
    Fault(
        name="chunked",
        what="Files come in chunks, without a Content-Length.",
        clue="chunk",
        special=in_chunks,
        unnamed=dict.fromkeys(COMMANDS, "it is as good as a Content-Length, and no phone has trouble with it."),
    ),
    Fault(
        name="head-refused",
        what="HEAD is answered with status 405.",
        clue="HEAD",
        special=no_head,
        unnamed=_but_audit("this firmware asks with GET and PUT only."),
    ),
    Fault(
        name="redirect-to-http",
        what="A server of HTTPS redirects each request to HTTP.",
        clue="from https to http",
        special=to_plain_http,
        by_https=True,
        unnamed=_but_audit("the phone follows the redirect, and has its files.")
        | dict.fromkeys(
            ("boot", "boot --expect clean"), "the phone follows it, and has its files; `--requests` shows it."
        )
        | {"pytest": "the phone follows the redirect, and has its files; `phone.requests` shows it."},
    ),
    Fault(
        name="slow",
        what="The answer for a file of CONFIG_FILES takes longer than the phone waits.",
        clue=r"site\.cfg.*no answer|no answer in time",
        rules=("delay=600 file=site.cfg",),
        patience=3.0,
    ),
    Fault(
        name="login-basic",
        what="Everything wants a user and a password (Basic), and the phone has none.",
        clue="401|password",
        rules=("challenge=basic",),
    ),
    Fault(
        name="login-digest",
        what="Everything wants a user and a password (Digest), and the phone has none.",
        clue="401|password",
        rules=("challenge=digest",),
    ),
    Fault(
        name="put-404",
        what="Uploads are answered with status 404.",
        clue="404|does not take|upload error",
        rules=("404 method=PUT",),
    ),
    Fault(
        name="put-405",
        what="Uploads are answered with status 405.",
        clue="405|does not take|upload error",
        rules=("405 method=PUT",),
    ),
    Fault(
        name="forbidden-file",
        what="A file of CONFIG_FILES is answered with status 403.",
        clue="403",
        rules=("403 file=site.cfg",),
    ),
)

_FILES = (
    Fault(
        name="stale-license",
        what="The only license is a site license that has expired.",
        clue="expired|ended",
        files={LICENSE: None, SITE_FILE: write([signed_key({LDAP: until("2020-01-31")})])},
    ),
    Fault(
        name="other-phone-license",
        what="The activation file of the phone has a key for another phone.",
        clue="another phone|no key for this phone|0004F2000099",
        files={LICENSE: write([signed_key(serial="0004F2000099")])},
    ),
    Fault(
        name="upper-case-mac",
        what="The files of the phone have its MAC address in upper case, and there is no master for all phones.",
        clue=f"{PHONE.digits.upper()}|in lower case",
        files={
            "000000000000.cfg": None,
            f"{PHONE.digits.upper()}.cfg": master(CONFIG_FILES="site.cfg"),
            LICENSE: None,
            f"{PHONE.digits.upper()}-license.cfg": SITE[LICENSE],
        },
        unnamed=dict.fromkeys(
            ("boot", "boot --expect clean", "scenario", "pytest", "fleet"),
            "the phone asks for names in lower case only, so it has no configuration; `audit` asks for the other ones.",
        ),
    ),
    Fault(
        name="garbage-after-xml",
        what="A line of text follows the last tag of a file of CONFIG_FILES.",
        clue="well-formed|cannot be used",
        files={"site.cfg": SITE["site.cfg"] + b"\nserved by cache 3\n"},
    ),
    Fault(
        name="masking-override",
        what="The override of the phone switches off what the site switches on.",
        clue="-phone.cfg",
        files={f"{PHONE}-phone.cfg": element("overrides", {"feature.corporateDirectory.enabled": "0"})},
        unnamed={
            "explain LOG": "a phone does not log which file switches a feature off; `--server` does.",
            "fleet": "the boot is clean; the phone is counted as `LDAP: not configured for use`.",
        },
    ),
    Fault(
        name="unknown-parameter",
        what="The parameter that switches the feature on is misspelled.",
        clue="corporateDirectry",
        files={"site.cfg": element("site", {"feature.corporateDirectry.enabled": "1"})},
        unnamed={
            "boot": "a phone says nothing of a name that it does not know; `--expect clean` tells.",
            "explain LOG": "a phone says nothing of a name that it does not know; `--server` does.",
        },
    ),
    Fault(
        name="sip-3-dialect",
        what="Features are switched on by number, as for SIP 3.x; the phone has UC Software.",
        clue="SIP 3|pre-3.3",
        files={"site.cfg": element("site", {"feature.1.name": "corporate-directory", "feature.1.enabled": "1"})},
    ),
    Fault(
        name="malformed-directory",
        what="The contact directory of the phone is not well-formed XML.",
        clue="(?i)contact directory|directory\\.xml",
        files={DIRECTORY: SITE[DIRECTORY].replace(b"</item>", b"")},
    ),
)

FAULTS = (*_ANSWERS, *_FILES)
"""All faults, in the order of the guide."""
