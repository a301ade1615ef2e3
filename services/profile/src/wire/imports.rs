//! Imports, and what their rows say.

use chassis::Refusal;
use contract::checks::{At, violations};
use contract::google::r#type::Date;
use contract::patron::profile::v1 as proto;
use contract::patron::r#type::v1::ErrorReason as Common;
use jiff::Timestamp;
use proto::import::{Encoding as WireEncoding, Format, State as WireState};
use tonic::Code;
use uuid::Uuid;

use super::{customers, identities, time};
use crate::app::identity::ingest::Statement;
use crate::domain::field::Field;
use crate::domain::identity::source::{ACTIVITY, CRM};
use crate::domain::ids::ImportId;
use crate::domain::imports::columns::{self, Column, From, Part, Target, Wrong};
use crate::domain::imports::records::Style;
use crate::domain::imports::row::Told;
use crate::domain::imports::values;
use crate::domain::imports::{DEFAULT_MAX_FAILED, Encoding, Fault, Import, Plan, State};
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::order::check_not_ahead;
use crate::domain::points::phone::Country;
use crate::refusals::imports::of_refusal;
use crate::store::imports::errors::FailedRow;

/// An import id that the contract has checked to be a UUID; empty when it was left out.
pub(crate) fn import_id(text: &str) -> Result<ImportId, Invalid> {
    let id = Uuid::try_parse(text).map_err(|_| Invalid::new("import_id", Problem::Missing))?;
    Ok(ImportId(id))
}

/// What was said of a file before it is sent.
pub(crate) fn plan(sent: proto::Import, now: Timestamp) -> Result<Plan, Invalid> {
    if [CRM, ACTIVITY].contains(&sent.channel.as_str()) {
        return Err(Invalid::new("channel", Problem::ReservedChannel));
    }
    super::text("display_name", &sent.display_name)?;
    let style = match sent.format() {
        Format::Csv => Style::Csv {
            delimiter: sent.delimiter.bytes().next().unwrap_or(b','),
        },
        Format::Ndjson => Style::Ndjson,
        Format::Unspecified => return Err(Invalid::new("format", Problem::Missing)),
    };
    let encoding = match sent.encoding() {
        WireEncoding::Unspecified | WireEncoding::Utf8 => Encoding::Utf8,
        WireEncoding::Gb18030 => Encoding::Gb18030,
    };
    let observe_time = match &sent.observe_time {
        Some(time) => time::decode("observe_time", Some(time))?,
        None => now,
    };
    check_not_ahead("observe_time", observe_time, now)?;
    let max_failed = match sent.max_failed_rows {
        0 => DEFAULT_MAX_FAILED,
        most => most,
    };
    Ok(Plan {
        columns: decode_columns(sent.columns)?,
        display_name: sent.display_name,
        channel: sent.channel,
        style,
        encoding,
        observe_time,
        size_bytes: sent.size_bytes,
        max_failed,
        dry_run: sent.dry_run,
    })
}

fn decode_columns(sent: Vec<proto::ImportColumn>) -> Result<Vec<Column>, Invalid> {
    let columns: Result<Vec<_>, _> = (0..).zip(sent).map(decode_column).collect();
    let columns = columns.and_then(|columns| columns::check(&columns).map(|()| columns));
    columns.map_err(|wrong| {
        let (at, part, problem) = match wrong {
            Wrong::UnknownField { at } => (at, "field", Problem::NotImportable),
            Wrong::SameField { at } => (at, "field", Problem::SameColumn),
            Wrong::NotOneOrigin { at } => (at, "column", Problem::NotOneOrigin),
            Wrong::Nul { at } => (at, "column", Problem::NulCharacter),
        };
        Invalid::new(format!("columns[{at}].{part}"), problem)
    })
}

fn decode_column((at, sent): (usize, proto::ImportColumn)) -> Result<Column, Wrong> {
    let proto::ImportColumn {
        column,
        field,
        constant,
        verified,
    } = sent;
    if column.contains('\0') || constant.contains('\0') {
        return Err(Wrong::Nul { at });
    }
    let from = match (column.is_empty(), constant.is_empty()) {
        (false, true) => From::Column(column),
        (true, false) => From::Constant(constant),
        _ => return Err(Wrong::NotOneOrigin { at }),
    };
    let target = Target::named(&field).ok_or(Wrong::UnknownField { at })?;
    Ok(Column {
        from,
        target,
        verified,
    })
}

/// What a row says, checked like a call that says the same. Rows without an id of the channel's are known by their
/// number.
pub(crate) fn statement(
    import: &Import,
    row: i64,
    told: &[Told<'_>],
    (now, country): (Timestamp, Option<Country>),
) -> Result<Statement, Fault> {
    let source = proto::Source {
        channel: import.plan.channel.clone(),
        source_key: text_of(told, &Target::SourceKey)
            .unwrap_or_else(|| format!("{}:{row}", import.id.0)),
        customer_id: text_of(told, &Target::CustomerId).unwrap_or_default(),
        details: Some(details(told)?),
        ..proto::Source::default()
    };
    if let Some(violation) = violations(&source, &At::ROOT).into_iter().next() {
        let label = label_of(told, &violation.field);
        return Err(refused(&label, violation.description));
    }
    let request = proto::IngestSourceRequest {
        source: Some(source),
        update_mask: None,
        observe_time: Some(time::encode(observe_time(import, told)?)),
        request_id: String::new(),
    };
    identities::statement(request, (now, country)).map_err(|invalid| {
        let path = invalid.field.trim_start_matches("source.");
        refused(&label_of(told, path), invalid.problem.to_string())
    })
}

fn refused(label: &str, message: String) -> Fault {
    of_refusal(
        &Refusal::new(Code::InvalidArgument, Common::InvalidArgument, message),
        label,
    )
}

fn text_of(told: &[Told<'_>], target: &Target) -> Option<String> {
    let found = told.iter().find(|(column, _)| column.target == *target);
    found.map(|(_, text)| text.clone())
}

fn observe_time(import: &Import, told: &[Told<'_>]) -> Result<Timestamp, Fault> {
    let Some(text) = text_of(told, &Target::ObserveTime) else {
        return Ok(import.plan.observe_time);
    };
    text.parse().map_err(|_| {
        let problem = Problem::NotWrittenAsTime.to_string();
        refused(&label_of(told, "observe_time"), problem)
    })
}

fn details(told: &[Told<'_>]) -> Result<proto::Customer, Fault> {
    let mut details = proto::Customer::default();
    for (column, text) in told {
        match &column.target {
            Target::Field(field) => set(&mut details, *field, text)
                .map_err(|problem| refused(&column.label(), problem.to_string()))?,
            Target::Address(part) => set_address(&mut details, *part, text),
            Target::Identifier(kind) => details.identifiers.push(proto::Identifier {
                kind: kind.clone(),
                value: text.clone(),
                verified: column.verified,
                ..proto::Identifier::default()
            }),
            // Attributes are no word of the channel's: they are set beside it.
            Target::SourceKey | Target::ObserveTime | Target::CustomerId | Target::Attribute(_) => {
            }
        }
    }
    Ok(details)
}

fn set(details: &mut proto::Customer, field: Field, text: &str) -> Result<(), Problem> {
    let place = match field {
        Field::Identifiers => return Ok(()),
        Field::BirthDate => {
            let (year, month, day) = values::date(text).ok_or(Problem::NotWrittenAsDate)?;
            details.birth_date = Some(Date { year, month, day });
            return Ok(());
        }
        Field::Gender => {
            let gender = values::gender(text).ok_or(Problem::NotAGender)?;
            details.gender = customers::encode_gender(gender).into();
            return Ok(());
        }
        // Some files have addresses in one column.
        Field::PostalAddress => {
            set_address(details, Part::Line, text);
            return Ok(());
        }
        Field::DisplayName => &mut details.display_name,
        Field::FamilyName => &mut details.family_name,
        Field::GivenName => &mut details.given_name,
        Field::Occupation => &mut details.occupation,
        Field::IncomeBand => &mut details.income_band,
        Field::RegionCode => &mut details.region_code,
        Field::Brand => &mut details.brand,
        Field::LanguageCode => &mut details.language_code,
        Field::TimeZone => &mut details.time_zone,
    };
    text.clone_into(place);
    Ok(())
}

fn set_address(details: &mut proto::Customer, part: Part, text: &str) {
    let address = details.postal_address.get_or_insert_default();
    let place = match part {
        Part::Line => return address.address_lines.push(text.to_owned()),
        Part::RegionCode => &mut address.region_code,
        Part::PostalCode => &mut address.postal_code,
        Part::AdministrativeArea => &mut address.administrative_area,
        Part::Locality => &mut address.locality,
    };
    text.clone_into(place);
}

/// The column that a path of the source comes from.
fn label_of(told: &[Told<'_>], path: &str) -> String {
    let path = path.trim_start_matches("details.");
    let place = path
        .strip_prefix("identifiers[")
        .and_then(|rest| rest.split_once(']'));
    let is_identifier = |column: &Column| matches!(column.target, Target::Identifier(_));
    let column = match place.and_then(|(place, _)| place.parse::<usize>().ok()) {
        Some(place) => told.iter().filter(|(it, _)| is_identifier(it)).nth(place),
        None => told.iter().find(|(it, _)| is_of(path, &it.target.path())),
    };
    column.map_or_else(|| path.to_owned(), |(column, _)| column.label())
}

/// Whether a path is that of a column's field, or of something in it: `birth_date.year` is of `birth_date`,
/// `postal_address.address_lines[0]` of the first column with a line.
fn is_of(path: &str, field: &str) -> bool {
    let rest = path.strip_prefix(field);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// An import.
pub(crate) fn encode(import: Import) -> proto::Import {
    let counts = import.counts;
    let plan = import.plan;
    let (format, delimiter) = match plan.style {
        Style::Csv { delimiter } => (Format::Csv, char::from(delimiter).to_string()),
        Style::Ndjson => (Format::Ndjson, String::new()),
    };
    proto::Import {
        import_id: import.id.0.to_string(),
        display_name: plan.display_name,
        channel: plan.channel,
        format: format.into(),
        encoding: encode_encoding(plan.encoding).into(),
        delimiter,
        columns: plan.columns.into_iter().map(encode_column).collect(),
        observe_time: Some(time::encode(plan.observe_time)),
        size_bytes: plan.size_bytes,
        max_failed_rows: plan.max_failed,
        dry_run: plan.dry_run,
        state: encode_state(import.state).into(),
        next_offset: import.next.offset,
        row_count: counts.rows(),
        created_count: counts.created,
        updated_count: counts.updated,
        unchanged_count: counts.unchanged,
        failed_count: counts.failed,
        undone_count: counts.undone,
        removed_count: counts.removed,
        created_by: import.created_by,
        create_time: Some(time::encode(import.create_time)),
        update_time: Some(time::encode(import.update_time)),
    }
}

fn encode_column(column: Column) -> proto::ImportColumn {
    let field = column.target.path();
    let (name, constant) = match column.from {
        From::Column(name) => (name, String::new()),
        From::Constant(text) => (String::new(), text),
    };
    proto::ImportColumn {
        column: name,
        field,
        constant,
        verified: column.verified,
    }
}

fn encode_encoding(encoding: Encoding) -> WireEncoding {
    match encoding {
        Encoding::Utf8 => WireEncoding::Utf8,
        Encoding::Gb18030 => WireEncoding::Gb18030,
    }
}

fn encode_state(state: State) -> WireState {
    match state {
        State::Open => WireState::Open,
        State::Done => WireState::Done,
        State::Failed => WireState::Failed,
        State::Undoing => WireState::Undoing,
        State::Undone => WireState::Undone,
    }
}

/// A row that was refused.
pub(crate) fn failed(row: FailedRow) -> proto::ImportError {
    let fault = row.fault;
    proto::ImportError {
        line: row.line,
        row: row.row,
        field: fault.field,
        reason: fault.reason,
        message: fault.message,
    }
}
