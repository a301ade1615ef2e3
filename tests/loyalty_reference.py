#!/usr/bin/env python3
"""What the demo's orders come to under the default program, computed a second time.

It shares nothing with Patron: neither code nor data but the file of orders. The rules of the default
program stand below as constants and are applied in the plainest way, so that two programs written
apart must agree to the point. The suite compares the output with what Patron answers.

    tests/loyalty_reference.py demo/online-retail.csv.gz --shift-weeks 804 --as-of 2026-11-22T01:00:00Z

Only the standard library of Python 3.9 or newer; no time zone database.
"""

import argparse
import csv
import gzip
import json
from calendar import monthrange
from collections import defaultdict
from datetime import date, datetime, time, timedelta, timezone
from fractions import Fraction

# The default program ------------------------------------------------------------------------------

PROGRAM_OFFSET = timedelta(hours=8)  # Asia/Shanghai: without a change of the clocks since 1991
POINTS_PER_UNIT = 1  # for each whole unit of money, rounded down once per basket
MEMBER_DAY = 8  # of each month: the basic points once more
EXPIRY_MONTHS = 12  # from the day of earning, then to the end of that month
WELCOME_POINTS = 100  # on joining, which for the demo is its import
TIERS = [("silver", 200_000), ("gold", 1_000_000), ("diamond", 5_000_000)]  # spend in minor units ...
TIER_MONTHS = 12  # ... over the last so many months
VALUE_OF_POINT = Fraction(1, 1)  # minor units of money


def main():
    arguments = parse()
    orders = read(arguments.file, timedelta(weeks=arguments.shift_weeks))
    report = compute(orders, arguments.as_of)
    print(json.dumps(report, indent=1, sort_keys=True))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="the orders: CSV, plain or gzip")
    parser.add_argument("--shift-weeks", type=int, default=0, help="weeks that the import added")
    parser.add_argument("--as-of", type=instant, required=True, help="the present, in UTC")
    return parser.parse_args()


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)


# The file -----------------------------------------------------------------------------------------


class Line:
    """Pieces of a product that a customer bought, and how many of them are left."""

    def __init__(self, product, quantity, price, pence, when):
        self.product, self.quantity, self.price = product, quantity, price
        self.pence, self.when, self.left = pence, when, quantity

    def net(self):
        """What was paid for the pieces that are left. What went back took its share, rounded down."""
        back = self.quantity - self.left
        return self.pence - self.pence * back // self.quantity


class Order:
    """An invoice of a customer."""

    def __init__(self, account, when):
        self.account, self.when, self.lines = account, when, []
        self.gross = 0

    def net(self):
        if all(line.left == 0 for line in self.lines):
            return 0
        return sum(line.net() for line in self.lines)


# Product codes under which a till books different things each time: only one at the same price is
# the one that comes back.
SERVICES = {
    "POST", "DOT", "C2", "M", "D", "BANK CHARGES", "AMAZONFEE", "CRUK", "S", "B", "ADJUST", "ADJUST2",
}  # fmt: skip


def is_service(product):
    return product in SERVICES or product.startswith(("GIFT_", "TEST"))


def read(path, shift):
    """Orders by invoice number, with returns taken off their lines."""
    opened = gzip.open if open(path, "rb").read(2) == b"\x1f\x8b" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        invoices = group(csv.DictReader(file))
    orders, bought = {}, defaultdict(list)
    for number, rows in invoices.items():
        account, when = rows[0]["CustomerID"].strip(), local_time(rows[0]["InvoiceDate"]) + shift
        if not account:
            continue
        for row in rows:
            take(orders, bought, number, account, when, row)
    return orders


def group(rows):
    """The lines of each invoice, invoices in the order of their first lines."""
    invoices = defaultdict(list)
    for row in rows:
        invoices[row["InvoiceNo"].strip()].append(row)
    return invoices


def take(orders, bought, number, account, when, row):
    product, quantity = row["StockCode"].strip().upper(), int(row["Quantity"])
    price = Fraction(row["UnitPrice"].strip())
    cancels = number.startswith("C")
    if row["CustomerID"].strip() != account or (cancels and quantity > 0) or price < 0:
        return
    if quantity > 0:
        order = orders.setdefault(number, Order(account, when))
        line = Line(product, quantity, price, half_up(price * quantity * 100), when)
        order.lines.append(line)
        order.gross += line.pence
        bought[account, product].append(line)
    elif quantity < 0 and price != 0 and product != "D":
        give_back(bought[account, product], product, -quantity, price, when)


def give_back(lines, product, pieces, price, when):
    """The latest earlier purchase first. What was never bought, as far as the file tells, is not
    taken back from anything."""
    for line in reversed(sorted(lines, key=lambda line: line.when)):
        if line.when <= when and (not is_service(product) or line.price == price):
            taken = min(pieces, line.left)
            line.left -= taken
            pieces -= taken


def half_up(amount):
    return int((amount + Fraction(1, 2)) // 1)


def local_time(text):
    """A time in London, as UTC. Summer time: from the last Sunday of March, 1:00 UTC, to the last
    Sunday of October, 1:00 UTC."""
    local = datetime.strptime(text.strip(), "%Y-%m-%d %H:%M").replace(tzinfo=timezone.utc)
    begin, end = (last_sunday(local.year, month) for month in (3, 10))
    in_summer = begin + timedelta(hours=1) < local and local < end + timedelta(hours=1)
    return local - timedelta(hours=1) if in_summer else local


def last_sunday(year, month):
    last = datetime(year, month, 31, 1, tzinfo=timezone.utc)
    return last - timedelta(days=last.isoweekday() % 7)


# The rules ----------------------------------------------------------------------------------------


def program_day(when):
    return (when + PROGRAM_OFFSET).date()


def points(minor, when):
    """What a basket earns: money in minor units of a currency with two decimals."""
    basic = minor * POINTS_PER_UNIT // 100
    return basic * 2 if program_day(when).day == MEMBER_DAY else basic


def add_months(day, months):
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def expiry(when):
    """The instant from which on points that are earned now can't be used any more."""
    day = add_months(program_day(when), EXPIRY_MONTHS)
    first_of_next = add_months(day.replace(day=1), 1)
    return datetime.combine(first_of_next, time(), timezone.utc) - PROGRAM_OFFSET


def tier(spend):
    reached = [name for name, threshold in TIERS if spend >= threshold]
    return reached[-1] if reached else ""


def compute(orders, now):
    members = defaultdict(lambda: defaultdict(int))
    window_begins = add_months(program_day(now), -TIER_MONTHS)
    for order in orders.values():
        member = members[order.account]
        issued, kept = points(order.gross, order.when), points(order.net(), order.when)
        member["orders"] += 1
        member["issued"] += issued
        member["clawed_back"] += issued - kept
        member["expired" if expiry(order.when) <= now else "available"] += kept
        if program_day(order.when) > window_begins:
            member["spend"] += order.net()
    for member in members.values():
        member["granted"] = WELCOME_POINTS
        member["available"] += WELCOME_POINTS
        member["tier"] = tier(member["spend"])
    return report(members)


def report(members):
    def total(name):
        return sum(member[name] for member in members.values())

    standing = {name: 0 for name in ["", *(name for name, _ in TIERS)]}
    for member in members.values():
        standing[member["tier"]] += 1
    available = total("available")
    return {
        "members": {account: dict(member) for account, member in members.items()},
        "member_count": len(members),
        "order_count": total("orders"),
        "issued": total("issued") + total("granted"),
        "clawed_back": total("clawed_back"),
        "expired": total("expired"),
        "available": available,
        "tiers": standing,
        "liability_minor": half_up(available * VALUE_OF_POINT),
    }


if __name__ == "__main__":
    main()
