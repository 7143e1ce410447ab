"""Recordings as HTTP Archives."""

from pathlib import Path


def write_har(recording_file: Path, har: Path) -> None:
    """Write the archive of a recording, which only its owner can read.

    Raises:
        RecordingError: the recording cannot be read.
        UsageError: the archive cannot be written; an older one is as it was.
    """
    from phone_sim.cli.phone_report import talk
    from phone_sim.cli.recording_file import load
    from phone_sim.errors import UsageError
    from phone_sim.file_modes import PRIVATE
    from phone_sim.recording.har import har_pieces
    from phone_sim.whole_file import replace_report

    recording = load(recording_file)
    archive = "".join(har_pieces(recording)).encode("ascii")
    try:
        replace_report(har, archive, PRIVATE)
    except OSError as error:
        raise UsageError(f"--har {har}: {error.strerror}") from error
    count = sum(exchange.protocol == "tftp" for exchange in recording.exchanges)
    if count:
        talk(f"--har {har}: without the {count} requests over TFTP, for which HAR has no form")
