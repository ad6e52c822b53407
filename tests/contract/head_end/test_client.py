"""Our client and the simulator understand each other, with signatures both ways, by the published contract alone."""

import json
from datetime import UTC, datetime

import httpx
import jsonschema_rs
import pytest

from connectors.head_end.client import HeadEndClient
from connectors.head_end.contract import build_json_schema
from connectors.head_end.protocol import DeviceRequest
from connectors.standard_webhooks import verify_signature
from models.errors import OutcomeUnknown, Refused, Unavailable
from models.states.head_end import HeadEndOutcome, RequestKind
from tests.contract.derms.conftest import ROOT
from tests.contract.head_end.conftest import HeadEndProcess
from tests.waiting import wait_for

SECRET = "shared"


@pytest.fixture(scope="module")
def signed(tmp_path_factory, receiver):
    started = HeadEndProcess(tmp_path_factory.mktemp("signed"), receiver, secret=SECRET)
    yield started
    started.close()


@pytest.fixture(autouse=True)
def rested(signed):
    yield
    signed.http.delete("/faults")


def asked(request_of, kind=RequestKind.STATUS_CHECK, **named):
    made = request_of(**named)
    return DeviceRequest(kind=kind, **made)


async def ask(head_end, request, *, secret=SECRET, method="send"):
    async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
        return await getattr(HeadEndClient(http, head_end.address, secret), method)(request)


def test_the_published_contract_is_current():
    assert (ROOT / "docs/contracts/head-end.schema.json").read_text() == build_json_schema()


@pytest.mark.parametrize("kind", RequestKind)
async def test_every_kind_of_request_is_answered_at_once_or_later(signed, request_of, kind):
    later, at_once = asked(request_of, kind), asked(request_of, kind, serial_number="A/B C:1")
    assert await ask(signed, later) is None
    signed.faults(answer="at_once")
    response = await ask(signed, at_once)
    assert response.outcome is HeadEndOutcome.OK
    assert await ask(signed, at_once, method="get_answer") == response


async def test_an_unknown_request_has_no_answer(signed, request_of):
    assert await ask(signed, asked(request_of), method="get_answer") is None


async def test_callbacks_match_the_schema_and_are_signed(signed, request_of, receiver):
    request = asked(request_of)
    await ask(signed, request)
    headers, body = wait_for(lambda: next((one for one in receiver.posts if request.request_id in str(one[1])), None))
    verify_signature(SECRET, headers, body, datetime.now(UTC))
    defs = json.loads(build_json_schema())["$defs"]
    jsonschema_rs.validate({"$defs": defs, "$ref": "#/$defs/Answers"}, json.loads(body))


async def test_a_wrong_secret_is_refused_permanently(signed, request_of):
    with pytest.raises(Refused):
        await ask(signed, asked(request_of), secret="wrong")


async def test_a_failing_head_end_is_retried(signed, request_of):
    signed.faults(error_share=1)
    with pytest.raises(Unavailable):
        await ask(signed, asked(request_of))
    signed.faults(error_share=0, lose_response_share=1)
    with pytest.raises(OutcomeUnknown):
        await ask(signed, asked(request_of))
