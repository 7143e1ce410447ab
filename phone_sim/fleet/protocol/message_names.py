"""The names of the messages between the master of a run and its workers, beside those of Locust."""

HELLO = "phone_sim_hello"
ASSIGNMENT = "phone_sim_assignment"
REFUSAL = "phone_sim_refusal"
LINE = "phone_sim_line"
LINE_LIMIT = 64 * 1024
"""Maximum number of characters of a log line that is sent (our choice)."""
QUESTION = "phone_sim_question"
ANSWER = "phone_sim_answer"
REPORT = "phone_sim"
"""The key of a worker's report in the message in which Locust sends a worker's statistics."""
