//! Putting calls on record: what the stack asks for, and the crate `audit` does.

use std::sync::Arc;

use access::{Caller, Method};
use futures_util::future::BoxFuture;
use http::HeaderMap;
use tonic::Code;

use crate::Refusal;

/// Decides which calls are put on record, and puts them there.
pub trait Auditor: Send + Sync + 'static {
    /// Takes a place for the record of a call, before the call does anything: without one it is
    /// refused. `None` for a call that needs no record.
    fn begin(&self, asked: &Asked<'_>) -> Option<Begun>;
}

/// A place for a record, as soon as there is one.
pub type Begun = BoxFuture<'static, Result<Arc<dyn Recording>, Refusal>>;

/// A call that is about to be made.
#[derive(Debug)]
pub struct Asked<'a> {
    /// What is called.
    pub method: &'a Method,
    /// Who calls; `None` for methods that anybody may call.
    pub caller: Option<&'a Caller>,
    /// What came with it.
    pub headers: &'a HeaderMap,
    /// The trace that it belongs to.
    pub trace_id: String,
}

/// The record of one call. It is kept also when it is dropped, as of a call that was given up.
pub trait Recording: Send + Sync {
    /// Looks at a message of the request, uncompressed.
    fn asked(&self, message: &[u8]);

    /// Looks at the answer, uncompressed.
    fn answered(&self, message: &[u8]);

    /// True when the answer is a stream, which is not looked at: what may be in it is put on record.
    fn streams_answers(&self) -> bool;

    /// Keeps the record of a call that ended like this. The answer may leave when it is kept, and may
    /// not when it could not be.
    fn keep(&self, code: Code) -> BoxFuture<'_, Result<(), Refusal>>;
}
