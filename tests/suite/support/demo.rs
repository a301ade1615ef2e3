//! The demo's file.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::reference::root;

/// Where it is.
pub(crate) fn demo() -> PathBuf {
    root().join("demo/online-retail.csv.gz")
}

/// The demo's orders as text.
fn whole() -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(fs::File::open(demo()).unwrap())
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
