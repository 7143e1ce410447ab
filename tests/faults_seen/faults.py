"""The faults of boot servers that are told in the guide, and why a command does not name one of them."""

from phone_sim.licensing.license_file import write
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

_ANSWERS = (
    Fault(
        name="content-type",
        what="Files are served as `text/html`.",
        clue="text/html",
        rules=("type=text/html file=*.cfg",),
    ),
    Fault(
        name="soft-404",
        what="What is not there is answered with status 200 and a web page.",
        clue="web page",
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
    ),
    Fault(
        name="head-refused",
        what="HEAD is answered with status 405.",
        clue="HEAD",
        special=no_head,
    ),
    Fault(
        name="redirect-to-http",
        what="A server of HTTPS redirects each request to HTTP.",
        clue="http://server/.*without TLS|to http",
        special=to_plain_http,
        by_https=True,
    ),
    Fault(
        name="slow",
        what="The answer for a file of CONFIG_FILES takes longer than the phone waits.",
        clue="no answer|timed out",
        rules=("delay=600 file=site.cfg",),
        patience=2.0,
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
        clue="404",
        rules=("404 method=PUT",),
    ),
    Fault(
        name="put-405",
        what="Uploads are answered with status 405.",
        clue="405",
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
        clue="another phone|other phone|0004F2000099",
        files={LICENSE: write([signed_key(serial="0004F2000099")])},
    ),
    Fault(
        name="upper-case-mac",
        what="The files of the phone have its MAC address in upper case, and there is no master for all phones.",
        clue=PHONE.digits.upper(),
        files={
            "000000000000.cfg": None,
            f"{PHONE.digits.upper()}.cfg": master(CONFIG_FILES="site.cfg"),
            LICENSE: None,
            LICENSE.upper().replace("-LICENSE.CFG", "-license.cfg"): SITE[LICENSE],
        },
    ),
    Fault(
        name="garbage-after-xml",
        what="A line of text follows the last tag of a file of CONFIG_FILES.",
        clue="well-formed",
        files={"site.cfg": SITE["site.cfg"] + b"\nserved by cache 3\n"},
    ),
    Fault(
        name="masking-override",
        what="The override of the phone switches off what the site switches on.",
        clue="-phone.cfg",
        files={f"{PHONE}-phone.cfg": element("overrides", {"feature.corporateDirectory.enabled": "0"})},
    ),
    Fault(
        name="unknown-parameter",
        what="The parameter that switches the feature on is misspelled.",
        clue="corporateDirectry",
        files={"site.cfg": element("site", {"feature.corporateDirectry.enabled": "1"})},
    ),
    Fault(
        name="sip-3-dialect",
        what="Features are switched on by number, as for SIP 3.x; the phone has UC Software.",
        clue="SIP 3",
        files={"site.cfg": element("site", {"feature.1.name": "corporate-directory", "feature.1.enabled": "1"})},
    ),
    Fault(
        name="malformed-directory",
        what="The contact directory of the phone is not well-formed XML.",
        clue="directory.xml",
        files={DIRECTORY: SITE[DIRECTORY].replace(b"</item>", b"")},
    ),
)

FAULTS = (*_ANSWERS, *_FILES)
"""All faults, in the order of the guide."""
