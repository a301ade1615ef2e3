//! What the columns of a file mean.

use std::collections::BTreeSet;

use crate::domain::attribute::definition::Key;
use crate::domain::field::Field;

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) from: From,
    pub(crate) target: Target,
    /// Of an identifier: the customers have proven that it is theirs.
    pub(crate) verified: bool,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// The column of this name.
    Column(String),
    /// The same in every row.
    Constant(String),
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    SourceKey,
    ObserveTime,
    CustomerId,
    /// An identifier of this kind.
    Identifier(String),
    /// Never `Field::Identifiers`.
    Field(Field),
    /// A part of the postal address.
    Address(Part),
    /// An attribute that the company has defined.
    Attribute(Key),
}

/// A part of a postal address. There may be several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    RegionCode,
    PostalCode,
    AdministrativeArea,
    Locality,
    Line,
}

const PARTS: [(&str, Part); 5] = [
    ("postal_address.region_code", Part::RegionCode),
    ("postal_address.postal_code", Part::PostalCode),
    (
        "postal_address.administrative_area",
        Part::AdministrativeArea,
    ),
    ("postal_address.locality", Part::Locality),
    ("postal_address.address_lines", Part::Line),
];

/// Why columns can't be what was said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Wrong {
    #[error("a column names no field that can be imported")]
    UnknownField { at: usize },
    #[error("two columns are the same field")]
    SameField { at: usize },
    #[error("neither column nor constant is given, or both are")]
    NotOneOrigin { at: usize },
    #[error("a column's name or constant can't be stored")]
    Nul { at: usize },
}

/// Why a file does not have what was said of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the file has no column of this name")]
    ColumnMissing { column: String },
    #[error("the file has two columns of this name")]
    ColumnTwice { column: String },
    #[error("the first row can't be read")]
    Header,
    #[error("the file is UTF-16; save it as UTF-8")]
    Utf16,
}

impl Target {
    /// What this path of the contract names.
    pub(crate) fn named(path: &str) -> Option<Self> {
        match path {
            "source_key" => Some(Self::SourceKey),
            "observe_time" => Some(Self::ObserveTime),
            "customer_id" => Some(Self::CustomerId),
            _ => named_within(path)
                .or_else(|| part_named(path))
                .or_else(|| field_named(path)),
        }
    }

    /// Its path in the contract.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::SourceKey => "source_key".to_owned(),
            Self::ObserveTime => "observe_time".to_owned(),
            Self::CustomerId => "customer_id".to_owned(),
            Self::Identifier(kind) => format!("identifiers.{kind}"),
            Self::Field(field) => field.path().to_owned(),
            Self::Attribute(key) => format!("attribute.{}", key.0),
            Self::Address(part) => {
                let known = PARTS.iter().find(|(_, known)| known == part);
                known.map_or_else(String::new, |(path, _)| (*path).to_owned())
            }
        }
    }

    /// Whether it says something of the customer, beyond who that is and when it was seen.
    pub(super) fn says_something(&self) -> bool {
        !matches!(self, Self::SourceKey | Self::ObserveTime | Self::CustomerId)
    }

    /// Whether there may be several columns of it: a person may have several identifiers of a kind, an address several
    /// lines.
    fn is_repeated(&self) -> bool {
        matches!(self, Self::Identifier(_) | Self::Address(Part::Line))
    }
}

/// An identifier, or an attribute.
fn named_within(path: &str) -> Option<Target> {
    let (group, name) = path.split_once('.')?;
    match group {
        "identifiers" => Some(Target::Identifier(name.to_owned())),
        "attribute" => Some(Target::Attribute(Key(name.to_owned()))),
        _ => None,
    }
}

fn part_named(path: &str) -> Option<Target> {
    let known = PARTS.iter().find(|(known, _)| *known == path);
    known.map(|(_, part)| Target::Address(*part))
}

fn field_named(path: &str) -> Option<Target> {
    let field = Field::named(path).filter(|field| *field != Field::Identifiers);
    field.map(Target::Field)
}

impl Column {
    /// What people call it: its name in the file, else what it is.
    pub(crate) fn label(&self) -> String {
        match &self.from {
            From::Column(name) => name.clone(),
            From::Constant(_) => self.target.path(),
        }
    }
}

/// Refuses two columns for one field.
pub(crate) fn check(columns: &[Column]) -> Result<(), Wrong> {
    let mut seen = BTreeSet::new();
    for (at, column) in columns.iter().enumerate() {
        if !column.target.is_repeated() && !seen.insert(&column.target) {
            return Err(Wrong::SameField { at });
        }
    }
    Ok(())
}

/// Where each column stands in the rows of a file with this first row; `None`: it is a constant.
pub(crate) fn places(
    columns: &[Column],
    header: &[String],
) -> Result<Vec<Option<usize>>, Unreadable> {
    let place = |column: &Column| match &column.from {
        From::Constant(_) => Ok(None),
        From::Column(name) => place_of(name, header).map(Some),
    };
    columns.iter().map(place).collect()
}

fn place_of(name: &str, header: &[String]) -> Result<usize, Unreadable> {
    let column = || name.to_owned();
    let mut places = (0..).zip(header).filter(|(_, it)| it.trim() == name.trim());
    let place = places.next().map(|(place, _)| place);
    let place = place.ok_or_else(|| Unreadable::ColumnMissing { column: column() })?;
    if places.next().is_some() {
        return Err(Unreadable::ColumnTwice { column: column() });
    }
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_their_names() {
        let column = |from, path| Column {
            from,
            target: Target::named(path).unwrap(),
            verified: false,
        };
        let named = |name: &str| From::Column(name.to_owned());
        let columns = [
            column(named("手机"), "identifiers.phone"),
            column(From::Constant("north".to_owned()), "brand"),
        ];
        let header = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let found = places(&columns, &header(&["name", " 手机 "]));
        assert_eq!(found, Ok(vec![Some(1), None]));
        let column = || "手机".to_owned();
        let missing = Unreadable::ColumnMissing { column: column() };
        assert_eq!(places(&columns, &header(&["name"])), Err(missing));
        let twice = Unreadable::ColumnTwice { column: column() };
        assert_eq!(places(&columns, &header(&["手机", "手机"])), Err(twice));
        assert_eq!(Target::named("identifiers"), None);
        let same = [columns[1].clone(), columns[1].clone()];
        assert_eq!(check(&same), Err(Wrong::SameField { at: 1 }));
    }

    #[test]
    fn an_address_has_parts_of_which_lines_may_be_several() {
        let column = |path: &str| Column {
            from: From::Column("street".to_owned()),
            target: Target::named(path).unwrap(),
            verified: false,
        };
        let lines = ["postal_address.address_lines"; 2].map(column);
        assert_eq!(check(&lines), Ok(()));
        let cities = ["postal_address.locality"; 2].map(column);
        assert_eq!(check(&cities), Err(Wrong::SameField { at: 1 }));
        let others = ["identifiers.phone", "attribute.tea", "birth_date"];
        for path in PARTS.map(|(path, _)| path).into_iter().chain(others) {
            assert_eq!(Target::named(path).unwrap().path(), path);
        }
        let attributes = ["attribute.tea"; 2].map(column);
        assert_eq!(check(&attributes), Err(Wrong::SameField { at: 1 }));
    }
}
