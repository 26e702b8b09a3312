"""config.yaml to frozen sections: every problem at once, each with its dotted path.

What a section means stands in ``config.yaml``, key by key; a test keeps the two equal.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BeforeValidator,
    Field,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)

from engine.clustering.algorithm import ROWS, algorithm
from engine.errors import ConfigError
from engine.params import Params
from engine.runtime import memory_bytes

Source = str | Path | Mapping[str, Any] | None


def _off(value: Any) -> Any:
    """YAML 1.1 reads ``off`` as false; both mean off."""
    return "off" if value is False or value is None else value


Off = Annotated[Literal["off"], BeforeValidator(_off)]


class ReadConfig(Params):
    """How files are read; CSV only, Parquet needs none of it."""

    separator: str = Field(",", min_length=1, max_length=1)
    decimal_comma: bool = False
    encoding: Literal["utf8", "utf8-lossy"] = "utf8"
    skip_rows: int = Field(0, ge=0)
    null_values: tuple[str, ...] = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None")


class InputConfig(Params):
    """What to segment."""

    path: str = "data/external/customers.parquet"
    kind: Literal["customers", "transactions"] = "customers"
    id: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    read: ReadConfig = ReadConfig()

    @field_validator("path")
    @classmethod
    def _not_empty(cls, value: str) -> str:
        if not value.strip():
            message = "must name a file, a folder or a glob"
            raise ValueError(message)
        return value


class FeaturesConfig(Params):
    """Which columns become features."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()

    @field_validator("*", mode="before")
    @classmethod
    def _one_name(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class PreparationConfig(Params):
    """How columns become a matrix."""

    duplicates: Literal["error", "first", "last"] = "error"
    null_ids: Literal["error", "drop"] = "error"
    missing: Literal["median", "mean", "error"] = "median"
    skew: Literal["signed_log", "off"] = "signed_log"
    skew_threshold: float = Field(1.0, gt=0)
    outliers: Literal["clip", "off"] = "clip"
    clip_quantiles: tuple[float, float] = (0.005, 0.995)
    max_levels: int = Field(12, ge=2, le=1000)
    scaling: Literal["standard", "robust", "none"] = "standard"
    sample_rows: int = Field(200_000, ge=1_000)

    @field_validator("skew", "outliers", mode="before")
    @classmethod
    def _word_off(cls, value: Any) -> Any:
        return _off(value)

    @field_validator("scaling", mode="before")
    @classmethod
    def _word_none(cls, value: Any) -> Any:
        return "none" if _off(value) == "off" else value

    @field_validator("clip_quantiles")
    @classmethod
    def _ordered(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= value[0] < value[1] <= 1:
            message = "must be two shares, the lower first, between 0 and 1"
            raise ValueError(message)
        return value


class PCAConfig(Params):
    """How many components are kept."""

    components: int | float | Literal["off"] = 0.9

    @field_validator("components", mode="before")
    @classmethod
    def _number_share_or_off(cls, value: Any) -> Any:
        value = _off(value)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        whole = number and float(value).is_integer() and value >= 1
        if value == "off" or (number and 0 < value < 1):
            return value
        if whole and isinstance(value, int):
            return value
        message = "must be a whole number, a share of variance between 0 and 1, or off"
        raise ValueError(message)


class _ClusteringBase(Params):
    methods: tuple[str, ...] = Field(("kmeans",), min_length=1)
    k: int | Literal["auto"] = "auto"
    k_min: int = Field(2, ge=2)
    k_max: int = Field(10, ge=2)
    k_sample_rows: int = Field(20_000, ge=1_000)

    @field_validator("k", mode="before")
    @classmethod
    def _whole_or_auto(cls, value: Any) -> Any:
        if value == "auto":
            return value
        if isinstance(value, bool) or not isinstance(value, int) or value < 2:
            message = "must be auto or a whole number of segments, at least 2"
            raise ValueError(message)
        return value

    @field_validator("methods", mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list | tuple):
            message = "must be a list of methods"
            raise ValueError(message)
        for name in names:
            if name not in ROWS:
                message = f"does not know the method {name!r}{suggestion(str(name), ROWS)}"
                raise ValueError(message)
        return tuple(dict.fromkeys(names))

    @model_validator(mode="after")
    def _range(self) -> _ClusteringBase:
        if self.k_max < self.k_min:
            message = f"k_max ({self.k_max}) must not be below k_min ({self.k_min})"
            raise ValueError(message)
        return self

    def params(self, method: str) -> Params:
        """Parameters of one method."""
        section: Params = getattr(self, method)
        return section


_method_fields: dict[str, Any] = {
    name: (algorithm(name).params, algorithm(name).params()) for name in ROWS
}
ClusteringConfig = create_model("ClusteringConfig", __base__=_ClusteringBase, **_method_fields)
ClusteringConfig.__doc__ = "How customers are clustered; one sub-section a method."


class EvaluationConfig(Params):
    """How the result is scored."""

    anchors: int = Field(2_000, ge=10)
    reference_rows: int = Field(100_000, ge=100)
    confidence: float = Field(0.95, gt=0, lt=1)


class ComputeConfig(Params):
    """Where the run happens and what it may take."""

    device: Literal["auto", "cpu", "gpu"] = "auto"
    cluster: Off = "off"
    memory_limit: str | int = "auto"
    threads: int | Literal["auto"] = "auto"

    @field_validator("memory_limit")
    @classmethod
    def _bytes(cls, value: str | int) -> str | int:
        try:
            enough = memory_bytes(value) > 0
        except (ValueError, IndexError):
            enough = False
        if not enough:
            message = "must be auto or an amount such as 4GiB or 1500MB"
            raise ValueError(message)
        return value

    @field_validator("threads")
    @classmethod
    def _at_least_one(cls, value: int | str) -> int | str:
        if isinstance(value, int) and value < 1:
            message = "must be auto or at least 1"
            raise ValueError(message)
        return value


class OutputConfig(Params):
    """Where results go."""

    models: str = "models"
    reports: str = "reports"
    processed: str = "data/processed"
    name: str = Field("customers", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    keep: int = Field(5, ge=1)

    @field_validator("name")
    @classmethod
    def _not_reserved(cls, value: str) -> str:
        if value in ("figures", "latest"):
            message = f"must not be {value!r}, which is a folder of the engine's own"
            raise ValueError(message)
        return value


class Config(Params):
    """The whole configuration; every key optional.

    Examples
    --------
    >>> Config().clustering.methods
    ('kmeans',)
    """

    input: InputConfig = InputConfig()
    features: FeaturesConfig = FeaturesConfig()
    preparation: PreparationConfig = PreparationConfig()
    pca: PCAConfig = PCAConfig()
    clustering: ClusteringConfig = ClusteringConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    compute: ComputeConfig = ComputeConfig()
    output: OutputConfig = OutputConfig()
    random_state: int = Field(0, ge=0, lt=2**31)


def load_config(
    source: Source | Config = None, overrides: Mapping[str, Any] | None = None
) -> Config:
    """Read, merge and check a configuration.

    Parameters
    ----------
    source : str, Path, mapping, Config or None
        A YAML file, the same as a dictionary, or None for the defaults.
    overrides : mapping of dotted path to value, optional
        For example ``{"clustering.k": 5}``; they win over the file.

    Returns
    -------
    config : Config
        Frozen.

    Raises
    ------
    ConfigError
        With every problem found, each with its dotted path.

    Examples
    --------
    >>> load_config({"clustering": {"k": 4}}, {"output.name": "shop"}).output.name
    'shop'
    """
    if isinstance(source, Config):
        tree = source.model_dump(exclude_unset=True)
        label = "configuration"
    elif isinstance(source, str | Path):
        tree = _read_yaml(Path(source))
        label = str(source)
    else:
        tree = {key: value for key, value in (source or {}).items()}
        label = "configuration"
    for path, value in (overrides or {}).items():
        tree = _with(tree, path.split("."), value)
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        problems = dict.fromkeys(_sentence(e) for e in error.errors())
        raise ConfigError(list(problems), label) from None


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        problem = "the file does not exist; give the path of a YAML file"
        raise ConfigError([problem], str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        problem = f"the file cannot be read as UTF-8 text ({error})"
        raise ConfigError([problem], str(path)) from None
    try:
        tree = yaml.load(text, Loader=_UniqueKeys)
    except yaml.YAMLError as error:
        raise ConfigError([f"not valid YAML: {_one_line(error)}"], str(path)) from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(["must hold sections such as input: and clustering:"], str(path))
    return tree


class _UniqueKeys(yaml.SafeLoader):
    """A safe loader that refuses a key given twice, of which YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                problem = f"the key {key!r} stands twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _one_line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return f"{problem}{where}"


def _with(tree: Any, path: list[str], value: Any) -> dict[str, Any]:
    """Copy ``tree`` with ``value`` at ``path``; what is not a mapping on the way gives way."""
    base = dict(tree) if isinstance(tree, Mapping) else {}
    head, rest = path[0], path[1:]
    base[head] = _with(base.get(head), rest, value) if rest else value
    return base


def parse_overrides(pairs: list[str]) -> dict[str, Any]:
    """Turn ``key.path=value`` words into overrides; values are read as YAML.

    Examples
    --------
    >>> parse_overrides(["clustering.k=5", "features.exclude=[age, income]"])
    {'clustering.k': 5, 'features.exclude': ['age', 'income']}
    """
    overrides: dict[str, Any] = {}
    problems = []
    for pair in pairs:
        path, equals, text = pair.partition("=")
        if not equals or not all(path.strip().split(".")):
            problems.append(f"--set {pair}: must read key.path=value, such as clustering.k=5")
            continue
        try:
            overrides[path.strip()] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            problems.append(f"--set {pair}: not a YAML value: {_one_line(error)}")
    if problems:
        raise ConfigError(problems, "command line")
    return overrides


def _sentence(error: Any) -> str:
    where = [str(part) for part in error["loc"]]
    # A union reports its branch as a last part that is no key of ours.
    path = ".".join(part for part in where if not _is_branch(part))
    given = error.get("input")
    match error["type"]:
        case "extra_forbidden":
            return f"{path}: is not a known key{suggestion(where[-1], _siblings(where[:-1]))}"
        case "value_error":
            return f"{path or 'configuration'}: {_value_error(error)}{_got(given)}"
        case "literal_error":
            return f"{path}: must be {error['ctx']['expected']}{_got(given)}"
        case "tuple_type":
            return f"{path}: must be a list{_got(given)}"
        case "string_pattern_mismatch":
            return f"{path}: must be letters, digits, '.', '_' and '-' only{_got(given)}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{path}: must be a section of keys{_got(given)}"
        case _:
            text = error["msg"].removeprefix("Input should be ").removeprefix("a valid ")
            return f"{path}: must be {text}{_got(given)}"


def _value_error(error: Any) -> str:
    return str(error["msg"]).removeprefix("Value error, ")


def _is_branch(part: str) -> bool:
    return part in ("int", "float", "str", "tuple") or "[" in part


def _got(value: Any) -> str:
    return "" if isinstance(value, dict | Params) else f"; got {value!r}"


def _siblings(path: list[str]) -> list[str]:
    model: Any = Config
    for part in path:
        field = model.model_fields.get(part)
        model = getattr(field, "annotation", None)
        if not (isinstance(model, type) and issubclass(model, Params)):
            return []
    return list(model.model_fields)


def suggestion(word: str, known: Any) -> str:
    """Give ``; did you mean ...?`` for a misspelt word, or the choices when nothing is close.

    Examples
    --------
    >>> suggestion("kmean", ["kmeans", "spectral"])
    '; did you mean kmeans?'
    """
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]}?"
    choices = ", ".join(list(known)[:12])
    return f"; known are {choices}" if choices else ""
