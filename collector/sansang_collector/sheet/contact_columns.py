# SPDX-License-Identifier: Apache-2.0
"""The sheet “Liên hệ”: a row for each contact."""

from sansang_collector.language import mark
from sansang_collector.sheet import cells
from sansang_collector.sheet.column import EXAMPLE, Column, Sheet
from sansang_collector.sheet.hours import opening_hours
from sansang_collector.sheet.words import Words

ROLES = {
    "officer": Words("Cán bộ phụ trách", "Officer"),
    "keeper": Words("Người trông coi", "Keeper"),
    "carrier": Words("Nhà mạng", "Carrier"),
    "operator": Words("Trung tâm điều hành", "Operator"),
}
LANGUAGES = {"vi": Words("Tiếng Việt", "Vietnamese"), "en": Words("Tiếng Anh", "English")}

CONTACTS = Sheet(
    table="contacts",
    title=Words("Liên hệ", "Contacts"),
    identity=("name",),
    columns=(
        Column(
            "id",
            Words("Mã liên hệ", "Contact id"),
            mark("Leave it empty and one is made from the name. It never changes."),
            cells.identifier,
            example=EXAMPLE.vi,
            width=24,
        ),
        Column(
            "name",
            Words("Tên liên hệ", "Contact"),
            mark("A role, not a person's name: it stays when people change."),
            cells.name,
            example="Trưởng thôn Đông",
            needed=True,
            width=30,
        ),
        Column(
            "role",
            Words("Vai trò", "Role"),
            mark("Officer, keeper of the place, carrier or operations centre: choose one."),
            cells.choice(
                ROLES,
                {
                    "canbo": "officer",
                    "truongthon": "keeper",
                    "totruong": "keeper",
                    "ioc": "operator",
                },
            ),
            example=ROLES["keeper"].vi,
            choices=ROLES,
            needed=True,
            width=24,
        ),
        Column(
            "channels",
            Words("Kênh nhắn tin", "Channels"),
            mark(
                "Names of channels in the file notify.urls, with ; between them."
                " No addresses and no passwords here."
            ),
            cells.channels,
            example="zalo-thon-dong",
            needed=True,
            width=24,
        ),
        Column(
            "sites",
            Words("Điểm đo phụ trách", "Sites concerned"),
            mark(
                "Ids or names of sites, with ; between them. Told of every site when this and"
                " the next two columns are empty."
            ),
            cells.names,
            example="Nhà văn hóa thôn Đông",
            width=34,
        ),
        Column(
            "communes",
            Words("Mã xã phụ trách", "Communes concerned"),
            mark("Codes of communes, with ; between them: told of every site there."),
            cells.communes,
            width=20,
        ),
        Column(
            "carriers",
            Words("Nhà mạng phụ trách", "Carriers concerned"),
            mark("Names of carriers, with ; between them: told of every site with their line."),
            cells.names,
            width=22,
        ),
        Column(
            "language",
            Words("Ngôn ngữ", "Language"),
            mark("The language of the messages; empty means Vietnamese."),
            cells.choice(LANGUAGES, {}),
            example=LANGUAGES["vi"].vi,
            choices=LANGUAGES,
            width=14,
        ),
        Column(
            "quiet",
            Words("Giờ không nhắn", "Quiet hours"),
            mark("When nothing is sent: 22:00-06:00. What came meanwhile is told afterwards."),
            opening_hours,
            example="22:00-06:00",
            width=16,
        ),
        Column(
            "after_min",
            Words("Nhắn sau (phút)", "After (minutes)"),
            mark("Told only of outages that last so many minutes; empty means at once."),
            cells.whole(0, 1_000_000),
            example="10",
            width=16,
        ),
        Column(
            "remind_h",
            Words("Nhắc lại sau (giờ)", "Remind after (hours)"),
            mark("Reminded each time that an outage lasts so many hours longer; empty: never."),
            cells.whole(1, 8760),
            example="24",
            width=18,
        ),
    ),
)
