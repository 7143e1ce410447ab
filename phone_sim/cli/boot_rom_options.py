"""The options about the stage before the application: the boot ROM, from UC Software 4.0 on the Updater (D28)."""

import click

boot_rom_option = click.option(
    "--boot-rom", is_flag=True, help="Start with the boot ROM (Updater), which opens the firmware image."
)
BOOT_ROM_OPTIONS = (
    boot_rom_option,
    click.option(
        "--image",
        type=click.Choice(["header", "whole"]),
        default="header",
        show_default=True,
        help="With --boot-rom: read the header of the image, or all of it if another version is in flash.",
    ),
    click.option(
        "--installed",
        metavar="VERSION",
        default="",
        help="With --image whole: firmware in a blank flash. [default: that of --firmware]",
    ),
)
"""All of them, for verbs that boot one phone."""
