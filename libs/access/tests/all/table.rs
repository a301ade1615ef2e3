//! Who may call what, and how much of each class of fields they see: the whole of it as a table that a reviewer
//! reads, in `tests/policies.table`. A change of a policy or of the contract is a change of that file.

use std::fmt::Write as _;
use std::path::Path;

use access::{Caller, Decision, Method, MethodRules, Records, Roles};
use contract::exposure::{Class, Exposure, Seen};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, Value};

const HEAD: &str = "\
# Who may call what, and how much of personal data they see in its answers.
#
# A row is a method, a column a role. Empty: it may not be called. Else the classes of fields that the answer
# holds, in this order: c(ontact), p(ersonal), s(ensitive), f(ree text); CPSF in clear, cpsf masked, - hidden.
# ok: it may be called, and its answer holds no personal data.
#
# records: named    whoever is confined to regions is kept to the customers that the request names
#          filtered the service filters what it answers
#          nobodys  it tells nothing about customers
# step up: what must have been proven, and how lately
#
# The last row tells which classes the conditions that a role writes may read.
";

fn letter(class: Class, seen: Seen) -> char {
    let letter = match class {
        Class::Contact => 'c',
        Class::Personal => 'p',
        Class::Sensitive => 's',
        Class::FreeText => 'f',
    };
    match seen {
        Seen::Clear => letter.to_ascii_uppercase(),
        Seen::Masked => letter,
        Seen::Hidden => '-',
    }
}

fn descriptor(method: &Method) -> MethodDescriptor {
    let service = contract::pool()
        .get_service_by_name(&method.service)
        .unwrap();
    let found = service.methods().find(|it| it.name() == method.name);
    found.unwrap()
}

/// The classes of the fields in a message and below it.
fn classes(message: &MessageDescriptor, seen: &mut Vec<String>, found: &mut Vec<Class>) {
    if seen.iter().any(|name| name == message.full_name()) {
        return;
    }
    seen.push(message.full_name().to_owned());
    for field in message.fields() {
        found.extend(class(&field));
        if let Kind::Message(inner) = field.kind() {
            classes(&inner, seen, found);
        }
    }
}

fn class(field: &FieldDescriptor) -> Option<Class> {
    let option = contract::pool().get_extension_by_name("patron.access.v1.field")?;
    let options = field.options();
    let declared = options.get_extension(&option);
    let sensitivity = declared.as_message()?.get_field_by_name("sensitivity")?;
    match *sensitivity {
        Value::EnumNumber(1) => Some(Class::Contact),
        Value::EnumNumber(2) => Some(Class::Personal),
        Value::EnumNumber(3) => Some(Class::Sensitive),
        Value::EnumNumber(4) => Some(Class::FreeText),
        _ => None,
    }
}

fn cell(roles: &Roles, role: &str, method: &Method, held: &[Class]) -> String {
    let caller = Caller {
        subject: "user:ann".to_owned(),
        roles: vec![role.to_owned()],
        // Sales is nobody without a region.
        regions: vec!["GB".to_owned()],
        ..Caller::service("any")
    };
    let caller = Caller {
        regions: if role == "sales" {
            caller.regions
        } else {
            Vec::new()
        },
        ..caller
    };
    let Decision::Allowed { .. } = roles.authorise(&caller, &method.permission) else {
        return String::new();
    };
    let exposure: Exposure = roles.exposure(&caller);
    if held.is_empty() {
        return "ok".to_owned();
    }
    let letters = held.iter().map(|&class| letter(class, exposure.of(class)));
    letters.collect()
}

fn table() -> String {
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let roles = Roles::default();
    let mut methods: Vec<_> = rules.methods().collect();
    methods.sort_by(|one, other| one.path.cmp(&other.path));
    let mut table = HEAD.to_owned();
    let mut service = "";
    for method in methods {
        if method.service != service {
            service = &method.service;
            write!(table, "\n{service:<54}").unwrap();
            roles
                .names()
                .for_each(|role| write!(table, " {role:<15}").unwrap());
            table.push_str(" records   step up\n");
        }
        let mut held = Vec::new();
        classes(&descriptor(method).output(), &mut Vec::new(), &mut held);
        held.sort_unstable();
        held.dedup();
        write!(table, "  {:<52}", method.name).unwrap();
        for role in roles.names() {
            let cell = if method.anonymous {
                "anybody".to_owned()
            } else {
                cell(&roles, role, method, &held)
            };
            write!(table, " {cell:<15}").unwrap();
        }
        let records = match method.records {
            Records::Named => "named",
            Records::Filtered => "filtered",
            Records::Nobodys => "nobodys",
            Records::Listed => "listed",
        };
        write!(table, " {records:<9}").unwrap();
        if let Some(step_up) = method.step_up {
            let keys = if step_up.api_keys { " or a key" } else { "" };
            write!(table, " strong, {} s{keys}", step_up.max_age.as_secs()).unwrap();
        }
        table.truncate(table.trim_end().len());
        table.push('\n');
    }
    write!(table, "\n{:<54}", "in conditions").unwrap();
    for role in roles.names() {
        write!(table, " {:<15}", used(&roles, role)).unwrap();
    }
    table.truncate(table.trim_end().len());
    table.push('\n');
    table
}

/// The classes that conditions of a role may read.
fn used(roles: &Roles, role: &str) -> String {
    let caller = Caller {
        subject: "user:ann".to_owned(),
        roles: vec![role.to_owned()],
        ..Caller::service("any")
    };
    let exposure = roles.exposure(&caller);
    let letters = Class::ALL.into_iter().map(|class| {
        let is_used = exposure.may_use(class);
        letter(class, if is_used { Seen::Clear } else { Seen::Hidden })
    });
    letters.collect()
}

#[test]
fn the_table_of_who_may_do_what_is_the_one_that_was_reviewed() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies.table");
    let (kept, now) = (std::fs::read_to_string(kept).unwrap_or_default(), table());
    if kept != now {
        let written = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policies.table");
        std::fs::write(&written, &now).unwrap();
        let differ = kept
            .lines()
            .zip(now.lines())
            .find(|(one, other)| one != other);
        panic!(
            "who may do what has changed: review {} and take it over as libs/access/tests/policies.table; the first difference: {differ:#?}",
            written.display()
        );
    }
}
