"""The table of checks: what is judged, how much it matters, what it means for phones, and what to do where it is bad.

The words are our choice. The last columns are the function that judges, and whether it has nothing to judge where a
login keeps the audit from all files.
"""

from phone_sim.audit import access_checks, answer_checks, file_checks, login_check, redirect_check, site_checks
from phone_sim.audit.complaint_owners import with_complaints
from phone_sim.audit.finding import Finding, JudgedCheck
from phone_sim.audit.kept_out import kept_out_by, left_out
from phone_sim.audit.observations import Observations
from phone_sim.findings.finding import Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

_ROWS = (
    (
        "login",
        _ERROR,
        "Without user and password the server gives phones no file, so that nothing else can be judged.",
        "Name user and password in the URL: http://USER:PASSWORD@SERVER/.",
        login_check.login,
        False,
    ),
    (
        "every-model-boots",
        _ERROR,
        "A model that gets no configuration uses its last one, or has none.",
        "Look at what that model asked and was answered: phone-sim boot --requests.",
        site_checks.every_model_boots,
        True,
    ),
    (
        "master-configuration",
        _ERROR,
        "It names all other files: without it nothing is configured.",
        "Put 000000000000.cfg, well-formed and within the limits of names, into the root of the boot server.",
        site_checks.master_readable,
        True,
    ),
    (
        "configuration-files",
        _ERROR,
        "A phone leaves out a file that is not there, and takes the defaults for what is in it.",
        "Put the file in its place, or take it off CONFIG_FILES; answer 404 for overrides that are not there.",
        site_checks.files_present,
        True,
    ),
    (
        "contact-directory",
        _WARNING,
        "A phone that gets no answer keeps the contacts that it has, and a new phone has none.",
        "Serve the file, or answer 404, TFTP error 1 or FTP 550 if it does not exist.",
        site_checks.contact_directory,
        True,
    ),
    (
        "file-contents",
        _WARNING,
        "Where a file cannot be read or a parameter is not in force, a phone uses the default.",
        "Correct the files; phone-sim check finds the same faults in a copy of the site.",
        file_checks.file_contents,
        True,
    ),
    (
        "overrides",
        _WARNING,
        "What was set on the phone itself, or on its web pages, goes before all that the site sets.",
        "Take the parameter out of the override, if the feature is to be on.",
        site_checks.overrides,
        True,
    ),
    (
        "features-licensed",
        _WARNING,
        "A feature that is configured for use and has no license stays off.",
        "Order licenses, or switch the feature off; ask again with --mac of a phone that has licenses.",
        site_checks.features_licensed,
        True,
    ),
    (
        "license-rules",
        _ERROR,
        "Older firmware asks for activation files when needed, later firmware always; the result must be the same.",
        "Look for an answer that changes from one request to the next.",
        site_checks.license_rules_agree,
        True,
    ),
    (
        "activation-files",
        _ERROR,
        "A key that is malformed, expired or wrongly signed licenses nothing.",
        "Get the file again from the license authority, and copy it as it is: phone-sim check says what is wrong.",
        file_checks.activation_files,
        True,
    ),
    (
        "missing-files",
        _ERROR,
        "Phones ask for files that need not be there. An answer that looks like a file is read as one.",
        "Answer 404, TFTP error 1 or FTP 550; no page for people, and no fall-back to an index.",
        answer_checks.missing_files,
        True,
    ),
    (
        "missing-licenses",
        _ERROR,
        "No license is normal. Any other answer than that it is missing goes to the log as a fault.",
        "Answer 404, TFTP error 1 or FTP 550 for an activation file that is not there.",
        answer_checks.missing_licenses,
        True,
    ),
    (
        "content-type",
        _WARNING,
        "A phone does not mind, but proxies rewrite pages of HTML.",
        "Serve .cfg as text/xml or application/octet-stream.",
        answer_checks.content_type,
        True,
    ),
    (
        "files-unaltered",
        _ERROR,
        "One byte that differs voids the signature of a license key; no phone can read a packed file.",
        "Serve files as they are: no compression that nobody asked for, no filter, no injected text.",
        answer_checks.same_bytes,
        True,
    ),
    (
        "license-not-cached",
        _WARNING,
        "A kept activation file hides the one that replaced it, and phones run out of license.",
        "Send Cache-Control: no-cache for .cfg, and let no proxy keep them.",
        answer_checks.license_not_cached,
        True,
    ),
    (
        "head",
        _WARNING,
        "Phones that append to their log ask with HEAD how long it is.",
        "Answer HEAD as GET, without the body.",
        answer_checks.head,
        True,
    ),
    (
        "redirects",
        _WARNING,
        "A redirect to another host, or to http, takes the phone, and perhaps its password, there.",
        "Give the phone the address that the redirect leads to.",
        redirect_check.redirects,
        False,
    ),
    (
        "keep-alive",
        _WARNING,
        "A connection for each file makes a boot slow, above all with TLS.",
        "Switch keep-alive on.",
        answer_checks.keep_alive,
        True,
    ),
    (
        "answer-time",
        _WARNING,
        "A phone that waits too long goes on without the file.",
        "Serve files from disk, and look for name look-ups and slow back ends.",
        answer_checks.answer_time,
        False,
    ),
    (
        "lower-case-names",
        _ERROR,
        "Phones ask with the MAC in lower case; to most servers a name in upper case is another file.",
        "Rename the files.",
        answer_checks.upper_case_names,
        True,
    ),
    (
        "log-upload",
        _WARNING,
        "A log that no server takes is lost when the phone's memory is full.",
        "Make LOG_FILE_DIRECTORY, let phones write to it, and allow PUT, WRQ or STOR.",
        access_checks.log_upload,
        True,
    ),
    (
        "log-unaltered",
        _ERROR,
        "A log that is cut or changed misleads whoever reads it.",
        "Store uploads whole, each in the place of the last.",
        access_checks.log_unaltered,
        True,
    ),
    (
        "overrides-stored",
        _WARNING,
        "Overrides are lost: what is set on a phone or on its web page is in that phone's flash and nowhere else.",
        "Make OVERRIDES_DIRECTORY, let phones write <mac>-phone.cfg and <mac>-web.cfg, and give them back.",
        access_checks.overrides_stored,
        True,
    ),
    (
        "directory-listing",
        _ERROR,
        "Who can list the files knows the MAC of every phone, and with it the name of every configuration.",
        "Switch listings off.",
        access_checks.directory_listing,
        False,
    ),
    (
        "other-license",
        _WARNING,
        "Anybody can read whose phones have which licenses.",
        "Give a phone only its own files: by client certificate, by password, or by address.",
        access_checks.other_license,
        True,
    ),
    (
        "other-configuration",
        _ERROR,
        "A configuration holds the passwords of a telephone line.",
        "Give a phone only its own files: by client certificate, by password, or by address.",
        access_checks.other_configuration,
        True,
    ),
    (
        "password-in-clear",
        _ERROR,
        "Whoever listens on the network has the password of all phones, and what is in their files.",
        "Serve over HTTPS or FTPS.",
        access_checks.password_in_clear,
        False,
    ),
    (
        "path-traversal",
        _ERROR,
        "A name with .. may lead to any file of the machine.",
        "Refuse such names, or lock the server into its folder (chroot).",
        access_checks.path_traversal,
        True,
    ),
    (
        "tls-version",
        _ERROR,
        "Without a version of TLS in common phones get no file; 1.0 and 1.1 are deprecated (RFC 8996).",
        "Accept 1.2 and later. Phones that know nothing newer need a server of their own.",
        access_checks.tls_version,
        False,
    ),
    (
        "tls-certificate",
        _ERROR,
        "A phone breaks off where it cannot check the certificate.",
        "Renew the certificate, for this name, by an authority that the phones know; name it here with --ca-file.",
        access_checks.tls_certificate,
        False,
    ),
    (
        "tftp-block-size",
        _WARNING,
        "Blocks of 512 bytes take three times the packets.",
        "Let the server take the blksize option.",
        access_checks.tftp_block_size,
        False,
    ),
    (
        "tftp-transfer-id",
        _WARNING,
        "Where a transfer listens to strangers, anybody can end it or change the file.",
        "Use a server that keeps to the transfer identifiers of RFC 1350.",
        access_checks.tftp_transfer_id,
        False,
    ),
    (
        "other-complaints",
        _ERROR,
        "Phones write what troubles them to their logs, and no other check is about these lines.",
        "Look at the whole log: phone-sim boot prints it.",
        site_checks.nothing_else,
        False,
    ),
)

CHECKS = tuple(
    JudgedCheck(name=name, severity=severity, meaning=meaning, remedy=remedy, judge=judge, reads_files=reads_files)
    for name, severity, meaning, remedy, judge, reads_files in _ROWS
)
"""All checks, in the order of the report."""


def audit(seen: Observations) -> tuple[Finding, ...]:
    """The finding of each check; those about faults in files replace the check of these files."""
    kept_out = kept_out_by(seen)
    faults = file_checks.faults_in_files(seen)
    findings: list[Finding] = []
    for check in CHECKS:
        judged = Finding(check=check, judgment=left_out(check, kept_out) or check.judge(seen))
        findings += faults.get(check.name, (judged,))
    complaints = (complaint for boot in seen.boots for complaint in dict.fromkeys(boot.complaints))
    return with_complaints(findings, complaints, seen.mac, kept_out=kept_out)
