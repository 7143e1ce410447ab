"""An emulator of the feature licensing of SoundPoint IP, SoundStation IP and VVX phones.

Clauses cited as `B1` to `B18` are those of Technical Bulletin 32265; decisions where it is silent are cited as `D1` to
`D18`. The README lists both.
"""
