"""Numbers in 60 countries as people write them, and how Google's library reads each: a JSON object a line.

Run with PyPI's `phonenumbers` on the path. The same seed makes the same inputs.
"""

import json
import random
import sys

import phonenumbers
from phonenumbers import PhoneNumberFormat as Format
from phonenumbers import PhoneNumberType as Type
from phonenumbers import ValidationResult

COUNTRIES = (
    "US CA MX BR AR CL CO PE VE CR GB IE FR DE AT CH NL BE LU IT ES PT DK NO SE FI IS PL CZ SK HU RO BG GR HR RS "
    "UA RU TR IL EG MA NG KE ZA SA AE IN PK BD LK CN HK JP KR TH VN ID AU NZ"
).split()
INPUTS = 5_000
KINDS = (Type.MOBILE, Type.FIXED_LINE, Type.TOLL_FREE, Type.PREMIUM_RATE, Type.VOIP)
# The zero of some scripts; their other digits stand behind it.
ZEROS = "\u0660\u06f0\u0966\u09e6\u0e50\uff10"
DASHES = "-\u2010\u2011\u2013\u2014\u2212\uff0d"
BLANKS = " \u00a0\u2009\u3000"
# The letters on each key of a phone.
KEYS = {"2": "ABC", "3": "DEF", "4": "GHI", "5": "JKL", "6": "MNO", "7": "PQRS", "8": "TUV", "9": "WXYZ"}


def someones(dice, country):
    """A number of a country, whose last digits are anybody's."""
    example = None
    while example is None:
        example = phonenumbers.example_number_for_type(country, dice.choice(KINDS))
    national = phonenumbers.national_significant_number(example)
    for _ in range(dice.randrange(5)):
        place = dice.randrange(len(national) // 2, len(national))
        national = national[:place] + dice.choice("0123456789") + national[place + 1 :]
    return phonenumbers.parse(f"+{example.country_code}{national}")


def spelt(dice, number, country):
    """A number as someone in a country may write it, and what was done to it."""
    way = dice.choice(
        ("national", "international", "e164", "uri", "bare", "abroad", "loose", "extension", "vanity", "short")
        + ("long", "script", "words", "zero", "plus_lost")
    )
    national = phonenumbers.format_number(number, Format.NATIONAL)
    international = phonenumbers.format_number(number, Format.INTERNATIONAL)
    either = dice.choice((national, international))
    digits = phonenumbers.national_significant_number(number)
    if way == "national":
        text = national
    elif way == "international":
        text = international
    elif way == "e164":
        text = phonenumbers.format_number(number, Format.E164)
    elif way == "uri":
        text = phonenumbers.format_number(number, Format.RFC3966)
    elif way == "bare":
        text = digits
    elif way == "abroad":
        text = phonenumbers.format_out_of_country_calling_number(number, dice.choice(COUNTRIES))
    elif way == "loose":
        marks = (dice.choice(BLANKS), dice.choice(DASHES), ".", "/", " (", ") ", "  ", "~")
        text = "".join(dice.choice(marks) if c in " -" else c for c in either)
    elif way == "extension":
        text = either + dice.choice((" ext. 12", " x7", ";ext=301", " #44", " extn 1", ",12", " ext 123456789"))
    elif way == "vanity":
        at = max(len(either) - dice.randrange(3, 8), 0)
        text = either[:at] + "".join(dice.choice(KEYS.get(c, c)) for c in either[at:])
    elif way == "short":
        text = either[: -dice.randrange(1, 7)]
    elif way == "long":
        text = either + "".join(dice.choice("0123456789") for _ in range(dice.randrange(1, 6)))
    elif way == "script":
        zero = ord(dice.choice(ZEROS))
        text = "".join(chr(zero + int(c)) if c in "0123456789" else c for c in either)
        text = text.replace("+", dice.choice("+\uff0b"))
    elif way == "words":
        text = dice.choice(("Tel: ", "call ", "(", "++", "0", "*")) + either + dice.choice(("", " please", ")", "."))
    elif way == "zero":
        text = f"+{number.country_code} (0) {digits}"
    else:
        text = f"{number.country_code} {digits}"
    return way, text


def read(text, country):
    """How the library reads a text in a country."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    return {
        "number": phonenumbers.format_number(number, Format.E164),
        "valid": phonenumbers.is_valid_number(number),
        "possible": phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE,
        "extension": bool(number.extension),
    }


def main():
    dice = random.Random(11)
    for turn in range(INPUTS):
        country = COUNTRIES[turn % len(COUNTRIES)]
        # Some are written down in another country than theirs.
        home = country if dice.random() < 0.9 else dice.choice(COUNTRIES)
        way, text = spelt(dice, someones(dice, home), country)
        line = {"country": country, "way": way, "text": text, "read": read(text, country)}
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
