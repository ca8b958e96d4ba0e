# SPDX-License-Identifier: Apache-2.0
"""A sheet brought into a registry: what changes there, and all that stays."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from sansang_collector.language import Translation
from sansang_collector.registry import load
from sansang_collector.settings_file import InvalidFileError
from sansang_collector.sheet import importing
from sansang_collector.sheet.importing import Imported, import_file
from sansang_collector.sheet.words import SheetError
from tests.collector.sheet.sheets import DONG, HEADINGS, REGISTRY, TAY, sites, workbook

MOI = (None, "Nhà văn hóa thôn Mới", "11824", "Xã Vĩnh Bảo", "Nhà văn hóa")


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A registry with comments, boxes between the sites, and its own layout."""
    path = tmp_path / "registry.toml"
    path.write_text(REGISTRY)
    return path


def take(file: Path, registry: Path, *, agents: bool = False) -> Imported:
    done = import_file(file, registry, agents=agents, dry_run=False)
    assert not done.wrong, [each.error for each in (*done.content.wrong, *done.plan.wrong)]
    return done


def changes(done: Imported) -> list[tuple[str, list[str] | None]]:
    """Id and keys of what changed; None for what is new."""
    return [(each.id, None if each.at is None else list(each.values)) for each in done.plan.changes]


def test_only_what_the_sheet_says_changes(registry: Path, tmp_path: Path) -> None:
    """Comments, order and layout stay; the values change where they stand; new sites follow."""
    file = sites(
        tmp_path / "xa.xlsx",
        (*DONG, "1 Gb/s", "NVH Dong", "7h-11h", "nghỉ"),
        (*TAY, None, None, None, "08:00-10:00"),
        (*MOI, 100, None, None, None),
        also=["Gói cước", "Tên Wi-Fi", "Giờ mở cửa hằng ngày", "Chủ nhật"],
    )
    done = take(file, registry)
    assert changes(done) == [
        ("nvh-dong", ["package_mbps", "ssids", "hours.daily", "hours.sun"]),
        ("nvh-tay", ["hours.sun"]),
        ("11824-nha-van-hoa-thon-moi", None),
    ]
    expected = REGISTRY.replace("150 # hợp", "1000 # hợp")
    expected = expected.replace(
        'daily = "07:00-11:30"\n',
        'daily = "07:00-11:00"\nhours.sun = "closed"\nssids = ["NVH Dong"]\n',
    )
    expected = expected.replace('11:00"\n# hết', '11:00"\nsun = "08:00-10:00"\n# hết')
    assert registry.read_text() == (
        f"{expected}\n"
        '[[sites]]\nid = "11824-nha-van-hoa-thon-moi"\nname = "Nhà văn hóa thôn Mới"\n'
        'commune = "11824"\ncommune_name = "Xã Vĩnh Bảo"\nkind = "cultural_house"\n'
        "package_mbps = 100\n"
    )


def test_the_same_file_twice_changes_nothing_the_second_time(
    registry: Path, tmp_path: Path
) -> None:
    """Not even the copy of the registry before it."""
    file = sites(tmp_path / "xa.xlsx", (*DONG, "2,5"), (*MOI, 100), also=["Gói cước"])
    take(file, registry, agents=True)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    done = take(file, registry, agents=True)
    assert (changes(done), done.plan.unchanged, done.passwords) == ([], 2, [])
    after = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    assert after == before


def test_a_trial_says_the_same_and_writes_nothing(registry: Path, tmp_path: Path) -> None:
    """And gives no password that would be good for nothing."""
    file = sites(tmp_path / "xa.xlsx", MOI)
    done = import_file(file, registry, agents=True, dry_run=True)
    assert changes(done) == [("11824-nha-van-hoa-thon-moi", None)]
    assert done.passwords == []
    assert registry.read_text() == REGISTRY
    assert sorted(tmp_path.iterdir()) == [registry, file]


def test_an_id_stays_when_the_name_changes(registry: Path, tmp_path: Path) -> None:
    """A row with the id is that site, whatever it is called now; empty cells say nothing."""
    file = sites(tmp_path / "xa.xlsx", ("nvh-tay", "Nhà văn hóa thôn Tây Hạ", None, None, None))
    assert changes(take(file, registry)) == [("nvh-tay", ["name"])]
    site = load(registry).site("nvh-tay")
    assert site is not None
    assert (site.name, site.commune) == ("Nhà văn hóa thôn Tây Hạ", "11824")


def test_names_that_differ_in_accents_alone_are_two_sites(registry: Path, tmp_path: Path) -> None:
    """Each with an id of its own."""
    rows = [(None, f"Thôn {name}", *DONG[2:]) for name in ("Đông", "Đồng", "Dong")]
    done = take(sites(tmp_path / "xa.xlsx", *rows), registry)
    assert [each.id for each in done.plan.changes] == [
        "11824-thon-dong",
        "11824-thon-dong-2",
        "11824-thon-dong-3",
    ]


def test_new_sites_get_boxes_with_passwords_that_are_told_once(
    registry: Path, tmp_path: Path
) -> None:
    """The registry holds what the broker checks; a box that is named so already keeps its name."""
    registry.write_text(REGISTRY.replace('"nvh-dong-1"', '"nvh-nam-1"'))
    rows = [MOI, ("nvh-nam", "Nhà văn hóa thôn Nam", *MOI[2:]), DONG]
    done = take(sites(tmp_path / "xa.xlsx", *rows), registry, agents=True)
    boxes = dict(done.passwords)
    assert list(boxes) == ["11824-nha-van-hoa-thon-moi-1", "nvh-nam-2"]
    assert len(set(boxes.values())) == 2
    for name, password in boxes.items():
        box = load(registry).agent(name)
        assert box is not None
        assert box.site == name[:-2]
        assert box.password_sha256 == hashlib.sha256(password.encode()).hexdigest()
        assert password not in registry.read_text()


def test_contacts_come_along_and_name_sites_as_people_do(registry: Path, tmp_path: Path) -> None:
    """By name or id, those of the same file too; the registry holds ids."""
    rows = [
        ("Contact", "Role", "Channels", "Sites concerned", "Communes concerned", "Quiet hours"),
        ("Trưởng thôn Mới", "Người trông coi", "zalo; mail", f"{MOI[1].upper()}; nvh-tay", None),
        ("Trung tâm", "operator", "ioc", None, 11824, "22h-6h"),
    ]
    file = workbook(tmp_path / "xa.xlsx", {"Sites": [HEADINGS, MOI], "Contacts": rows})
    take(file, registry)
    keeper, centre = load(registry).contacts
    assert (keeper.id, keeper.channels) == ("truong-thon-moi", ["zalo", "mail"])
    assert keeper.sites == ["11824-nha-van-hoa-thon-moi", "nvh-tay"]
    assert (centre.role, centre.communes, centre.quiet) == ("operator", ["11824"], "22:00-06:00")
    assert changes(take(file, registry)) == []


def test_the_registry_before_is_kept_and_modes_stay(registry: Path, tmp_path: Path) -> None:
    """Beside it, as readable as it was and no more; a link to the registry stays a link."""
    registry.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(registry)
    done = take(sites(tmp_path / "xa.xlsx", MOI), link)
    backup = tmp_path / "registry.toml.bak"
    assert done.backup == backup
    assert backup.read_text() == REGISTRY
    assert link.is_symlink()
    assert [path.stat().st_mode & 0o777 for path in (registry, backup)] == [0o640, 0o640]


def test_the_first_import_makes_the_registry(tmp_path: Path) -> None:
    """There is none before the first site."""
    registry = tmp_path / "registry.toml"
    done = take(sites(tmp_path / "xa.xlsx", MOI, TAY), registry)
    assert [site.name for site in load(registry).sites] == [MOI[1], TAY[1]]
    assert done.backup is None


def test_lines_of_windows_stay_so(registry: Path, tmp_path: Path) -> None:
    """Those that are added end as the others do."""
    registry.write_bytes(REGISTRY.replace("\n", "\r\n").encode())
    take(sites(tmp_path / "xa.xlsx", MOI, (*TAY[:4], "Khác")), registry)
    lines = registry.read_bytes().decode().split("\n")
    assert all(line.endswith("\r") for line in lines[:-1])
    assert len(load(registry).sites) == 3


def said(error: pytest.ExceptionInfo[SheetError]) -> str:
    return error.value.told(Translation("en"))


@pytest.mark.parametrize(
    "layout",
    [
        'sites = [{id = "a", name = "A", commune = "11824", commune_name = "X", kind = "other"}]\n',
        "sites = []\n",
        REGISTRY.replace(
            '"Nhà văn hóa thôn Đông"', '"""Nhà\n[[sites]]\nid = "x"\n[[agents]]\nid = "x"\n"""'
        ),
        REGISTRY.replace('"Nhà văn hóa thôn Đông"', '"""Nhà\n[[sites]]\nvăn hóa"""'),
    ],
)
def test_a_layout_that_can_not_be_changed_safely_is_left_alone(
    layout: str, registry: Path, tmp_path: Path
) -> None:
    """With a sentence; nothing is written that reads otherwise than it should."""
    registry.write_text(layout)
    rows = [MOI, (*TAY[:4], "Khác")]
    with pytest.raises(SheetError) as error:
        import_file(sites(tmp_path / "xa.xlsx", *rows), registry, agents=False, dry_run=False)
    assert said(error).startswith("the registry is laid out so that it can't be changed here")
    assert registry.read_text() == layout


def test_what_somebody_else_writes_meanwhile_is_not_lost(registry: Path) -> None:
    """An editor that saves between reading and writing."""
    with pytest.raises(SheetError) as error:
        importing._write(registry, b"as it was read", b"as it shall be")
    assert said(error) == f"the registry {registry} was changed meanwhile: import again"
    assert registry.read_text() == REGISTRY


def test_a_registry_that_would_become_wrong_is_not_written(registry: Path, tmp_path: Path) -> None:
    """A contact of the carrier that its last site leaves."""
    registry.write_text(
        REGISTRY.replace(
            'kind = "cultural_house"\n\n', 'kind = "cultural_house"\ncarrier = "A"\n\n'
        )
        + '[[contacts]]\nid = "a"\nname = "A"\nrole = "carrier"\nchannels = ["a"]\n'
        'carriers = ["A"]\n'
    )
    before = registry.read_text()
    file = sites(tmp_path / "xa.xlsx", (*TAY, "B"), also=["Nhà mạng"])
    with pytest.raises(SheetError) as error:
        import_file(file, registry, agents=False, dry_run=False)
    assert said(error).endswith("contacts[0].carriers[0]: no site has the carrier 'A'")
    assert registry.read_text() == before


def test_a_registry_with_mistakes_is_told_as_such(registry: Path, tmp_path: Path) -> None:
    """Before anything of the sheet is looked at."""
    registry.write_text("sites = 1")
    with pytest.raises(InvalidFileError):
        import_file(sites(tmp_path / "xa.xlsx"), registry, agents=False, dry_run=False)


def test_what_is_written_is_toml_whatever_a_name_holds(registry: Path, tmp_path: Path) -> None:
    """Quotes, backslashes, signs of TOML."""
    name = "Thôn \"A\" \\ 'B' = [[sites]] #1"
    take(sites(tmp_path / "xa.xlsx", (None, name, *MOI[2:])), registry)
    assert tomllib.loads(registry.read_text())["sites"][-1]["name"] == name
