"""A desk of phones on one clock, with a boot server and an authority of its own.

`Desk` is all of it in one object. Phones, time and server are only ever touched by the desk's own thread, so that what
a page shows is of one moment. This room does not know HTTP; `phone_sim.web.desk.api` puts it there.
"""
