# SPDX-License-Identifier: Apache-2.0
"""The command as a person or a program uses it: what it prints, in which language, its status."""

import json
import string
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import sansang_agent
from sansang_agent.cli import main
from sansang_agent.showing import lines
from sansang_wire.readings import WifiReading
from tests.agent.running import COMMAND, RunningAgent, environment, write_config
from tests.servers import Mosquitto, free_port

PACKAGE = Path(sansang_agent.__file__).parent
BAD = 'agent = "nvh-1"\nbroker.ur = "mqtt://broker"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path, f"mqtt://127.0.0.1:{free_port()}")


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.toml"
    path.write_text(BAD)
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "mosquitto") as running:
        yield running


def test_version_and_wrong_usage() -> None:
    """The installed command; 2 is wrong usage."""
    for arguments, status in ((["--version"], 0), ([], 2), (["fly"], 2), (["probe", "fly"], 2)):
        done = subprocess.run(
            [COMMAND, *arguments], capture_output=True, text=True, check=False, env=environment()
        )
        assert done.returncode == status
        assert ("usage: " in done.stderr) == (status == 2)
        assert (done.stdout == f"{sansang_agent.__version__}\n") == (status == 0)


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "is in order"), ("vi", "không có lỗi"), (None, "không có lỗi")]
)
def test_check_says_what_would_run(
    config: Path,
    lang: str | None,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the language asked for, else in Vietnamese."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    options = ["--lang", lang] if lang else []
    assert main(["check", "--config", str(config), *options]) == 0
    printed = capsys.readouterr().out
    assert words in printed
    assert "host" in printed
    assert "link" not in printed, "it is switched off"


def test_check_answers_programs_in_json(
    config: Path, bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In order or not."""
    assert main(["check", "--config", str(config), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "mistakes": [],
        "agent": "nvh-1",
        "probes": {"host": 1},
    }
    assert main(["check", "--config", str(bad), "--json"]) == 78
    assert json.loads(capsys.readouterr().out)["mistakes"] == [
        {"path": "broker.ur", "what": "unknown key — did you mean 'url'?"},
        {"path": "broker.url", "what": "is missing"},
    ]


@pytest.mark.parametrize("command", [["check"], ["run"], ["probe", "host"]])
def test_wrong_settings_are_78_and_every_mistake_a_line(
    bad: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The headline is in the language of the reader; what stands in the file is named as it is."""
    assert main([*command, "--config", str(bad), "--lang", "vi"]) == 78
    headline, *lines = capsys.readouterr().err.splitlines()
    assert headline == f"Không dùng được {bad}; các lỗi cần sửa:"
    assert lines == [
        "  broker.ur: unknown key — did you mean 'url'?",
        "  broker.url: is missing",
    ]


def test_probe_shows_what_one_run_measured(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A probe that is switched off can be tried, too; names and units are those of the wire."""
    assert main(["probe", "host", "--config", str(config), "--lang", "en"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("host: ok\n")
    assert any(line.split()[:1] == ["uptime_s"] for line in printed.splitlines())
    main(["probe", "link", "--config", str(config), "--json"])
    readings = json.loads(capsys.readouterr().out)
    assert {each["kind"] for each in readings} == {"link"}


def test_probe_is_1_when_something_is_not_ok(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """TCP does not go to a group."""
    target = '{name = "t", host = "224.0.0.1", scope = "domestic", method = "tcp"}'
    asked = f"targets = [{target}], packets = 1, timeout_s = 0.1"
    text = config.read_text()
    config.write_text(text.replace("reachability.enabled = false", f"reachability = {{{asked}}}"))
    assert main(["probe", "reachability", "--config", str(config), "--json"]) == 1
    (reading,) = json.loads(capsys.readouterr().out)
    assert reading["outcome"] == "unreachable"


def test_the_way_to_a_system_is_told_in_a_sentence(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before a meeting; though the probe is off, and the system in no settings."""
    asked = ["probe", "path", "--config", str(config), "--target", "127.0.0.1", "--packets", "3"]
    assert main([*asked, "--lang", "en"]) == 0
    headline, sentence = capsys.readouterr().out.splitlines()
    assert headline == "127.0.0.1 ipv4: ok"
    assert sentence.startswith("  3 of 3 packets were answered, 0.0 % were lost; there and back ")
    main([*asked, "--lang", "vi"])
    assert "3 trên 3 gói có trả lời, mất 0.0 %" in capsys.readouterr().out
    main([*asked, "--json"])
    (reading,) = json.loads(capsys.readouterr().out)
    assert (reading["kind"], reading["target"], reading["sent"]) == ("path", "127.0.0.1", 3)


def test_one_answer_has_no_variation(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--target", "::1", "--packets", "1", "--family", "ipv6", "--lang", "en"]
    assert main(["probe", "path", "--config", str(config), *asked]) == 0
    assert capsys.readouterr().out.endswith("variation – ms\n")


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ("path --target 127.0.0.1 --packets 201", "packets: expected `int` <= 200 (it is 201)"),
        ("path --target 127.0.0.1 --packets 0", "packets: expected `int` >= 1 (it is 0)"),
        ("path --target 127.0.0.1 --family ipv6", "127.0.0.1 is of another family"),
        ("path --packets 5", "--packets and --family go with --target"),
        ("host --target 127.0.0.1", "--packets and --family go with --target"),
        ("readiness --target 127.0.0.1", "--packets and --family go with --target"),
    ],
)
def test_a_system_that_can_t_be_asked_so_is_wrong_usage(
    config: Path, words: str, mistake: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is sent."""
    with pytest.raises(SystemExit) as ended:
        main(["probe", *words.split(), "--config", str(config)])
    assert ended.value.code == 2
    assert mistake in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("wifi", 'ssids = ["…"] under [probes.wifi]'),
        ("wifi_scan", 'ssids = ["…"] under [probes.wifi_scan]'),
        ("wifi_journey", 'ssids = ["…"] under [probes.wifi_journey]'),
        ("radio", "radio: this box has no radio"),
    ],
)
def test_what_a_probe_of_the_wifi_lacks_is_said(kind: str, words: str) -> None:
    (line,) = lines(kind, [], str)
    assert words in line


def test_a_box_without_a_radio_is_said_in_words() -> None:
    """Not by the word that travels."""
    reading = WifiReading(at=1, outcome="broken", reason="no_nl80211", ssid="NVH")
    (line, *_) = lines("wifi", [reading], str)
    assert line == "NVH: could not be measured (the kernel knows no Wi-Fi (nl80211))"


def test_nothing_to_measure_is_said(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody named a system: that is not the same as all is well."""
    asked = ["probe", "path", "--config", str(config)]
    assert main([*asked, "--lang", "en"]) == 1
    assert capsys.readouterr().out == "path: with these settings there is nothing to measure\n"
    assert main([*asked, "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == []


def findings(config: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """The doctor's, by name; its status says whether all is well."""
    status = main(["doctor", "--config", str(config), "--json", "--lang", "en"])
    found = json.loads(capsys.readouterr().out)
    assert status == (0 if all(each["ok"] for each in found) else 1)
    assert all(bool(each["mend"]) != each["ok"] for each in found), "a complaint says how to mend"
    return {each["name"]: each for each in found}


def test_the_doctor_finds_a_broker_that_is_not_there(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says which line to look at."""
    found = findings(config, capsys)
    assert list(found) == ["settings", "clock", "outbox", "broker"]
    assert found["settings"]["ok"]
    assert not found["broker"]["ok"]
    assert "can't be reached" in found["broker"]["what"]
    assert "check the line" in found["broker"]["mend"]
    assert "127.0.0.1" in found["broker"]["mend"]


@pytest.mark.parametrize("name", ["broker.invalid", f"{'x' * 64}.invalid"])
def test_the_doctor_finds_a_name_that_nobody_knows(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And one that can't even be asked for."""
    found = findings(write_config(tmp_path, f"mqtt://{name}"), capsys)["broker"]
    assert f"the broker's name {name} can't be looked up" in found["what"]
    assert "spelling" in found["mend"]


def test_the_doctor_finds_a_wrong_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Mosquitto(tmp_path / "mosquitto", users={"nvh-1": "right"}) as server:
        found = findings(write_config(tmp_path, server.url), capsys)["broker"]
    assert "does not accept this agent's name and password" in found["what"]
    assert "password_file" in found["mend"]


def test_the_doctor_finds_what_is_wrong_with_the_encryption(
    tmp_path: Path, server: Mosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    """A certificate of somebody else, certificates that are none, a port that doesn't encrypt."""
    leaf = trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem
    leaf.write_to_path(str(tmp_path / "leaf.pem"))
    options = {"certfile": str(tmp_path / "leaf.pem"), "keyfile": str(tmp_path / "leaf.pem")}
    with Mosquitto(tmp_path / "encrypted", options=options) as encrypted:
        config = write_config(tmp_path, f"mqtts://localhost:{encrypted.port}")
        assert "certificate is not accepted" in findings(config, capsys)["broker"]["what"]
        (tmp_path / "ca.crt").write_text("no certificate")
        config.write_text(f'broker.ca_file = "{tmp_path}/ca.crt"\n{config.read_text()}')
        assert "can't be read" in findings(config, capsys)["broker"]["what"]
    config = write_config(tmp_path, f"mqtts://127.0.0.1:{server.port}")
    found = findings(config, capsys)["broker"]
    assert "no encrypted connection" in found["what"]
    assert "port for mqtts" in found["mend"]


def test_the_doctor_finds_a_broker_that_takes_us(
    tmp_path: Path, server: Mosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside a running agent, which goes on."""
    config = write_config(tmp_path, server.url)
    with RunningAgent(config) as agent:
        found = findings(config, capsys)
        assert found["broker"] == {
            "name": "broker",
            "ok": True,
            "what": f"the broker 127.0.0.1:{server.port} takes us",
            "mend": "",
        }
        assert agent.running


def test_the_doctor_finds_an_outbox_it_may_not_write_and_makes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that root's doctor made could not be written by the agent. /proc is nobody's."""
    config = write_config(tmp_path, f"mqtt://127.0.0.1:{free_port()}")
    text = config.read_text()
    config.write_text(text.replace(f"{tmp_path}/outbox.db", f"{tmp_path}/new/er/outbox.db"))
    assert findings(config, capsys)["outbox"]["ok"] in {True, False}
    assert not (tmp_path / "new").exists()
    config.write_text(text.replace(f"{tmp_path}/outbox.db", "/proc/sys/outbox.db"))
    found = findings(config, capsys)
    assert not found["outbox"]["ok"]


def test_the_doctor_tells_what_is_wrong_with_the_settings(
    bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without settings there is no broker to try, and what runs by default is looked after."""
    found = findings(bad, capsys)
    assert list(found) == ["settings", "clock", "netlink", "echo", "dns"]
    assert "broker.url: is missing" in found["settings"]["mend"]


def test_the_doctor_speaks_vietnamese_and_no_colour(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever NO_COLOR says: what goes into a log has no escapes."""
    assert main(["doctor", "--config", str(config), "--lang", "vi"]) == 1
    printed = capsys.readouterr().out
    assert "LỖI" in printed
    assert "không tới được máy chủ MQTT" in printed
    assert "\x1b" not in printed


def test_the_log_is_json_when_a_program_reads_it(config: Path) -> None:
    """A line an object."""
    with RunningAgent(config, "--json") as agent:
        agent.says("no connection to the broker")
        assert agent.end() == 0
        lines = [json.loads(line) for line in agent.log.splitlines()]
    assert {"time", "level", "text"} == set(lines[0])
    assert any("readings are kept" in line["text"] for line in lines)


@pytest.fixture(scope="module")
def vietnamese() -> Catalog:
    """The catalogue as translators edit it."""
    path = PACKAGE / "locale/vi/LC_MESSAGES/sansang_agent.po"
    with path.open("rb") as file:
        return read_po(file, locale="vi")


def test_every_text_has_its_vietnamese(vietnamese: Catalog) -> None:
    """None is missing, empty or doubtful, and none is left of texts that are gone."""
    written = {
        message
        for _, _, message, _, _ in extract_from_dir(
            PACKAGE, [("**.py", "python")], keywords={"translate": None}
        )
    }
    translated = {
        str(message.id)
        for message in vietnamese
        if message.id and message.string and not message.fuzzy
    }
    assert written == translated


def test_translations_have_the_same_blanks_to_fill(vietnamese: Catalog) -> None:
    """A misspelt one would be an error where the text is shown."""
    for message in vietnamese:
        assert _blanks(str(message.id)) == _blanks(str(message.string)), message.id


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
