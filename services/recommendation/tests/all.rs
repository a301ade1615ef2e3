//! The role as others meet it: over a real socket, on a real PostgreSQL.
#![cfg(test)]

mod all {
    mod baskets;
    mod orders;
    mod reads;
    mod retention;
    mod support;
}
