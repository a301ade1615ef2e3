//! A row of a file: which text is what.

use std::collections::HashMap;

use encoding_rs::GB18030;
use serde_json::Value;

use super::Encoding;
use super::columns::{Column, From, Target, Unreadable, places};
use super::records::Broken;

/// How the rows of one file are read.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    columns: Vec<Column>,
    encoding: Encoding,
    shape: Shape,
}

#[derive(Clone, Debug)]
enum Shape {
    /// How many values a row has, and which are wanted.
    Cells(usize, Vec<Option<usize>>),
    Object,
}

/// A text of a row, and the column that says what it is.
pub(crate) type Told<'a> = (&'a Column, String);

/// Why a row can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RowError {
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("has {found} values where the first row has {expected}")]
    Width { found: usize, expected: usize },
    #[error("is not written in the encoding of the file")]
    Encoding { column: String },
    #[error("is not a JSON object")]
    NotAnObject,
    #[error("must be a text, a number or a truth value")]
    NotAValue { column: String },
    #[error("says nothing")]
    Empty,
}

impl RowError {
    /// The column at fault, when it is one.
    pub(crate) fn column(&self) -> &str {
        match self {
            Self::Encoding { column } | Self::NotAValue { column } => column,
            _ => "",
        }
    }
}

impl Layout {
    /// That of a file whose first row is this; of JSON objects there is none.
    pub(crate) fn of(
        columns: &[Column],
        encoding: Encoding,
        header: Option<&[String]>,
    ) -> Result<Self, Unreadable> {
        let shape = match header {
            Some(header) => Shape::Cells(header.len(), places(columns, header)?),
            None => Shape::Object,
        };
        Ok(Self {
            columns: columns.to_vec(),
            encoding,
            shape,
        })
    }

    /// The texts of a row that are not empty, in the order of the columns.
    pub(crate) fn read(&self, cells: &[Vec<u8>]) -> Result<Vec<Told<'_>>, RowError> {
        let mut told = match &self.shape {
            Shape::Cells(width, places) => self.cells(cells, *width, places)?,
            Shape::Object => self.object(cells)?,
        };
        let is_told = |(_, text): &Told<'_>| !text.is_empty();
        told.retain(is_told);
        let says = |(column, _): &Told<'_>| {
            let says = Target::says_something(&column.target);
            says && matches!(column.from, From::Column(_))
        };
        if told.iter().any(says) {
            Ok(told)
        } else {
            Err(RowError::Empty)
        }
    }

    fn cells(
        &self,
        cells: &[Vec<u8>],
        expected: usize,
        places: &[Option<usize>],
    ) -> Result<Vec<Told<'_>>, RowError> {
        let found = cells.len();
        // Spreadsheets leave out empty values at the end of a row, or write more of them.
        let is_spare = |cell: &Vec<u8>| cell.is_empty();
        if found > expected && !cells.iter().skip(expected).all(is_spare) {
            return Err(RowError::Width { found, expected });
        }
        let read = |(column, place): (_, &Option<usize>)| {
            let column: &Column = column;
            let text = match (&column.from, place) {
                (From::Constant(text), _) => text.clone(),
                (From::Column(name), Some(place)) => {
                    let bytes = cells.get(*place).map(Vec::as_slice).unwrap_or_default();
                    let column = || name.clone();
                    let text = decode(bytes, self.encoding);
                    let text = text.ok_or_else(|| RowError::Encoding { column: column() })?;
                    unguarded(text)
                }
                (From::Column(_), None) => String::new(),
            };
            Ok((column, trimmed(column, text)))
        };
        self.columns.iter().zip(places).map(read).collect()
    }

    fn object(&self, cells: &[Vec<u8>]) -> Result<Vec<Told<'_>>, RowError> {
        let line = cells.first().map(Vec::as_slice).unwrap_or_default();
        let line = decode(line, self.encoding).ok_or(RowError::NotAnObject)?;
        let fields: HashMap<String, Value> =
            serde_json::from_str(&line).map_err(|_| RowError::NotAnObject)?;
        let read = |column| {
            let column: &Column = column;
            let text = match &column.from {
                From::Constant(text) => text.clone(),
                From::Column(name) => {
                    let text = fields.get(name).map_or(Some(String::new()), text_of);
                    text.ok_or_else(|| RowError::NotAValue {
                        column: name.clone(),
                    })?
                }
            };
            Ok((column, trimmed(column, text)))
        };
        self.columns.iter().map(read).collect()
    }
}

/// Text that is written so; `None` when it is not.
pub(crate) fn decode(bytes: &[u8], encoding: Encoding) -> Option<String> {
    match encoding {
        Encoding::Utf8 => str::from_utf8(bytes).ok().map(str::to_owned),
        Encoding::Gb18030 => GB18030
            .decode_without_bom_handling_and_without_replacement(bytes)
            .map(std::borrow::Cow::into_owned),
    }
}

/// Spaces around a value come from how files are laid out, but those in a text that a company notes of somebody
/// may be meant; a value of spaces alone is none.
fn trimmed(column: &Column, text: String) -> String {
    let trimmed = text.trim();
    match column.target {
        Target::Attribute(_) if !trimmed.is_empty() => text,
        _ => trimmed.to_owned(),
    }
}

/// Without the `'` by which spreadsheets, and exports, tell that what follows is text and no formula.
fn unguarded(text: String) -> String {
    let guarded = text.strip_prefix('\'');
    match guarded.filter(|it| it.starts_with(['=', '+', '-', '@', '\t', '\r', '\''])) {
        Some(guarded) => guarded.to_owned(),
        None => text,
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::imports::columns::Target;

    fn column(name: &str, path: &str) -> Column {
        Column {
            from: From::Column(name.to_owned()),
            target: Target::named(path).unwrap(),
            verified: false,
        }
    }

    fn texts(layout: &Layout, cells: &[&[u8]]) -> Result<Vec<String>, RowError> {
        let cells: Vec<_> = cells.iter().map(|it| it.to_vec()).collect();
        let told = layout.read(&cells)?;
        Ok(told.into_iter().map(|(_, text)| text).collect())
    }

    #[test]
    fn values_are_read_in_the_encoding_of_the_file() {
        let columns = [column("姓名", "display_name"), column("brand", "brand")];
        let header: Vec<_> = ["姓名", "brand"].map(str::to_owned).to_vec();
        let of = |encoding| Layout::of(&columns, encoding, Some(&header)).unwrap();
        let wang = b"\xcd\xf5\xd0\xa1\xc3\xf7".as_slice(); // 王小明
        assert_eq!(
            texts(&of(Encoding::Gb18030), &[wang, b" a "]).unwrap(),
            ["王小明", "a"]
        );
        let column = || "姓名".to_owned();
        let refused = texts(&of(Encoding::Utf8), &[wang, b"a"]);
        assert_eq!(refused, Err(RowError::Encoding { column: column() }));
        assert_eq!(
            texts(&of(Encoding::Utf8), &[b"", b"a", b""]).unwrap(),
            ["a"]
        );
        let guarded = texts(&of(Encoding::Utf8), &[b"'+44", b"'til"]);
        assert_eq!(guarded.unwrap(), ["+44", "'til"]);
        let (found, expected) = (3, 2);
        let wide = texts(&of(Encoding::Utf8), &[b"", b"a", b"b"]);
        assert_eq!(wide, Err(RowError::Width { found, expected }));
        assert_eq!(texts(&of(Encoding::Utf8), &[b" "]), Err(RowError::Empty));
    }

    #[test]
    fn values_of_objects_are_plain() {
        let columns = [column("name", "display_name"), column("no", "source_key")];
        let layout = Layout::of(&columns, Encoding::Utf8, None).unwrap();
        let read = |line: &str| texts(&layout, &[line.as_bytes()]);
        assert_eq!(
            read(r#"{"no": 12, "name": "Ada", "x": []}"#).unwrap(),
            ["Ada", "12"]
        );
        assert_eq!(read(r#"{"name": null}"#), Err(RowError::Empty));
        assert_eq!(read("[1]"), Err(RowError::NotAnObject));
        let column = "name".to_owned();
        assert_eq!(read(r#"{"name": {}}"#), Err(RowError::NotAValue { column }));
    }
}
