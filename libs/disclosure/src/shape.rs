//! What a service says about its tables.

use contract::patron::privacy::v1::Origin;

/// What belongs to every service and holds nothing of a person but copies, ids and what is still to be done.
const OF_ALL: &[&str] = &[
    "dead_letters",
    "outbox",
    "person_ids",
    "person_places",
    "restricted_ids",
    "subject_keys",
];

/// What a service says about its tables.
#[derive(Debug)]
pub struct Shape {
    /// What tables are held for that do not say it themselves.
    pub purpose: &'static str,
    /// How it came by what they hold.
    pub origin: Origin,
    /// Tables of which there is more to say, or that have no `customer_id`.
    pub kinds: &'static [Kind],
    /// Tables with a `customer_id` that hold nothing but copies of others and work to be done.
    pub left_out: &'static [&'static str],
}

/// What there is to say about a table.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The table.
    pub table: &'static str,
    /// What it is held for; empty: as the service says.
    pub purpose: &'static str,
    /// How the service came by it.
    pub origin: Origin,
    /// Which of its rows, `t`, are those of the ids `$1`.
    pub belongs: &'static str,
    /// What a row is told with besides its columns: an expression of type `jsonb` over `t`; empty: nothing.
    pub besides: &'static str,
    /// Columns that tell of others, or of how Patron works, and nothing of the person.
    pub hidden: &'static [&'static str],
    /// Columns whose numbers stand for names: of this enum of the contract.
    pub names: &'static [(&'static str, &'static str)],
    /// Columns that hold an encoded message of the contract.
    pub encoded: &'static [(&'static str, &'static str)],
}

impl Kind {
    /// A table of rows that have a `customer_id`.
    #[must_use]
    pub const fn of(table: &'static str, origin: Origin) -> Self {
        Self {
            table,
            purpose: "",
            origin,
            belongs: "t.customer_id = ANY ($1)",
            besides: "",
            hidden: &[],
            names: &[],
            encoded: &[],
        }
    }
}

impl Shape {
    /// How a table is told: in several parts, when the service says so; empty when it is not.
    pub(crate) fn kinds(&self, table: &str, has_customer: bool) -> Vec<Kind> {
        let named: Vec<Kind> = self
            .kinds
            .iter()
            .filter(|kind| kind.table == table)
            .copied()
            .collect();
        let is_left_out = OF_ALL.contains(&table) || self.left_out.contains(&table);
        if named.is_empty() && has_customer && !is_left_out {
            return vec![Kind::of("", self.origin)];
        }
        named
    }

    /// What a kind of record is held for.
    pub(crate) fn purpose(&self, kind: &Kind) -> &'static str {
        if kind.purpose.is_empty() {
            self.purpose
        } else {
            kind.purpose
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        purpose: "selling",
        origin: Origin::Provided,
        kinds: &[Kind {
            purpose: "proof",
            ..Kind::of("links", Origin::Staff)
        }],
        left_out: &["copies"],
    };

    #[test]
    fn a_table_of_customers_is_told_unless_it_is_left_out_and_others_when_they_are_named() {
        let told = |table, has_customer| {
            let kinds = SHAPE.kinds(table, has_customer).into_iter();
            let told = kinds.map(|kind| (SHAPE.purpose(&kind), kind.origin));
            told.collect::<Vec<_>>()
        };
        assert_eq!(told("new", true), [("selling", Origin::Provided)]);
        assert_eq!(told("new", false), []);
        assert_eq!(told("copies", true), []);
        assert_eq!(told("outbox", true), []);
        assert_eq!(told("links", false), [("proof", Origin::Staff)]);
    }
}
