#!/usr/bin/env python3
"""Writes vectors.txt: recurrence rules and their first days, by python-dateutil.

Each line is `start|rule|first days`. Rules that dateutil reads otherwise than RFC 5545 says, or
that Patron refuses (ordinals in daily rules, days of the month in weekly ones), are not made.

    pip install python-dateutil==2.9.0.post0 && libs/calendar/tests/vectors.py > vectors.txt
"""

import datetime
import random

from dateutil import rrule

WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
RULES = 400
DAYS = 8
HORIZON = datetime.timedelta(days=365 * 30)


def some(random, values, most):
    return random.sample(values, random.randint(1, most))


def weekdays(random, frequency, by_month):
    names = some(random, WEEKDAYS, 3)
    if frequency not in ("MONTHLY", "YEARLY") or random.random() < 0.4:
        return names
    most = 53 if frequency == "YEARLY" and not by_month else 5
    ordinals = [sign * n for n in range(1, most + 1) for sign in (1, -1)]
    return [f"{random.choice(ordinals)}{name}" for name in names]


def rule(random):
    frequency = random.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    parts = [f"FREQ={frequency}"]
    if random.random() < 0.6:
        parts.append(f"INTERVAL={random.choice([1, 2, 2, 3, 4, 5, 6, 12, 13])}")
    by_month = random.random() < 0.3
    if by_month:
        months = some(random, list(range(1, 13)), 4)
        parts.append("BYMONTH=" + ",".join(map(str, months)))
    if frequency != "WEEKLY" and random.random() < 0.4:
        days = [day for day in range(-31, 32) if day]
        parts.append("BYMONTHDAY=" + ",".join(map(str, some(random, days, 5))))
    if random.random() < 0.5:
        parts.append("BYDAY=" + ",".join(weekdays(random, frequency, by_month)))
    if random.random() < 0.5:
        parts.append(f"WKST={random.choice(WEEKDAYS)}")
    end = random.random()
    if end < 0.2:
        parts.append(f"COUNT={random.randint(1, 6)}")
    elif end < 0.4:
        parts.append(f"UNTIL={random.randint(2027, 2040)}{random.choice(['0131', '0704', '1231'])}")
    random.shuffle(parts)
    return ";".join(parts)


def first_days(start, text):
    days = []
    for day in rrule.rrulestr(text, dtstart=start):
        if day - (days[-1] if days else start) > HORIZON or len(days) == DAYS:
            break
        days.append(day)
    return days


def main():
    seeded = random.Random(20260308)
    written = 0
    while written < RULES:
        start = datetime.datetime(2024, 1, 1) + datetime.timedelta(days=seeded.randint(0, 900))
        text = rule(seeded)
        days = first_days(start, text)
        if not days:
            continue
        print(f"{start:%Y-%m-%d}|{text}|" + ",".join(f"{day:%Y-%m-%d}" for day in days))
        written += 1


if __name__ == "__main__":
    main()
