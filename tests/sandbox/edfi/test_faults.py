"""What goes wrong to order."""

import http.client

import pytest
from tests.sandbox.edfi.client import Client, enrollment, student

from rollcall.sandbox.edfi import EdfiServer

LOST = (OSError, http.client.HTTPException)


def test_a_sequence_of_answers_comes_before_all_else(client: Client, state: EdfiServer) -> None:
    state.faults.sequence = ["429", "500", "503", "none"]
    answers = [client.post("students", student()) for _ in range(4)]
    assert [got.status for got in answers] == [429, 500, 503, 201]
    assert answers[0].headers["retry-after"] == "1"
    assert all("message" in got.json for got in answers[:3])
    assert len(state.history) == 1


def test_a_connection_lost_before_the_write_leaves_nothing(
    client: Client, state: EdfiServer
) -> None:
    state.faults.sequence = ["drop-before"]
    with pytest.raises(LOST):
        client.post("students", student())
    assert state.documents("students") == []


def test_a_connection_lost_after_the_write_leaves_the_document(
    client: Client, state: EdfiServer
) -> None:
    state.faults.sequence = ["drop-after"]
    with pytest.raises(LOST):
        client.post("students", student())
    assert state.documents("students") == [student()]


@pytest.mark.parametrize(
    ("share", "status"), [("throttled", 429), ("failing", 500), ("unavailable", 503)]
)
def test_a_share_of_writes_fails_the_same_with_the_same_seed(share: str, status: int) -> None:
    def statuses() -> list[int]:
        with EdfiServer(seed=7) as state, Client(state) as client:
            client.sign_in()
            setattr(state.faults, share, 0.3)
            return [client.post("students", student(str(n))).status for n in range(40)]

    first = statuses()
    assert set(first) == {201, status}
    assert 5 <= first.count(status) <= 20
    assert statuses() == first


def test_reading_is_spared_unless_ordered(client: Client, state: EdfiServer) -> None:
    state.faults.failing = 1.0
    assert client.get("students").status == 200
    state.faults.methods = ("GET",)
    assert client.get("students").status == 500


def test_a_document_can_be_refused_by_its_key(client: Client, state: EdfiServer) -> None:
    state.faults.refuse("students", ("2",), 400, "3001 Several.")
    assert client.post("students", student("1")).status == 201
    refused = client.post("students", student("2"))
    assert (refused.status, refused.json) == (400, {"message": "3001 Several."})
    state.faults.accept("students", ("2",))
    assert client.post("students", student("2")).status == 201


def test_the_beginning_of_a_key_refuses_all_with_it(client: Client, state: EdfiServer) -> None:
    client.post("students", student("1"))
    state.faults.refuse("studentSchoolAssociations", ("1",), 403, "No.")
    assert client.post("studentSchoolAssociations", enrollment("1")).status == 403


def test_a_token_can_wear_out(client: Client, state: EdfiServer) -> None:
    state.faults.requests_per_token = 3
    statuses = [client.post("students", student(str(n))).status for n in range(5)]
    assert statuses == [201, 201, 201, 401, 401]
    client.sign_in()
    assert client.post("students", student("9")).status == 201


def test_a_state_that_is_down_answers_nobody(client: Client, state: EdfiServer) -> None:
    state.faults.down = True
    with pytest.raises(LOST):
        client.post("students", student())
    with pytest.raises(LOST):
        client.sign_in()
    assert client.ask("POST", "/sandbox/faults", {"down": False}).status == 200
    assert client.post("students", student()).status == 201


def test_connections_can_be_cut_from_outside(client: Client, state: EdfiServer) -> None:
    client.get("students")
    state.break_off()
    with pytest.raises(LOST):
        client.get("students")
    assert client.get("students").status == 200


def test_latency_is_waited(client: Client, state: EdfiServer) -> None:
    state.faults.latency = 0.02
    state.faults.jitter = 0.001
    assert client.post("students", student()).status == 201
    assert 0.02 <= state.faults.wait() <= 0.021


def test_faults_are_ordered_over_http_too(client: Client, state: EdfiServer) -> None:
    wishes = {
        "latency": 0.001,
        "sequence": ["500"],
        "refused": [{"resource": "students", "key": ["2"], "status": 400, "text": "No."}],
        "problem_details": True,
    }
    assert client.ask("POST", "/sandbox/faults", wishes).status == 200
    assert client.post("students", student("2")).status == 500
    assert client.post("students", student("2")).json["detail"] == "No."
    assert client.ask("POST", "/sandbox/faults", {"clear": True}).status == 200
    assert state.faults.latency == 0.0
    assert client.post("students", student("2")).status == 201
    assert client.ask("POST", "/sandbox/faults", {"latencies": 1}).status == 400
    state_now = client.ask("GET", "/sandbox/state").json
    assert state_now["documents"]["students"] == 1
    assert state_now["answered"]["POST 201"] == 1


def test_all_that_is_held_can_be_looked_at(client: Client, state: EdfiServer) -> None:
    client.post("students", student("2"))
    client.post("students", student("1"))
    documents = client.ask("GET", "/sandbox/documents", resource="students")
    assert documents.json == state.documents("students") == [student("1"), student("2")]
    assert client.ask("GET", "/sandbox/documents", resource="teachers").status == 404
    history = client.ask("GET", "/sandbox/history").json
    assert history == [["POST", "students", ["2"]], ["POST", "students", ["1"]]]
