"""What the master of a run and its workers tell each other. No Locust, no gevent."""
