//! The gRPC services: decode, call, encode.

mod accruals;
mod call;
mod holds;
mod members;
mod paging;
mod programs;
mod refusals;
mod verifications;

pub(crate) use accruals::Accruals;
pub(crate) use holds::Holds;
pub(crate) use members::Members;
pub(crate) use programs::Programs;
pub(crate) use verifications::VerificationsApi;
