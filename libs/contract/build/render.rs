//! Writes the request checks as plain Rust over the generated messages: no reflection and no
//! interpretation is left for run time.

use std::fmt::Write as _;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};

use crate::rules::{self, FieldRules, Rule};

/// `impl Rules` for every message of Patron's own packages.
pub(crate) fn render(pool: &DescriptorPool) -> Result<String, String> {
    let mut code = String::new();
    for message in pool
        .all_messages()
        .filter(is_ours)
        .filter(|message| !message.is_map_entry())
    {
        let body = message_checks(&message)?;
        let path = type_path(&message);
        let arguments = if body.is_empty() {
            "_: &At<'_>, _: &mut Violations"
        } else {
            "at: &At<'_>, violations: &mut Violations"
        };
        write!(
            code,
            "impl crate::checks::Rules for {path} {{\n    fn check_at(&self, {arguments}) {{\n{body}    }}\n}}\n"
        )
        .map_err(|error| error.to_string())?;
    }
    Ok(code)
}

pub(crate) fn is_ours(message: &MessageDescriptor) -> bool {
    message.full_name().starts_with("patron.")
}

fn message_checks(message: &MessageDescriptor) -> Result<String, String> {
    let mut body = String::new();
    let plain = message.fields().filter(|field| {
        field
            .containing_oneof()
            .is_none_or(|oneof| oneof.is_synthetic())
    });
    for field in plain {
        body.push_str(&field_checks(&field)?);
    }
    for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
        body.push_str(&oneof_checks(message, &oneof)?);
    }
    Ok(body)
}

fn field_checks(field: &FieldDescriptor) -> Result<String, String> {
    let found = rules::of_field(field)?;
    if found.ignore_always {
        return Ok(String::new());
    }
    let place = format!("self.{}", identifier(field.name()));
    let open = format!("        {{ let at = &at.field({:?});\n", field.name());
    let inner = if field.is_map() {
        map_checks(field, &found, &place)?
    } else if field.is_list() {
        list_checks(field, &found, &place)
    } else if let Kind::Message(message) = field.kind() {
        presence(
            &place,
            &found,
            is_ours(&message).then_some("value.check_at(at, violations);"),
        )
    } else if field.supports_presence() {
        presence(&place, &found, Some(&scalar_checks(field, &found, "value")))
    } else {
        let checks = scalar_checks(field, &found, &format!("&{place}"));
        if found.ignore_zero && !checks.is_empty() {
            format!("if !crate::checks::is_default(&{place}) {{ {checks} }}\n")
        } else {
            checks
        }
    };
    Ok(if inner.is_empty() {
        inner
    } else {
        format!("{open}{inner}        }}\n")
    })
}

/// A violation names the part of the entry, and not the entry: its name is the caller's, of any length.
fn map_checks(field: &FieldDescriptor, found: &FieldRules, place: &str) -> Result<String, String> {
    let (key, value) = rules::entry_of(field)?;
    if matches!(value.kind(), Kind::Message(message) if is_ours(&message)) {
        let field = field.full_name();
        return Err(format!(
            "{field}: checks inside messages of maps are not supported"
        ));
    }
    let mut checks = String::new();
    for rule in &found.rules {
        checks.push_str(&rule_check(rule, &format!("{place}.len()")));
    }
    for (part, rules, each) in [(key, &found.keys, "keys"), (value, &found.values, "values")] {
        if let Kind::String | Kind::Enum(_) = part.kind() {
            let of_each = value_checks(&part, rules, "item");
            let name = part.name();
            let _ = writeln!(
                checks,
                "{{ let at = &at.field({name:?}); for item in {place}.{each}() {{ {of_each} }} }}"
            );
        }
    }
    Ok(checks)
}

fn list_checks(field: &FieldDescriptor, found: &FieldRules, place: &str) -> String {
    let mut checks = String::new();
    for rule in &found.rules {
        checks.push_str(&rule_check(rule, &format!("{place}.len()")));
    }
    if let Kind::String | Kind::Enum(_) = field.kind() {
        let of_item = value_checks(field, &found.items, "item");
        if !of_item.is_empty() {
            let _ = writeln!(
                checks,
                "for (index, item) in {place}.iter().enumerate() {{ let at = &at.index(index); {of_item} }}"
            );
        }
    }
    if let Kind::Message(message) = field.kind()
        && is_ours(&message)
    {
        let _ = writeln!(
            checks,
            "for (index, item) in {place}.iter().enumerate() {{ item.check_at(&at.index(index), violations); }}"
        );
    }
    checks
}

fn presence(place: &str, found: &FieldRules, inside: Option<&str>) -> String {
    let inside = inside.filter(|checks| !checks.is_empty());
    match (inside, found.required) {
        (None, false) => String::new(),
        (None, true) => format!("if {place}.is_none() {{ violations.missing(at); }}\n"),
        (Some(checks), false) => format!("if let Some(value) = &{place} {{ {checks} }}\n"),
        (Some(checks), true) => format!(
            "if let Some(value) = &{place} {{ {checks} }} else {{ violations.missing(at); }}\n"
        ),
    }
}

fn oneof_checks(message: &MessageDescriptor, oneof: &OneofDescriptor) -> Result<String, String> {
    let enum_path = format!(
        "{}::{}",
        module_path(message),
        oneof.name().to_upper_camel_case()
    );
    let mut arms = String::new();
    for field in oneof.fields() {
        let found = rules::of_field(&field)?;
        let checks = match field.kind() {
            Kind::Message(inner) if is_ours(&inner) => "value.check_at(at, violations);".to_owned(),
            _ => scalar_checks(&field, &found, "value"),
        };
        if !checks.is_empty() {
            let variant = field.name().to_upper_camel_case();
            let _ = writeln!(
                arms,
                "Some({enum_path}::{variant}(value)) => {{ let at = &at.field({:?}); {checks} }}",
                field.name()
            );
        }
    }
    if rules::oneof_required(oneof) {
        let _ = writeln!(
            arms,
            "None => violations.missing(&at.field({:?})),",
            oneof.name()
        );
    }
    if arms.is_empty() {
        return Ok(arms);
    }
    let place = identifier(oneof.name());
    let covered = oneof
        .fields()
        .all(|field| arms.contains(&format!("::{}(", field.name().to_upper_camel_case())));
    let rest = match (covered, rules::oneof_required(oneof)) {
        (true, true) => "",
        (true, false) => "None => {}",
        (false, _) => "_ => {}",
    };
    Ok(format!("        match &self.{place} {{ {arms} {rest} }}\n"))
}

fn scalar_checks(field: &FieldDescriptor, found: &FieldRules, value: &str) -> String {
    value_checks(field, &found.rules, value)
}

fn value_checks(field: &FieldDescriptor, rules: &[Rule], value: &str) -> String {
    let value = match field.kind() {
        Kind::Enum(description) => {
            let defined: Vec<i32> = description.values().map(|value| value.number()).collect();
            return rules
                .iter()
                .map(|rule| enum_check(rule, value, &defined))
                .collect();
        }
        Kind::String => value.to_owned(),
        Kind::Bytes => format!("{}.len()", value.trim_start_matches('&')),
        _ => format!("i64::from({})", dereferenced(value)),
    };
    let own = rules.iter().map(|rule| rule_check(rule, &value));
    // PostgreSQL can't store the character, and nobody means it.
    let no_nul =
        (field.kind() == Kind::String).then(|| format!("violations.no_nul(at, {value});\n"));
    no_nul.into_iter().chain(own).collect()
}

/// The value behind the expression of a reference: `&self.x` → `self.x`.
fn dereferenced(reference: &str) -> String {
    reference
        .strip_prefix('&')
        .map_or_else(|| format!("*{reference}"), str::to_owned)
}

fn enum_check(rule: &Rule, value: &str, defined: &[i32]) -> String {
    match rule {
        Rule::NotIn(refused) => format!(
            "violations.not_in(at, {}, &{refused:?});\n",
            dereferenced(value)
        ),
        _ => format!(
            "violations.defined(at, {}, &{defined:?});\n",
            dereferenced(value)
        ),
    }
}

fn rule_check(rule: &Rule, value: &str) -> String {
    match rule {
        Rule::MinLength(bound) => format!("violations.min_length(at, {value}, {bound});\n"),
        Rule::MaxLength(bound) => format!("violations.max_length(at, {value}, {bound});\n"),
        Rule::Pattern(pattern) => format!(
            "{{ static PATTERN: std::sync::LazyLock<regex::Regex> = std::sync::LazyLock::new(|| crate::checks::compiled({pattern:?})); violations.pattern(at, {value}, &PATTERN); }}\n"
        ),
        Rule::Uuid => format!("violations.uuid(at, {value});\n"),
        Rule::AtLeast(bound) => format!("violations.at_least(at, {value}, {bound});\n"),
        Rule::AtMost(bound) => format!("violations.at_most(at, {value}, {bound});\n"),
        Rule::MinItems(bound) => format!("violations.min_items(at, {value}, {bound});\n"),
        Rule::MaxItems(bound) => format!("violations.max_items(at, {value}, {bound});\n"),
        Rule::MaxPairs(bound) => format!("violations.max_pairs(at, {value}, {bound});\n"),
        Rule::Bytes(length) => format!("violations.bytes(at, {value}, {length});\n"),
        Rule::DefinedOnly | Rule::NotIn(_) => String::new(),
    }
}

/// `patron.complaints.v1.CaseLogEntry.Opened` → `patron::complaints::v1::case_log_entry::Opened`.
pub(crate) fn type_path(message: &MessageDescriptor) -> String {
    let parent = match message.parent_message() {
        Some(parent) => module_path(&parent),
        None => package_path(message.package_name()),
    };
    format!("{parent}::{}", message.name().to_upper_camel_case())
}

/// The module that holds what is nested in a message.
pub(crate) fn module_path(message: &MessageDescriptor) -> String {
    let parent = match message.parent_message() {
        Some(parent) => module_path(&parent),
        None => package_path(message.package_name()),
    };
    format!("{parent}::{}", message.name().to_snake_case())
}

fn package_path(package: &str) -> String {
    package
        .split('.')
        .map(identifier)
        .collect::<Vec<_>>()
        .join("::")
}

pub(crate) fn identifier(name: &str) -> String {
    let name = name.to_snake_case();
    if ["type", "return", "match", "ref"].contains(&name.as_str()) {
        format!("r#{name}")
    } else {
        name
    }
}
