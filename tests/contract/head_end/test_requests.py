"""Which requests the simulator accepts, and how faults affect them."""

import httpx
import pytest

from tests.waiting import wait_for


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"head_end": ""}, "/head_end"),
        ({"serial_number": "é"}, "/serial_number"),
        ({"extra": 1}, "/extra"),
        ({"request_id": "a/b"}, "/request_id"),
    ],
)
def test_an_invalid_request_is_refused_with_a_pointer(head_end, request_of, changes, pointer):
    response = head_end.ask(request_of(**changes))
    assert response.status_code == 400
    assert [flaw["pointer"] for flaw in response.json()["errors"]] == [pointer]


def test_an_unknown_action_is_refused(head_end, request_of):
    assert head_end.ask(request_of(action="explode")).status_code == 400


def test_the_key_and_the_address_must_fit_the_request(head_end, request_of):
    asked = request_of()
    assert head_end.ask(asked, **{"Idempotency-Key": "another"}).status_code == 400
    headers = {"Idempotency-Key": asked["request_id"]}
    assert head_end.http.post("/devices/OTHER/status-checks", json=asked, headers=headers).status_code == 400


def test_a_serial_number_with_a_slash_or_other_separators_is_the_same_device(head_end, request_of):
    head_end.faults(answer="at_once")
    asked = request_of(serial_number="AB/12-%3F")
    head_end.http.put("/devices/ab12%253f", json={"state": "offline"}).raise_for_status()
    headers = {"Idempotency-Key": asked["request_id"]}
    response = head_end.http.post("/devices/AB%2F12-%253F/status-checks", json=asked, headers=headers)
    assert response.json()["outcome"] == "offline"


def test_faults_store_no_request(head_end, request_of):
    asked = request_of()
    head_end.faults(error_share=1)
    assert head_end.ask(asked).status_code == 500
    head_end.faults(error_share=0, refuse_connections_for_seconds=60)
    with pytest.raises(httpx.TransportError):
        head_end.ask(asked)
    head_end.http.delete("/faults")
    assert head_end.status(asked).status_code == 404


def test_a_lost_response_keeps_the_request(head_end, request_of):
    head_end.faults(lose_response_share=1)
    asked = request_of()
    with pytest.raises(httpx.TransportError):
        head_end.ask(asked)
    head_end.http.delete("/faults")
    wait_for(lambda: head_end.answers(asked))


def test_duplicate_answers_arrive_twice_and_lost_answers_never(head_end, request_of):
    head_end.faults(duplicate_answers=True)
    twice, lost = request_of(), request_of()
    head_end.ask(twice)
    wait_for(lambda: len(head_end.answers(twice)) == 2)
    head_end.faults(lost_answer_share=1, duplicate_answers=False)
    head_end.ask(lost)
    wait_for(lambda: head_end.status(lost).json()["status"] == "answered")
    shown = {one["request_id"]: one["callback"] for one in head_end.http.get("/requests").json()["items"]}
    assert shown[lost["request_id"]] == "lost"


def test_the_page_escapes_request_content(head_end, request_of):
    asked = request_of(serial_number="<b>1")
    head_end.http.post(
        "/devices/%3Cb%3E1/status-checks", json=asked, headers={"Idempotency-Key": asked["request_id"]}
    ).raise_for_status()
    page = head_end.http.get("/")
    assert "&lt;b&gt;1" in page.text
    assert "<b>1" not in page.text
