"""Programs and people can find DERs whatever their names are."""

import pytest


@pytest.fixture(scope="module")
def known(shared, message):
    """Three DERs of one program, the newest last."""
    shared.faults(acknowledge="at_once")
    messages = [message(program={"code": "PAGED"}, feeder=f"PF-{number}") for number in range(3)]
    messages[1]["customer"]["name"] = "<script>alert('1')</script> & Sons"
    for one in messages:
        shared.send(one)
    shared.http.delete("/faults")
    return messages


@pytest.mark.parametrize(
    "of",
    [
        lambda sent: sent["devices"][0]["serial_number"].lower(),
        lambda sent: sent["devices"][0]["serial_number"].replace("-", ""),
        lambda sent: sent["devices"][0]["device_id"],
        lambda sent: sent["customer"]["cis_account_id"],
        lambda sent: sent["subscription"]["number"],
        lambda sent: "pf-2 lovelace PAGED",
    ],
)
def test_a_der_is_found_by_its_properties(derms, known, of):
    assert [der["subscription"] for der in derms.ders(of(known[2]))] == [known[2]["subscription"]["number"]]


def test_a_der_is_found_by_its_id(derms, known):
    (der,) = derms.ders(known[0]["subscription"]["number"])
    assert der in derms.ders(der["id"])
    shown = derms.http.get(f"/ders/{der['id']}").json()
    assert [event["message_id"] for event in shown.pop("history")] == [known[0]["message_id"]]
    assert shown == der


@pytest.mark.parametrize("query", ["%", "_", "no such thing", "'"])
def test_a_query_without_matches_finds_nothing(derms, known, query):
    assert derms.ders(f"PAGED {query} zzz") == []


def test_the_list_is_paged_newest_first(derms, known):
    found, cursor = [], ""
    while cursor is not None:
        page = derms.http.get("/ders", params={"q": "PAGED", "limit": 2, "cursor": cursor}).json()
        found += [der["subscription"] for der in page["items"]]
        cursor = page["next_cursor"]
    assert found == [one["subscription"]["number"] for one in reversed(known)]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=999", "cursor=x", "cursor=DER-"])
@pytest.mark.parametrize("path", ["/ders", "/sync-messages"])
def test_an_invalid_page_is_refused(derms, path, query):
    assert derms.http.get(f"{path}?{query}").status_code == 400


@pytest.mark.parametrize("der", ["DER-999999", "DER-x", "7"])
def test_an_unknown_der_is_not_found(derms, der):
    assert derms.http.get(f"/ders/{der}").status_code == derms.http.get(f"/der/{der}").status_code == 404


def test_pages_escape_message_content(derms, known):
    (der,) = derms.ders(known[1]["subscription"]["number"])
    for path in ("/?q=PAGED", f"/der/{der['id']}", "/?q=<script>alert(1)</script>"):
        page = derms.http.get(path)
        assert page.status_code == 200
        assert "<script" not in page.text
        assert "&lt;script&gt;" in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_search_page_says_when_nothing_is_found(derms):
    assert "No DER matches “nobody”" in derms.http.get("/", params={"q": "nobody"}).text


def test_the_search_page_lists_the_active_faults(derms):
    assert "No faults in force" in derms.http.get("/").text
    derms.faults(error_share=0.25, acknowledge="never")
    page = derms.http.get("/").text
    assert "error share: 0.25" in page
    assert "Acknowledges never" in page
