"""What Patron promises beyond status codes: it refuses what its document does not allow, and nothing that it allows.

Two things can't be told by an OpenAPI document, and are left out here as narrowly as they can be:

- Rules without a keyword. 64-bit numbers are text in protobuf's JSON, and JSON Schema has no bounds for text. What a
  service refuses by meaning (a time in the future, a program that does not exist, a field that is needed beside another)
  is no matter of a schema.
- What protobuf's JSON bears with (leniency.py). It takes `null` for "not said", numbers and their text for each other,
  and numbers of enum values for their names. Answers never have these forms, so the document does not speak of them.
"""

import json
import re

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.specs.openapi.checks import negative_data_rejection

from leniency import is_borne_with

#: What the gateway and the contract's own rules say of a field. All else is said by a service, which refuses for a meaning.
OF_THE_SHAPE = re.compile(
    r"is required$|must have at (least|most) \d+ (characters|items)|must match |must be a UUID|must be a defined value"
    r"|must be set|must not hold the character|is given (twice|more than once)|unknown field|unknown query parameter"
    r"|expected |cannot be given together|is not percent-encoded|`.*` is none of the values|stands in the path"
)

#: What is said of a request as a whole.
OF_THE_WHOLE = re.compile(r"the body|this method|the path")


@schemathesis.serializer("application/x-ndjson")
def of_one_line(_ctx, value):
    """A stream of requests is one to a line; one is sent."""
    return json.dumps(value).encode() + b"\n"


@schemathesis.check
def takes_what_the_document_allows(_ctx, response, case):
    """A request that is as the document says is not refused for its shape."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 400:
        return
    message, reason, violations = refusal(response)
    if reason != "INVALID_ARGUMENT":
        return
    wrong = [f"{field} {text}" for field, text in violations if OF_THE_SHAPE.match(text)]
    if wrong or OF_THE_WHOLE.match(message):
        raise AssertionError(f"the document allows what is refused: {'; '.join(wrong) or message}")


@schemathesis.check
def refuses_what_the_document_does_not_allow(ctx, response, case):
    """A request that is not as the document says is refused."""
    try:
        negative_data_rejection(ctx, response, case)
    except AcceptedNegativeData:
        if not is_borne_with(case, response):
            raise


def refusal(response):
    """What a refusal says, its reason, and the wrong fields with what is wrong with each."""
    reason, violations = "", []
    body = json.loads(response.text)
    for detail in body["details"]:
        if detail["@type"].endswith("google.rpc.ErrorInfo"):
            reason = detail["reason"]
        if detail["@type"].endswith("google.rpc.BadRequest"):
            violations = [(it["field"], it["description"]) for it in detail["fieldViolations"]]
    return body["message"], reason, violations
