"""Writes and reads workbooks of schedules as the programs do that people use beside the library."""

import datetime
import json
import sys

import openpyxl
import pandas


def write_openpyxl(path):
    """Cells of every type, by hand: dates, texts and numbers mixed within a column, and formats."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["title", "scheduledStartTime", "autoStart", "thumbnail", "repeat_daily", "remarks"])
    sheet.append(["date cell", datetime.datetime(2025, 10, 27, 0, 14), True, None, False, "x"])
    sheet.append(["iso text", "2025-10-27T00:14", "TRUE", None, 0, None])
    sheet.append(["spaced text", "2025-10-27 00:14:00", 1, None, "false", None])
    sheet.append([None, None, None, None, None, None])
    sheet.append(["day only", datetime.date(2025, 10, 27), None, None, None, None])
    sheet["B6"].number_format = "dd/mm/yyyy"
    workbook.create_sheet("second").append(["title"])
    workbook.save(path)


def write_pandas(path):
    """A frame whose missing values pandas fills in as it likes."""
    frame = pandas.DataFrame(
        {
            "title": ["one", "two", "three"],
            "scheduledStartTime": [pandas.Timestamp("2025-10-27 00:14"), pandas.NaT, "2025-10-28T07:00"],
            "success": [True, None, False],
            "streamId": ["abc", float("nan"), None],
            "madeForKids": [1.0, 0.0, float("nan")],
        }
    )
    frame.to_excel(path, index=False)


def plain(value):
    """A cell's value as JSON has it."""
    if value is None or value is pandas.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, (datetime.datetime, pandas.Timestamp)):
        return {"date": value.strftime("%Y-%m-%d %H:%M:%S")}
    if isinstance(value, (bool, int, float, str)):
        return value
    return value.item() if hasattr(value, "item") else str(value)


def read_openpyxl(path):
    sheet = openpyxl.load_workbook(path).active
    rows = [[plain(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    print(json.dumps({"rows": rows, "filter": sheet.auto_filter.ref, "frozen": sheet.freeze_panes}))


def read_pandas(path):
    frame = pandas.read_excel(path)
    rows = [[plain(value) for value in row] for row in frame.astype(object).values.tolist()]
    print(json.dumps({"columns": list(frame.columns), "rows": rows}))


{
    "write-openpyxl": write_openpyxl,
    "write-pandas": write_pandas,
    "read-openpyxl": read_openpyxl,
    "read-pandas": read_pandas,
}[sys.argv[1]](sys.argv[2])
