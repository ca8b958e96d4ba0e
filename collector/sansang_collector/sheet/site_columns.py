# SPDX-License-Identifier: Apache-2.0
"""The sheet “Điểm đo”: a row for each site."""

from sansang_collector.language import mark
from sansang_collector.sheet import cells
from sansang_collector.sheet.column import EXAMPLE, Column, Sheet
from sansang_collector.sheet.hours import opening_hours
from sansang_collector.sheet.package import package_mbps
from sansang_collector.sheet.words import Words

KINDS = {
    "office": Words("Trụ sở UBND", "Commune office"),
    "cultural_house": Words("Nhà văn hóa", "Cultural house"),
    "school": Words("Trường học", "School"),
    "health_station": Words("Trạm y tế", "Health station"),
    "other": Words("Khác", "Other"),
}
LINE_KINDS = {
    "fixed": Words("Cố định", "Fixed"),
    "mobile": Words("Di động", "Mobile"),
}
LINE_KIND = cells.choice(
    LINE_KINDS,
    {
        "capquang": "fixed",
        "codinhcapquang": "fixed",
        "fiber": "fixed",
        "fibre": "fixed",
        "3g": "mobile",
        "4g": "mobile",
        "5g": "mobile",
    },
)
YES_NO = {"yes": Words("Có", "Yes"), "no": Words("Không", "No")}

SITES = Sheet(
    table="sites",
    title=Words("Điểm đo", "Sites"),
    identity=("commune", "name"),
    columns=(
        Column(
            "id",
            Words("Mã điểm đo", "Site id"),
            mark(
                "Leave it empty and one is made from the commune's code and the name."
                " It never changes: write it here to change the name of a site."
            ),
            cells.identifier,
            example=EXAMPLE.vi,
            width=34,
        ),
        Column(
            "name",
            Words("Tên điểm đo", "Name"),
            mark("The name as people know it; within a commune no two are alike."),
            cells.name,
            example="Nhà văn hóa thôn Đông",
            needed=True,
            width=30,
        ),
        Column(
            "commune",
            Words("Mã xã", "Commune code"),
            mark("The five-digit code of the commune or ward, with the zeros before it."),
            cells.commune,
            example="11824",
            needed=True,
            width=12,
        ),
        Column(
            "commune_name",
            Words("Tên xã", "Commune name"),
            mark("The name of the commune or ward, as it stands in reports."),
            cells.name,
            example="Xã Vĩnh Bảo",
            needed=True,
        ),
        Column(
            "village",
            Words("Thôn, tổ dân phố", "Village"),
            mark("The village or residential group that the place belongs to."),
            cells.name,
            example="Thôn Đông",
        ),
        Column(
            "kind",
            Words("Loại điểm", "Kind"),
            mark("What kind of place it is: choose from the list."),
            cells.choice(
                KINDS,
                {
                    "truso": "office",
                    "ubnd": "office",
                    "trusoubndxa": "office",
                    "nvh": "cultural_house",
                    "truong": "school",
                    "tramytexa": "health_station",
                },
            ),
            example=KINDS["cultural_house"].vi,
            choices=KINDS,
            needed=True,
        ),
        Column(
            "carrier",
            Words("Nhà mạng", "Carrier"),
            mark("Who sells the line: VNPT, Viettel, FPT …"),
            cells.name,
            example="VNPT",
            width=14,
        ),
        Column(
            "line_kind",
            Words("Loại đường truyền", "Line kind"),
            mark("A fixed line (fibre) or a mobile one (4G, 5G)."),
            LINE_KIND,
            example=LINE_KINDS["fixed"].vi,
            choices=LINE_KINDS,
        ),
        Column(
            "package_mbps",
            Words("Gói cước (Mb/s)", "Package (Mb/s)"),
            mark(
                "The download speed that was bought: 150 is Mb/s; 1 Gb/s or 1.000 may be"
                " written, too."
            ),
            package_mbps,
            example="150",
            width=16,
        ),
        Column(
            "ssids",
            Words("Tên Wi-Fi (SSID)", "Wi-Fi names (SSID)"),
            mark(
                "The Wi-Fi that must be on air, letter for letter as a phone shows it;"
                " several with ; between them."
            ),
            cells.ssids,
            example="NVH Thon Dong; NVH Thon Dong 5G",
            width=34,
        ),
        Column(
            "free_wifi",
            Words("Wi-Fi miễn phí", "Free Wi-Fi"),
            mark("Whether everybody may use it free of charge; empty while nobody has looked."),
            cells.yes_no,
            example=YES_NO["yes"].vi,
            choices=YES_NO,
            width=14,
        ),
        Column(
            "hours.daily",
            Words("Giờ mở cửa hằng ngày", "Daily opening hours"),
            mark("When the place is open: 07:00-11:30 13:30-17:00. Empty means always open."),
            opening_hours,
            example="07:00-11:30 13:30-17:00",
            width=26,
        ),
        Column(
            "hours.sat",
            Words("Thứ bảy", "Saturday"),
            mark("Only where Saturday differs: its hours, or “nghỉ” when it is closed."),
            opening_hours,
            example="07:00-11:30",
            width=16,
        ),
        Column(
            "hours.sun",
            Words("Chủ nhật", "Sunday"),
            mark("Only where Sunday differs: its hours, or “nghỉ” when it is closed."),
            opening_hours,
            example="nghỉ",
            width=16,
        ),
    ),
)
