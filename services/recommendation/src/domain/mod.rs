//! What a sale is, what is counted of it, and what follows from the counts. Pure: no clock, no I/O.

mod goods;
mod index;
mod ranking;
mod sale;

pub(crate) use goods::is_goods;
pub(crate) use index::{Index, IndexFull, ProductView};
pub(crate) use ranking::{Popularity, Together};
pub(crate) use sale::{Fact, Item, Items, Verdict, judge};

#[cfg(test)]
mod tests;
