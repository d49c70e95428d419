"""The OpenAPI 3.1 document, made from the operations' signatures."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from signaling.http.operation import Operation
from signaling.http.problems import PROBLEM_TYPE, ProblemDocument
from signaling.http.rules import Guest, SignedIn

REFERENCE: Final = "#/components/schemas/{model}"
Json = dict[str, Any]


def describe(title: str, version: str, operations: Sequence[Operation], extra: Iterable[TypeAdapter[Any]]) -> Json:
    """Return the whole document. `extra` are models that no operation names: WebSocket messages."""
    schemas, parts = _schemas(operations, extra)

    def parameters_of(schema: Json) -> Json:
        """Return a schema of parameters, which are written out and so are no component."""
        return parts.pop(schema["$ref"].rsplit("/", 1)[1]) if "$ref" in schema else schema

    paths: Json = {}
    for operation in operations:
        parameters: list[Json] = []
        for place in ("path", "query"):
            schema = parameters_of(schemas[operation.name, place])
            required = schema.get("required", ())
            parameters += [
                {"name": name, "in": place, "required": name in required, "schema": value}
                for name, value in schema.get("properties", {}).items()
            ]
        paths.setdefault(operation.path, {})[operation.method.lower()] = _entry(operation, parameters, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {
            "schemas": parts,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "parley_session"},
                "guest": {"type": "apiKey", "in": "cookie", "name": "parley_guest"},
            },
        },
    }


def _schemas(
    operations: Sequence[Operation], extra: Iterable[TypeAdapter[Any]]
) -> tuple[dict[tuple[str, str], Json], dict[str, Json]]:
    """Return the schema of each part of each operation, and the components that they refer to."""
    inputs: list[tuple[tuple[str, str], JsonSchemaMode, TypeAdapter[Any]]] = []
    for operation in operations:
        inputs.append(((operation.name, "path"), "validation", TypeAdapter(operation.path_model)))
        inputs.append(((operation.name, "query"), "validation", TypeAdapter(operation.query_model)))
        if operation.body is not None:
            inputs.append(((operation.name, "body"), "validation", operation.body))
        if operation.response is not None:
            inputs.append(((operation.name, "response"), "serialization", operation.response))
    for index, adapter in enumerate([*extra, TypeAdapter(ProblemDocument)]):
        inputs.append((("", str(index)), "serialization", adapter))
    found, definitions = TypeAdapter.json_schemas(inputs, ref_template=REFERENCE)
    return {key: schema for (key, _), schema in found.items()}, definitions.get("$defs", {})


def _entry(operation: Operation, parameters: list[Json], schemas: dict[tuple[str, str], Json]) -> Json:
    success: Json = {"description": HTTPStatus(operation.status).phrase}
    if operation.response is not None:
        success["content"] = {"application/json": {"schema": schemas[operation.name, "response"]}}
    problem = {"$ref": REFERENCE.format(model=ProblemDocument.__name__)}
    entry: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": parameters,
        "responses": {
            str(operation.status): success,
            "default": {"description": "Problem", "content": {PROBLEM_TYPE: {"schema": problem}}},
        },
        "security": [{"session": []}]
        if operation.rule.kind is SignedIn
        else [{"guest": []}]
        if operation.rule.kind is Guest
        else [],
        "x-rule": operation.rule.name,
    }
    if operation.body is not None:
        schema = schemas[operation.name, "body"]
        entry["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return entry
