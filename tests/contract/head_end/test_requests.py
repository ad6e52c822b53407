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
def test_an_invalid_request_is_refused_with_a_pointer(cloud, request_of, changes, pointer):
    answer = cloud.ask(request_of(**changes))
    assert answer.status_code == 400
    assert [flaw["pointer"] for flaw in answer.json()["errors"]] == [pointer]


def test_an_unknown_action_is_refused(cloud, request_of):
    assert cloud.ask(request_of(action="explode")).status_code == 400


def test_the_key_and_the_address_must_fit_the_request(cloud, request_of):
    asked = request_of()
    assert cloud.ask(asked, **{"Idempotency-Key": "another"}).status_code == 400
    headers = {"Idempotency-Key": asked["request_id"]}
    assert cloud.http.post("/devices/OTHER/status-checks", json=asked, headers=headers).status_code == 400


def test_a_serial_number_with_a_slash_or_other_separators_is_the_same_device(cloud, request_of):
    cloud.faults(answer="at_once")
    asked = request_of(serial_number="AB/12-%3F")
    cloud.http.put("/devices/ab12%253f", json={"state": "offline"}).raise_for_status()
    headers = {"Idempotency-Key": asked["request_id"]}
    answer = cloud.http.post("/devices/AB%2F12-%253F/status-checks", json=asked, headers=headers)
    assert answer.json()["outcome"] == "offline"


def test_faults_store_no_request(cloud, request_of):
    asked = request_of()
    cloud.faults(error_share=1)
    assert cloud.ask(asked).status_code == 500
    cloud.faults(error_share=0, refuse_connections_for_seconds=60)
    with pytest.raises(httpx.TransportError):
        cloud.ask(asked)
    cloud.http.delete("/faults")
    assert cloud.status(asked).status_code == 404


def test_a_lost_response_keeps_the_request(cloud, request_of):
    cloud.faults(lose_response_share=1)
    asked = request_of()
    with pytest.raises(httpx.TransportError):
        cloud.ask(asked)
    cloud.http.delete("/faults")
    wait_for(lambda: cloud.answers(asked))


def test_duplicate_answers_arrive_twice_and_lost_answers_never(cloud, request_of):
    cloud.faults(duplicate_answers=True)
    twice, lost = request_of(), request_of()
    cloud.ask(twice)
    wait_for(lambda: len(cloud.answers(twice)) == 2)
    cloud.faults(lost_answer_share=1, duplicate_answers=False)
    cloud.ask(lost)
    wait_for(lambda: cloud.status(lost).json()["status"] == "answered")
    shown = {one["request_id"]: one["callback"] for one in cloud.http.get("/requests").json()["items"]}
    assert shown[lost["request_id"]] == "lost"


def test_the_page_escapes_request_content(cloud, request_of):
    asked = request_of(serial_number="<b>1")
    cloud.http.post(
        "/devices/%3Cb%3E1/status-checks", json=asked, headers={"Idempotency-Key": asked["request_id"]}
    ).raise_for_status()
    page = cloud.http.get("/")
    assert "&lt;b&gt;1" in page.text
    assert "<b>1" not in page.text
