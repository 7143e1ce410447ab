"""Recordings as verbs read them."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phone_sim.recording.dialogue import Recording


def load(file: Path) -> "Recording":
    """The recording in a file; that its last line is left out is said on stderr.

    Raises:
        RecordingError: the file cannot be read or is no recording.
    """
    from phone_sim.cli.phone_report import talk
    from phone_sim.recording.files import load_recording

    recording = load_recording(file)
    if recording.broken_line is not None:
        talk(
            f"{file}, line {recording.broken_line}: the recording breaks off here, as on a full disk; "
            "this line is left out"
        )
    return recording
