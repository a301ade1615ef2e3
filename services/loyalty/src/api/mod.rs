//! The gRPC services: decode, call, encode.

mod members;
mod paging;
mod programs;
mod refusals;

pub(crate) use members::Members;
pub(crate) use programs::Programs;
