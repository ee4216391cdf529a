"""Check digits of trade item numbers: GTIN-8, GTIN-12 (UPC-A), GTIN-13 (EAN-13) and GTIN-14.

Enters: digits as text. Leaves: the check digit, a verdict, the number as it should be.
It does not know whether GS1 ever gave the number to anybody: a right check digit only says that it was read rightly.
Some numbers it gives to nobody: these are for use inside a shop, or coupons.
It stands here, below `rules/gtin.py`, because barcodes need it and perception knows no rules.

Source: GS1 General Specifications, section 7.9 "Check digit calculations": from the right, the digits before the check
digit weigh 3, 1, 3, 1, …; the check digit fills the sum up to the next ten.
"""

from tujian.errors import BadInput

LENGTHS = (8, 12, 13, 14)
# General Specifications, section 1.4: restricted circulation within a company or region, refund receipts, coupons; of
# GTIN-8 those that begin with 0 or 2. Google Merchant refuses the same (help page 6286302)
NOT_PUBLIC = ("2", "02", "04", "05", "980", "981", "982", "983", "984", "99")


def check_digit(digits: str) -> int:
    """The digit that belongs behind `digits`, the number without its check digit. BadInput if these are no digits.

    >>> check_digit("505123456789")
    5
    >>> check_digit("9638507")
    4
    """
    if not (digits.isascii() and digits.isdigit()):
        raise BadInput(
            zh=(f"“{digits}”不全是数字。", "请只填写条码下方的数字。"),
            en=(f'"{digits}" is not made of digits only.', "Give just the digits printed under the barcode."),
        )
    weighed = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -weighed % 10


def is_gtin_like(text: str) -> bool:
    """Whether `text` has the form of a trade item number: 8, 12, 13 or 14 digits and nothing else.

    >>> is_gtin_like("5051234567890"), is_gtin_like("505-1234")
    (True, False)
    """
    return len(text) in LENGTHS and text.isascii() and text.isdigit()


def is_valid(text: str) -> bool:
    """Whether `text` is a trade item number with the right check digit.

    >>> is_valid("5051234567895"), is_valid("5051234567890"), is_valid("")
    (True, False, False)
    """
    return is_gtin_like(text) and int(text[-1]) == check_digit(text[:-1])


def is_public(text: str) -> bool:
    """Whether a trade item number is for everybody, not for use inside a shop (weighed goods, own labels) or a coupon.

    >>> is_public("5051234567895"), is_public("2012345678903"), is_public("0000000000000")
    (True, False, False)
    >>> is_public("96385074"), is_public("20123451"), is_public("15051234567892")
    (True, False, True)
    """
    packed = to_gtin14(text)  # the first of its digits says how many are packed, the prefix follows
    if packed.startswith("000000"):
        return packed[6] not in "02"
    return not packed[1:].startswith(NOT_PUBLIC)


def corrected(text: str) -> str:
    """`text` with the check digit it should have. It shows what is wrong, it does not prove which digit was misread.

    Raises BadInput where `text` has not the form of a trade item number.

    >>> corrected("5051234567890")
    '5051234567895'
    """
    if not is_gtin_like(text):
        raise BadInput(
            zh=(f"“{text}”不是商品条码：应为 8、12、13 或 14 位数字。", "请核对条码下方的数字。"),
            en=(
                f'"{text}" is no trade item number: 8, 12, 13 or 14 digits are.',
                "Check the digits under the barcode.",
            ),
        )
    return text[:-1] + str(check_digit(text[:-1]))


def to_gtin14(text: str) -> str:
    """One form for comparing: UPC-A, EAN-8, EAN-13 and GTIN-14 of the same item become equal.

    >>> to_gtin14("036000291452") == to_gtin14("0036000291452")
    True
    """
    return text.zfill(14)
