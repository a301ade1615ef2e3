//! The demo's file, read in the plainest way: what the suite must agree with.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The demo's orders as text.
fn whole() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/online-retail.csv.gz");
    let mut text = String::new();
    flate2::read::GzDecoder::new(fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    text
}

/// Writes the first so many lines of the demo's file into a folder.
pub(crate) fn excerpt(folder: &Path, lines: usize) -> PathBuf {
    let text: String = whole().split_inclusive('\n').take(lines + 1).collect();
    let path = folder.join("orders.csv");
    fs::write(&path, text).unwrap();
    path
}

/// What a file of orders comes to, by customer.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Expected {
    /// Account in the file → points.
    pub(crate) points: BTreeMap<String, i64>,
    /// Account in the file → invoices with goods.
    pub(crate) orders: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct Bought {
    invoice: String,
    product: String,
    left: i64,
    quantity: i64,
    pence: i64,
}

impl Expected {
    /// Adds the file up line by line: floor of the pounds that remain of each invoice, where a
    /// cancellation takes from the customer's latest earlier purchase of the product.
    pub(crate) fn of(path: &Path) -> Self {
        let mut bought: BTreeMap<String, Vec<Bought>> = BTreeMap::new();
        let mut reader = csv::Reader::from_path(path).unwrap();
        for row in reader.records() {
            let row = row.unwrap();
            let (invoice, product, account) = (&row[0], &row[1], &row[6]);
            let quantity: i64 = row[3].parse().unwrap();
            if account.is_empty() {
                continue;
            }
            let lines = bought.entry(account.to_owned()).or_default();
            if invoice.starts_with('C') {
                take_back(lines, product, -quantity);
            } else if quantity > 0 {
                let pence = pence(&row[5], quantity);
                let (invoice, product) = (invoice.to_owned(), product.to_owned());
                lines.push(Bought {
                    invoice,
                    product,
                    left: quantity,
                    quantity,
                    pence,
                });
            }
        }
        Self::added_up(bought)
    }

    fn added_up(bought: BTreeMap<String, Vec<Bought>>) -> Self {
        let mut expected = Self::default();
        for (account, lines) in bought {
            let invoices: BTreeSet<&str> = lines.iter().map(|line| line.invoice.as_str()).collect();
            if invoices.is_empty() {
                continue;
            }
            let points = invoices.iter().map(|invoice| {
                let own = lines.iter().filter(|line| line.invoice == *invoice);
                own.map(remaining_pence).sum::<i64>() / 100
            });
            expected.points.insert(account.clone(), points.sum());
            expected.orders.insert(account, invoices.len() as u64);
        }
        expected
    }
}

/// The line's price for the pieces that were kept: pieces that went back took their share of it,
/// rounded so that all pieces together take exactly all of it.
fn remaining_pence(line: &Bought) -> i64 {
    let returned = line.quantity - line.left;
    let refunded = (i128::from(line.pence) * i128::from(returned)) / i128::from(line.quantity);
    line.pence - i64::try_from(refunded).unwrap()
}

fn take_back(lines: &mut [Bought], product: &str, mut pieces: i64) {
    for line in lines
        .iter_mut()
        .rev()
        .filter(|line| line.product == product)
    {
        let taken = pieces.min(line.left);
        line.left -= taken;
        pieces -= taken;
    }
}

/// Quantity × price in pence, half up.
fn pence(price: &str, quantity: i64) -> i64 {
    let (whole, fraction) = price.split_once('.').unwrap_or((price, ""));
    let thousandths: i64 = format!("{whole}{fraction:0<3}").parse().unwrap();
    assert!(fraction.len() <= 3, "{price}");
    (thousandths * quantity + 5) / 10
}
