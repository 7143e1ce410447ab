"""The messages between the master of a run and its workers. No Locust, no gevent."""
