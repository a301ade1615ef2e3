//! Draws: their state, their tickets, their winners.

pub(crate) mod blocks;
mod rows;
pub(crate) mod tickets;
pub(crate) mod winners;

pub(crate) use rows::{
    DrawRow, close, count_ticket, find, insert, lock, page, tell_seed, unfinished,
};
