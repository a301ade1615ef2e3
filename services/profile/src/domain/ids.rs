//! Ids, each a type of its own so that none is taken for another.

use uuid::Uuid;

/// A customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CustomerId(pub(crate) Uuid);

/// An order, as the selling system numbers it; unique in the company.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct OrderId(pub(crate) String);

/// A return, as the selling system numbers it; unique in the company.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ReturnId(pub(crate) String);

/// A file of customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ImportId(pub(crate) Uuid);
