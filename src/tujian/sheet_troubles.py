"""What is wrong with a spreadsheet, said to who sent it.

Enters: what was met. Leaves: BadInput. Does not know how a sheet is read (`sheets.py`), or given back
(`check_sheet.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tujian.errors import BadInput
from tujian.folding import printable


@dataclass(frozen=True, slots=True)
class Limits:
    """What a spreadsheet may hold; `csv_rows` is what the same rows as CSV may be, where that is more."""

    rows: int
    bytes_count: int
    csv_rows: int = 0


def too_large(limits: Limits) -> BadInput:
    more_zh = f"请拆成几份，或另存为 CSV（最多 {limits.csv_rows:,} 行）" if limits.csv_rows else "请拆成几份"
    more_en = f"Split it, or save it as CSV ({limits.csv_rows:,} rows at most)" if limits.csv_rows else "Split it"
    mb = limits.bytes_count // 1_000_000
    return BadInput(
        zh=(f"表格太大：最多 {limits.rows:,} 行、{mb:,} MB。", f"{more_zh}；空白行也算，请删掉。"),
        en=(
            f"The sheet is too large: {limits.rows:,} rows at most, and {mb:,} MB.",
            f"{more_en}; empty rows count too, delete them.",
        ),
    )


def no_headings(first: Sequence[str]) -> BadInput:
    shown = ", ".join(printable(cell).strip()[:30] for cell in first[:8] if cell.strip()) or "—"
    return BadInput(
        zh=(
            f"没有认出表头（第一行是：{shown}）。",
            "前 20 行里要有一行写着列名，例如 图片、标题、品牌、颜色、条码；命令行里也可用 --map 列=字段 指明。",
        ),
        en=(
            f"No heading row was found (the first row is: {shown}).",
            "Name the columns in one of the first 20 rows: image, title, brand, barcode … (or say --map column=field).",
        ),
    )


def too_wide(width: int) -> BadInput:
    return BadInput(
        zh=(f"这一行的单元格比表头多（表头有 {width} 列）。", "常见原因是内容里的逗号没有加引号；请改正这一行。"),
        en=(
            f"The row has more cells than the {width} headings.",
            "Often a comma in a text is not in quotation marks; mend the row.",
        ),
    )


def no_object(why: object) -> BadInput:
    shown = printable(str(why))[:100]
    return BadInput(
        zh=(f"这一行不是 JSON 对象（{shown}）。", '请写成一行一个 {"image": "a.jpg", "sku": "1"}。'),
        en=(f"The line is no JSON object ({shown}).", 'Write one {"image": "a.jpg", "sku": "1"} a line.'),
    )


def no_text() -> BadInput:
    return BadInput(
        zh=("这不是 XLSX，也不是能读的文本（UTF-8、UTF-16、GBK）。", "请在 Excel 或 WPS 里另存为 .xlsx 或 CSV UTF-8。"),
        en=("This is neither XLSX nor text in UTF-8, UTF-16 or GBK.", "Save it as .xlsx or CSV UTF-8."),
    )


def damaged(why: object) -> BadInput:
    shown = printable(str(why))[:120]
    return BadInput(
        zh=(f"表格文件损坏，或不是 XLSX（{shown}）。", "请用 Excel 或 WPS 打开后另存为 .xlsx。"),
        en=(f"The file is damaged, or no XLSX ({shown}).", "Open it in a spreadsheet and save it as .xlsx."),
    )


def unreadable(path: Path, error: OSError) -> BadInput:
    shown, why = printable(str(path)), error.strerror or str(error)
    return BadInput(
        zh=(f"表格读不了：{shown}（{why}）。", "请检查路径和权限。"),
        en=(f"The spreadsheet cannot be read: {shown} ({why}).", "Check the path and whether you may read it."),
    )


def old_excel() -> BadInput:
    return BadInput(
        zh=("这是旧版 .xls，或加了密码的表格。", "请在 Excel 或 WPS 里另存为不加密的 .xlsx。"),
        en=("This is an old .xls file, or one with a password.", "Save it as .xlsx without a password."),
    )


def broken_csv(error: Exception) -> BadInput:
    return BadInput(
        zh=(f"CSV 格式有误：{error}。", "常见原因是引号没有成对；请用 Excel 或 WPS 打开后另存为 CSV UTF-8。"),
        en=(
            f"The CSV is damaged: {error}.",
            "Often a quotation mark is not closed; open it in a spreadsheet and save it as CSV UTF-8.",
        ),
    )
