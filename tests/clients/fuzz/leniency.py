"""What protobuf's JSON bears with, as changes of a schema. Answers never have these forms, so the document is silent."""

import jsonschema_rs

#: Digits with zeros before them are the same number.
DIGITS = r"^-?[0-9]{1,40}$"


def is_borne_with(case, response):
    """Whether a request that the document does not allow is one of those that protobuf's JSON takes all the same."""
    if tells_in_its_answer(response):
        return True
    document = case.operation.schema.raw_schema
    negative = {place.value for place, part in case.meta.components.items() if part.mode.is_negative}
    if "body" in negative and not is_body_allowed(document, case):
        return False
    if "query" in negative and not is_query_allowed(document, case):
        return False
    return bool(negative) and negative <= {"body", "query"}


def tells_in_its_answer(response):
    """Batches are not refused as a whole: their answer names each item that was, as `validateDocument` does faults."""
    try:
        answer = response.json()
    except ValueError:
        return False
    if not isinstance(answer, dict):
        return False
    results = answer.get("results")
    failed = isinstance(results, list) and any(isinstance(it, dict) and "error" in it for it in results)
    return failed or bool(answer.get("refusals")) or bool(answer.get("problems"))


def is_body_allowed(document, case):
    if not isinstance(case.body, (dict, list, str, int, float, bool, type(None))):
        # None was sent.
        return False
    content = case.operation.definition.raw["requestBody"]["content"]
    return is_allowed(document, next(iter(content.values())).get("schema", {}), looked_at(case))


def looked_at(case):
    """Of a body, what the mask names: where nothing is checked at the door, the rest may be anything."""
    mask = (case.query or {}).get("updateMask")
    if case.method.upper() != "PATCH" or not isinstance(mask, str) or not isinstance(case.body, dict):
        return case.body
    named = {plain(path.strip().split(".")[0]) for path in mask.split(",")}
    return {name: it for name, it in case.body.items() if plain(name) in named}


def plain(name):
    """A name in either notation."""
    return name.replace("_", "").lower()


def is_query_allowed(document, case):
    parameters = {
        it["name"]: it for it in case.operation.definition.raw.get("parameters", []) if it["in"] == "query"
    }
    for name, given in (case.query or {}).items():
        if name not in parameters:
            # Refused by the gateway, or none of its matters.
            return False
        schema = parameters[name]["schema"]
        readings = [given, *numbers(given)]
        if not any(is_allowed(document, schema, reading) for reading in readings):
            return False
    return all(name in (case.query or {}) for name, it in parameters.items() if it.get("required"))


def numbers(given):
    """In a query everything is text."""
    return [int(given)] if isinstance(given, str) and given.lstrip("-").isdigit() else []


def is_allowed(document, schema, value):
    components = {name: loosened(it) for name, it in document["components"]["schemas"].items()}
    whole = {**loosened(schema), "components": {"schemas": components}}
    return jsonschema_rs.validator_for(whole).is_valid(without_nulls(value))


def without_nulls(value):
    """A field that is null is one that is not there, also where it stands for a choice."""
    if isinstance(value, list):
        return [without_nulls(it) for it in value]
    if not isinstance(value, dict):
        return value
    return {name: without_nulls(it) for name, it in value.items() if it is not None}


def loosened(schema):
    """The schema with what protobuf's JSON bears with."""
    if isinstance(schema, list):
        return [loosened(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    loose = {key: loosened(value) for key, value in schema.items()}
    kind = schema.get("type")
    if kind == "string" and schema.get("format") in ("int64", "uint64"):
        loose = {**loose, "type": ["string", "integer"], "pattern": DIGITS}
    elif kind in ("integer", "number"):
        loose = {"anyOf": [loose, {"type": "string", "pattern": DIGITS}]}
    elif kind == "string" and "enum" in schema:
        loose = {"anyOf": [loose, {"type": "integer"}]}
    return loose
