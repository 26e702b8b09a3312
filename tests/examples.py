"""How many examples Hypothesis makes: a quarter in ``make test``, all of them in the long run."""

from __future__ import annotations

from typing import Any

from hypothesis import settings

THOROUGH = 100
"""Examples of a property that says nothing else, in the profile of this name."""

# The same examples in every run, and no deadline: a shared machine stalls now and then.
settings.register_profile("quick", derandomize=True, deadline=None, max_examples=THOROUGH // 4)
settings.register_profile("thorough", derandomize=True, deadline=None, max_examples=THOROUGH)


def at_most(examples: int, **more: Any) -> settings:
    """Give the settings of a property whose examples cost more than others'."""
    share = settings.default.max_examples / THOROUGH
    return settings(max_examples=max(2, round(examples * share)), **more)
