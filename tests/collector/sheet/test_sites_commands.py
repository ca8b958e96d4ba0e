# SPDX-License-Identifier: Apache-2.0
"""`sansang sites import` and `template`, as a person runs them."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from sansang_collector.registry import load
from tests.collector.sheet.sheets import DONG, REGISTRY, TAY, sites
from tests.collector.test_cli import SANSANG, sansang

MOI = (None, "Nhà văn hóa thôn Mới", *DONG[2:])
MOI_ID = "11824-nha-van-hoa-thon-moi"


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """Where the settings look for it."""
    path = tmp_path / "registry.toml"
    path.write_text(REGISTRY)
    (tmp_path / "collector.toml").write_text('broker.listen = "127.0.0.1:1883"\n')
    return path


def test_an_import_says_what_it_changed(registry: Path, tmp_path: Path) -> None:
    """The registry is the one of the settings; the second time nothing changes."""
    file = sites(
        tmp_path / "xa.xlsx",
        (*DONG, 300, None),
        (*MOI, None, "x"),
        TAY,
        also=["Gói cước", "Ghi chú"],
    )
    config = ("--config", tmp_path / "collector.toml")
    trial = sansang("sites", "import", file, *config, "--dry-run")
    ran = sansang("sites", "import", file, *config)
    assert (ran.returncode, ran.stderr) == (0, "")
    what = [
        "  ~ nvh-dong  Nhà văn hóa thôn Đông: package_mbps",
        f"  + {MOI_ID}  Nhà văn hóa thôn Mới",
        "Không đọc, vì không có mục nào mang tên này: bảng Điểm đo, dòng 1, cột Ghi chú",
    ]
    count = f"{registry}: 1 mục mới, 1 mục thay đổi, 1 mục giữ nguyên."
    assert ran.stdout.splitlines() == [
        count,
        *what,
        f"Danh mục trước khi thay đổi: {registry}.bak",
    ]
    assert trial.stdout.splitlines() == [count, *what, "Chưa ghi gì: đây chỉ là chạy thử."]
    again = sansang("sites", "import", file, *config, "--lang", "en")
    assert again.stdout.splitlines()[0] == f"{registry}: 0 new, 0 changed, 3 unchanged."


def test_bad_rows_are_listed_and_nothing_is_written(registry: Path, tmp_path: Path) -> None:
    """Status 1; programs get each place and sentence."""
    file = sites(tmp_path / "xa.xlsx", MOI, (None, "Thôn Hai", "182", "Xã", "Chợ"))
    ran = sansang("sites", "import", file, "--registry", registry)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.splitlines() == [
        f"sansang: {file}: có 2 lỗi",
        "  bảng Điểm đo, dòng 3, cột Mã xã: “182” không phải mã xã: ghi đủ năm chữ số, ví dụ 02176",
        (
            "  bảng Điểm đo, dòng 3, cột Loại điểm: không có lựa chọn “Chợ”: ghi một trong các từ:"
            " Trụ sở UBND, Nhà văn hóa, Trường học, Trạm y tế, Khác"
        ),
        "Chưa thay đổi gì. Hãy sửa tệp rồi nhập lại.",
    ]
    ran = sansang("sites", "import", file, "--registry", registry, "--json", "--lang", "en")
    assert ran.returncode == 1
    told = json.loads(ran.stdout)
    assert (told["written"], len(told["wrong"])) == (False, 2)
    assert told["wrong"][0] == {
        "sheet": "Điểm đo",
        "row": 3,
        "column": "Mã xã",
        "what": "“182” is not a commune's code: write its five digits, such as 02176",
    }
    assert registry.read_text() == REGISTRY


def test_passwords_of_new_boxes_are_shown_once(registry: Path, tmp_path: Path) -> None:
    """With what to do with them; no file holds one."""
    file = sites(tmp_path / "xa.xlsx", MOI)
    arguments = ("sites", "import", file, "--registry", registry, "--agents")
    lines = sansang(*arguments).stdout.splitlines()
    at = lines.index("Mật khẩu của các thiết bị đo mới. Chỉ hiện một lần này và không lưu ở đâu:")
    box, password = lines[at + 1].split()
    assert lines[at + 2].startswith("Ghi vào từng thiết bị đo: mã vào dòng agent")
    entry = load(registry).agent(box)
    assert entry is not None
    assert (entry.id, entry.site) == (f"{MOI_ID}-1", MOI_ID)
    assert entry.password_sha256 == hashlib.sha256(password.encode()).hexdigest()
    assert all(password.encode() not in path.read_bytes() for path in tmp_path.iterdir())
    assert password not in sansang(*arguments).stdout
    sites(file, (None, "Thôn Hai", *DONG[2:]))
    told = json.loads(sansang(*arguments, "--json").stdout)
    assert [each["agent"] for each in told["agents"]] == ["11824-thon-hai-1"]
    assert (told["written"], told["backup"]) == (True, f"{registry}.bak")


def test_a_full_disk_leaves_the_registry_as_it_was(registry: Path, tmp_path: Path) -> None:
    """No half of a file, nothing left beside it, and no password that is good for nothing."""
    file = sites(tmp_path / "xa.xlsx", MOI)
    before = sorted(tmp_path.iterdir())
    ran = subprocess.run(
        [
            "prlimit",
            "--fsize=100",
            SANSANG,
            "sites",
            "import",
            file,
            "--registry",
            registry,
            "--agents",
            "--lang",
            "en",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"sansang: {file}: the registry {registry} can't be written: ")
    assert registry.read_text() == REGISTRY
    assert sorted(tmp_path.iterdir()) == before


def test_a_template_is_written_where_there_is_none(tmp_path: Path) -> None:
    """And says what to do with it."""
    file = tmp_path / "xa.xlsx"
    ran = sansang("sites", "template", file, "--lang", "en")
    assert (ran.returncode, ran.stdout) == (
        0,
        f"Written: {file}. Fill it in, then: sansang sites import {file}\n",
    )
    ran = sansang("sites", "import", file, "--registry", tmp_path / "r.toml", "--lang", "en")
    assert ran.stdout.splitlines() == [
        f"{tmp_path}/r.toml: 0 new, 0 changed, 0 unchanged.",
        "The example rows were left out.",
    ]
    ran = sansang("sites", "template", file, "--json", "--lang", "en")
    assert ran.returncode == 1
    assert json.loads(ran.stdout)["error"] == f"there is a file {file} already: name another"


def test_an_option_before_the_command_is_not_lost_in_silence(tmp_path: Path) -> None:
    """It is that of the list of sites; the help names the commands in the reader's language."""
    ran = sansang("sites", "--config", tmp_path / "x.toml", "template", tmp_path / "xa.xlsx")
    assert ran.returncode == 2
    assert "write --config behind template" in ran.stderr
    assert not (tmp_path / "xa.xlsx").exists()
    assert "tạo bảng tính mẫu để điền" in sansang("sites", "--help").stdout
    assert "cho biết sẽ thay đổi gì" in sansang("sites", "import", "--help").stdout
