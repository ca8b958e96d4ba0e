# SPDX-License-Identifier: Apache-2.0
"""Who may test, and when: turns, tokens, and what happens without them."""

import logging
from pathlib import Path

import pytest

from sansang_collector.settings_file import InvalidFileError
from sansang_collector.speed_server import tokens, turns
from sansang_collector.speed_server.pace import WAIT_S, Pace
from sansang_collector.speed_server.settings import LimitsSection
from sansang_wire.ndt7 import DOWNLOAD_PATH, TURN_PATH, Wait
from sansang_wire.websocket import CLOSE
from tests.collector.speed_server.speaking import MIB, Talk, serving
from tests.waiting import wait_until


class Clock:
    """Of a test: it goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_second_waits_until_the_first_gives_its_turn_back() -> None:
    with serving(everybody=True) as here:
        status, first = here.turn(agent="box-1")
        assert (status, first["seconds"], first["limit_mbps"]) == (200, 30, 1000)
        status, wait = here.turn(agent="box-2")
        assert status == 409
        assert wait["reason"] == "busy"
        assert 0 < wait["wait_s"] <= turns.ASK_AGAIN_S
        assert here.health["turns"] == 1
        assert here.ask("DELETE", f"{TURN_PATH}/{first['turn']}")[0] == 204
        assert here.turn(agent="box-2")[0] == 200


def test_a_turn_ends_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    """The log names who had it; its token does not help any more."""
    caplog.set_level(logging.INFO)
    with serving(everybody=True) as here:
        turn = here.turn(agent="box-1", seconds=0.05)[1]["turn"]
        wait_until(lambda: here.turn(agent="box-2")[0] == 200, "the turn has ended")
        with here.connect() as client:
            talk = Talk(client, DOWNLOAD_PATH, {"Sansang-Turn": turn})
            assert (talk.status, talk.refused) == (403, "this turn has ended, or never was\n")
    assert "the turn of box-1 has ended by itself" in caplog.messages
    assert turn not in caplog.text


def test_as_many_turns_at_once_as_the_settings_say() -> None:
    with serving(everybody=True, limits=LimitsSection(turns_at_once=2)) as here:
        assert [here.turn(agent=f"box-{each}")[0] for each in range(3)] == [200, 200, 409]


def test_a_test_without_a_turn_takes_one_while_it_lasts(tmp_path: Path) -> None:
    """As a foreign client's: others are told to ask again. It ends before the client knows."""
    token = tokens.add(tmp_path / "tokens", "box-1")
    bearer = {"Authorization": f"Bearer {token}"}
    with serving(tokens_file=tmp_path / "tokens") as here:
        with here.connect() as client:
            talk = Talk(client, DOWNLOAD_PATH, bearer)
            assert here.turn(token)[0] == 409
            with here.connect() as second:
                refused = Talk(second, DOWNLOAD_PATH, bearer)
                assert refused.status == 503
                assert refused.refused == "others test now: ask again later\n"
            talk.send(CLOSE, b"\x03\xe8")
            talk.until_closed()
            assert here.turn(token)[0] == 200
        assert here.health["refused"] == {"busy": 2}


def test_a_turn_of_one_test_is_free_before_the_server_says_good_bye() -> None:
    """M-Lab's client begins its upload as soon as it has heard that the download is over."""
    limits = LimitsSection(max_gib_per_test=MIB)
    with serving(everybody=True, limits=limits) as here, here.connect() as client:
        Talk(client).until_closed()
        assert here.turn()[0] == 200


def test_without_a_token_nobody_tests(tmp_path: Path) -> None:
    """Neither with a wrong one, nor with one in the address; each is told why, and counted."""
    file = tmp_path / "tokens"
    token = tokens.add(file, "box-1")
    with serving(tokens_file=file) as here:
        for path in (DOWNLOAD_PATH, f"{DOWNLOAD_PATH}?access_token={token}"):
            with here.connect() as client:
                assert Talk(client, path).status == 401
        assert here.turn()[0] == 401
        assert here.turn("guessed") == (401, "this token is not known here\n")
        assert here.health["refused"] == {"no_token": 3, "wrong_token": 1}
        assert here.turn(token)[0] == 200


def test_a_token_holds_from_when_it_is_made_until_it_is_taken_out(tmp_path: Path) -> None:
    """While the server runs; a second one for the same name takes the place of the first."""
    file = tmp_path / "tokens"
    with serving(tokens_file=file, limits=LimitsSection(turns_at_once=9)) as here:
        assert here.turn("anything")[0] == 401
        first = tokens.add(file, "box-1")
        other = tokens.add(file, "box-2")
        assert [here.turn(each)[0] for each in (first, other)] == [200, 200]
        second = tokens.add(file, "box-1")
        assert [here.turn(each)[0] for each in (first, second, other)] == [401, 200, 200]
        file.write_text("")
        assert [here.turn(each)[0] for each in (second, other)] == [401, 401]


def test_a_broken_file_of_tokens_takes_nobody_s_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "tokens"
    token = tokens.add(file, "box-1")
    with serving(tokens_file=file) as here:
        file.write_text("box-1 what is this\n")
        assert here.turn(token)[0] == 200
    mistake = "line 1: is not a new name and the SHA-256 of its token"
    assert f"{file}: {mistake}; the tokens of before still hold" in caplog.text


def test_every_bad_line_is_told_when_the_server_starts(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    tokens.add(file, "box-1")
    file.write_text(f"{file.read_text()}\n{file.read_text()}box-2 0123\n")
    with pytest.raises(InvalidFileError) as caught, serving(tokens_file=file):
        pass
    assert [each.path for each in caught.value.mistakes] == ["line 3", "line 4"]


def test_a_token_stands_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Only its SHA-256 in a file that nobody else can read; not in the log, used or refused."""
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "tokens"
    token = tokens.add(file, "box-1")
    assert token not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    with serving(tokens_file=file) as here:
        here.turn(token)
        here.turn("a-wrong-token")
        here.ask("GET", f"/nowhere?token={token}")
    assert token not in caplog.text
    assert "a-wrong-token" not in caplog.text


@pytest.mark.parametrize("name", ["Thôn Đông", "", "a b", "collector"])
def test_a_token_is_a_box_s(tmp_path: Path, name: str) -> None:
    """What is no agent's id could break the file."""
    with pytest.raises(tokens.TokenError, match="is not a name"):
        tokens.add(tmp_path / "tokens", name)
    assert not (tmp_path / "tokens").exists()


def test_nobody_gives_back_another_s_turn(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    one, other = tokens.add(file, "box-1"), tokens.add(file, "box-2")
    with serving(tokens_file=file) as here:
        turn = here.turn(one)[1]["turn"]
        assert here.ask("DELETE", f"{TURN_PATH}/{turn}", other)[0] == 404
        assert here.turn(other)[0] == 409
        assert here.ask("DELETE", f"{TURN_PATH}/{turn}", one)[0] == 204


def test_the_turns_of_an_hour_are_numbered() -> None:
    """A token's, or an address's; the answer says how long until the oldest is an hour old."""
    clock = Clock()
    held = turns.Turns(LimitsSection(turns_per_hour=2, turns_at_once=9), clock)
    held.ask("box-1", "box-1", 10)
    clock.now += 600
    held.ask("box-1", "box-1", 10)
    assert held.ask("box-1", "box-1", 10) == Wait(wait_s=3000, reason="too_often")
    assert not isinstance(held.ask("box-2", "box-2", 10), Wait)
    clock.now += 3000
    assert not isinstance(held.ask("box-1", "box-1", 10), Wait)
    assert held.ask("box-1", "box-1", 10) == Wait(wait_s=600, reason="too_often")


def test_who_tests_too_often_is_told_so() -> None:
    with serving(everybody=True, limits=LimitsSection(turns_per_hour=1, turns_at_once=9)) as here:
        assert here.turn()[0] == 200
        status, wait = here.turn()
        assert (status, wait["reason"]) == (409, "too_often")
        with here.connect() as client:
            assert Talk(client).status == 429
        assert here.health["refused"] == {"too_often": 2}


@pytest.mark.parametrize(
    "body", [None, {}, [], {"agent": "box-1", "seconds": 1e9}, {"agent": "A\nB", "seconds": 1}]
)
def test_what_asks_for_no_turn_gets_none(body: object) -> None:
    with serving(everybody=True) as here:
        assert here.ask("POST", TURN_PATH, None, body)[0] == 400
        assert here.health["turns"] == 0


def test_a_bucket_lets_through_what_the_rate_says() -> None:
    """Within 1 % over a second of waiting, and never 10 ms' worth more."""
    clock = Clock()
    pace = Pace(80, clock)
    carried = 0
    for _ in range(round(1 / WAIT_S)):
        clock.now += WAIT_S
        carried += pace.take(1 << 18)
        assert carried <= 10e6 * (clock.now - 1000) + 1
    assert carried == pytest.approx(10e6, rel=0.01)
    clock.now += 100
    assert pace.take(1 << 20) == 100_000
    assert pace.take(1 << 20) == 0
    pace.give_back(50_000)
    assert pace.take(1 << 20) == 50_000
