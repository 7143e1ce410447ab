"""The audit of a boot server: what it does well and badly for phones.

`observe` asks the server and makes `Observations`; `checks` is the table of what is judged from them, by functions that
ask nothing; `gate` decides what fails; `audit_report`, `junit`, `html_page` and `terminal` show the findings. Nothing
is imported here, so that a command line which needs none of it starts fast.
"""
