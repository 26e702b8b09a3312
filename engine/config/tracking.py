"""The section ``tracking``: where runs are recorded, and under which name a model is registered."""

from __future__ import annotations

import warnings
from typing import Any

from pydantic import Field, field_serializer, field_validator

from engine.utilities.params import Params
from engine.utilities.remote import hidden

_OURS = ("engine.", "mlflow.")


with warnings.catch_warnings():
    # The key has the name of a method that classes have and instances do not.
    warnings.filterwarnings("ignore", 'Field name "register"')

    class TrackingConfig(Params):
        """Where a run is recorded once it is done.

        What is saved of it holds no secret: ``uri`` is written masked into JSON.
        """

        uri: str | None = Field(None, repr=False)
        experiment: str | None = None
        run_name: str | None = None
        tags: dict[str, str] = Field(default_factory=dict)
        register: str | None = None

        @field_serializer("uri", when_used="json-unless-none")
        def _without_secrets(self, uri: str) -> str:
            return hidden(uri)

        @field_validator("uri", "experiment", "run_name", "register", mode="before")
        @classmethod
        def _nothing(cls, value: Any) -> Any:
            """Read ``off`` (false to YAML 1.1) and an empty word as nothing."""
            empty = isinstance(value, str) and not value.strip()
            return None if value is False or empty else value

        @field_validator("tags", mode="before")
        @classmethod
        def _words(cls, value: Any) -> Any:
            if not isinstance(value, dict):
                return {} if value is None else value
            if ours := [k for k in value if str(k).startswith(_OURS)]:
                message = f"must not hold {ours[0]!r}: engine. and mlflow. begin tags that are set"
                raise ValueError(message)
            plain = str | int | float
            return {str(k): str(v) if isinstance(v, plain) else v for k, v in value.items()}
