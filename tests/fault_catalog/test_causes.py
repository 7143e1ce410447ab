"""The causes: each can be told from the others, and says what to do."""

from itertools import pairwise

from phone_sim.fault_catalog.cause import Weight
from phone_sim.fault_catalog.causes import CAUSES
from phone_sim.fault_catalog.found_causes import rank_of


def test_no_two_causes_have_the_same_name_or_say_the_same() -> None:
    assert len({cause.name for cause in CAUSES}) == len({cause.what for cause in CAUSES}) == len(CAUSES)


def test_every_cause_says_what_is_wrong_and_what_to_do() -> None:
    assert all(cause.what.endswith(".") and cause.remedy.endswith(".") for cause in CAUSES)


def test_causes_are_ranked_in_their_order_and_states_come_last() -> None:
    assert all(rank_of(first) < rank_of(second) for first, second in pairwise(CAUSES))
    states = [cause.weight is Weight.STATE for cause in CAUSES]
    assert states == sorted(states)
