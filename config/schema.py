"""JSON Schemas of the four files, by which editors complete and check them while they are written.

They are made from the models that read the files, put into the form that is written in YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from config.audiences import AudiencesFile, WrittenAudience
from config.loader import OptionModels
from config.options import model_of
from config.plans import MetricsFile, OkrsFile
from config.secrets import NAME
from okr_model.durations import Duration
from okr_model.facts import FACTS
from okr_model.metrics import Condition, Count, Metric, OfValue, Span, Window
from okr_model.plan import Pace
from okr_model.targets import All, Milestone

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: JsonSchemaValue = {"type": "string"}
_DAY: JsonSchemaValue = {"type": "string", "format": "date"}
_LENGTH: JsonSchemaValue = {
    "type": "string",
    "pattern": r"^\s*\d+(\.\d+)?\s*(s|m|h|d|w|(second|minute|hour|day|week)s?)\s*$",
    "description": "A length of time, like 48h, 7d or 2 weeks",
}
_CLOCK: JsonSchemaValue = {"type": "string", "pattern": r"^\d{1,2}:\d\d$", "description": 'A time of day, like "08:00"'}
_SECRET: JsonSchemaValue = {
    "anyOf": [
        {
            "type": "object",
            "properties": {"secret": {"type": "string", "pattern": NAME.pattern}},
            "required": ["secret"],
            "additionalProperties": False,
        },
        _TEXT,
    ],
    "description": "A secret by its name: {secret: NAME}",
}


def schemas(models: OptionModels) -> dict[str, dict[str, Any]]:
    """`sources`, `metrics`, `okrs`, `audiences` -> the schema of that file. A plugin that does not load is left out."""
    files: dict[str, type[BaseModel]] = {"metrics": MetricsFile, "okrs": OkrsFile, "audiences": AudiencesFile}
    made = {name: model.model_json_schema(schema_generator=_Yaml) for name, model in files.items()}
    made["sources"] = _sources(_usable(models.connectors))
    _add_channels(made["audiences"], _usable(models.channels))
    return {name: {"$schema": DIALECT, "title": f"{name}.yaml", **_plain(body)} for name, body in made.items()}


def _usable(models: Mapping[str, type[BaseModel]]) -> dict[str, type[BaseModel]]:
    found = {name: model_of(models, "plugin", name) for name in models}
    return {name: model for name, model in found.items() if not isinstance(model, str)}


def _options(name: str, model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a plugin's options; what it refers to goes into `definitions`, under the plugin's own name."""
    options = model.model_json_schema(schema_generator=_Yaml, ref_template=f"#/$defs/{name}.{{model}}")
    definitions |= {f"{name}.{inner}": body for inner, body in options.pop("$defs", {}).items()}
    return options


def _add_channels(audiences: dict[str, Any], channels: Mapping[str, type[BaseModel]]) -> None:
    definitions = audiences.setdefault("$defs", {})
    options = {name: _options(name, model, definitions) for name, model in channels.items()}
    bare: JsonSchemaValue = {"enum": [name for name, body in options.items() if not body.get("required")]}
    written = definitions[WrittenAudience.__name__]["properties"]
    written["channels"] = {"type": "array", "items": {"anyOf": [bare, _one_key(options)]}, "minItems": 1}


def _sources(option_models: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    cases = []
    for name, model in option_models.items():
        options = _options(name, model, definitions)
        options["properties"] = {"connector": {"const": name}, **options.get("properties", {})}
        cases.append({"if": {"properties": {"connector": {"const": name}}}, "then": options})
    entry = {
        "type": "object",
        "properties": {"connector": {"enum": list(option_models)}},
        "required": ["connector"],
        "allOf": cases,
    }
    return {
        "type": "object",
        "properties": {"sources": {"type": "object", "additionalProperties": entry}},
        "required": ["sources"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _plain(schema: Any) -> Any:
    """Without the titles that pydantic makes of field names, and with secrets as they are written."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "password":
        return _SECRET
    kept = {key: body for key, body in schema.items() if not (key == "title" and isinstance(body, str))}
    return {key: _plain(body) for key, body in kept.items()}


class _Yaml(GenerateJsonSchema):
    """Schemas of what is written, where it differs from what is built of it."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        written = super().model_schema(schema)
        form = _FORMS.get(schema["cls"])
        if form is not None:
            return form(written)
        kinds = _kinds(schema["cls"])
        return _by_kind(written, kinds) if kinds else written

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        whole = isinstance(schema.get("default"), BaseModel)  # its fields are not what is written
        return self.generate_inner(schema["schema"]) if whole else super().default_schema(schema)

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        return _LENGTH if schema["cls"] is Duration else super().dataclass_schema(schema)

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        if schema["cls"] is ZoneInfo:
            return {**_TEXT, "description": "An IANA time zone, like Europe/Berlin"}
        return super().is_instance_schema(schema)

    def time_schema(self, schema: core_schema.TimeSchema) -> JsonSchemaValue:  # noqa: ARG002 - pydantic's signature
        return _CLOCK

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        # Without the discriminator: `kind` is not always a key of what is written.
        return {"anyOf": super().tagged_union_schema(schema)["oneOf"]}


def _kinds(model: type[BaseModel]) -> tuple[str, ...]:
    """The values of `kind` in a model of ours: in YAML they are the key that holds the rest."""
    kind = model.model_fields.get("kind") if model.__module__.startswith("okr_model") else None
    return get_args(kind.annotation) if kind is not None else ()


def _by_kind(body: JsonSchemaValue, kinds: tuple[str, ...]) -> JsonSchemaValue:
    """{increase: {from, to}}, and `metric` beside the kind as well as inside."""
    inner = {key: value for key, value in body.get("properties", {}).items() if key != "kind"}
    required = [key for key in body.get("required", []) if key != "kind"]
    settings = {**body, "properties": inner, "required": required}
    return _one_key(dict.fromkeys(kinds, settings), {"metric": _TEXT} if "metric" in inner else {})


def _one_key(choices: dict[str, JsonSchemaValue], beside: dict[str, JsonSchemaValue] | None = None) -> JsonSchemaValue:
    return {
        "type": "object",
        "properties": {**choices, **(beside or {})},
        "oneOf": [{"required": [name]} for name in choices],
        "additionalProperties": False,
    }


def _property(body: JsonSchemaValue, name: str) -> JsonSchemaValue:
    found: JsonSchemaValue = body["properties"][name]
    return found


def _without(body: JsonSchemaValue, name: str, **changed: JsonSchemaValue) -> JsonSchemaValue:
    properties = {key: value for key, value in body["properties"].items() if key != name}
    required = [key for key in body.get("required", []) if key != name]
    return {**body, "properties": {**properties, **changed}, "required": required}


def _condition(body: JsonSchemaValue) -> JsonSchemaValue:
    scalar: JsonSchemaValue = {"type": ["boolean", "number", "string"]}
    bounds = _without(_without(body, "any_of"), "present")
    return {"anyOf": [scalar, {"type": "array", "items": scalar}, {**bounds, "minProperties": 1}]}


def _window(_body: JsonSchemaValue) -> JsonSchemaValue:
    units = {"enum": ["week", "month", "quarter"]}
    return {"anyOf": [{"enum": ["snapshot", "cycle_to_date"]}, _one_key({"trailing": _LENGTH, "calendar": units})]}


def _pace(_body: JsonSchemaValue) -> JsonSchemaValue:
    phased = {"type": "object", "propertyNames": _DAY, "additionalProperties": {"type": "number"}, "minProperties": 1}
    keys = {"phased": phased, "step": _DAY, "start": _DAY, "reach_by": _DAY}
    return {"type": "object", "properties": keys, "additionalProperties": False}


def _span(_body: JsonSchemaValue) -> JsonSchemaValue:
    ends = {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}
    return _one_key(dict.fromkeys(("seconds", "minutes", "hours", "days"), ends))


def _metric(body: JsonSchemaValue) -> JsonSchemaValue:
    return _without(body, "id", fact={"enum": list(FACTS)})


def _audience(body: JsonSchemaValue) -> JsonSchemaValue:
    return _without(body, "id")


_FORMS: dict[type[BaseModel], Callable[[JsonSchemaValue], JsonSchemaValue]] = {
    All: lambda body: _one_key({"all": _property(body, "parts")}),
    Condition: _condition,
    Count: lambda _body: {"const": "count"},
    Metric: _metric,
    Milestone: lambda body: _one_key({"milestone": _TEXT}, {"metric": _property(body, "metric")}),
    OfValue: lambda body: _one_key(dict.fromkeys(_kinds(OfValue), _property(body, "value"))),
    Pace: _pace,
    Span: _span,
    Window: _window,
    WrittenAudience: _audience,
}
