//! What policies may speak of, made of the contract: a permission that no method asks for can't be granted.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use contract::exposure::Class;

use crate::MethodRules;

/// A caller sees a class of fields in clear.
pub(super) const SEE: &str = "see";
/// A caller sees a class of fields masked.
pub(super) const SEE_MASKED: &str = "see masked";
/// Conditions that a caller writes read a class of fields, which the caller need not see.
pub(super) const USE: &str = "use in conditions";

/// Who calls, what it is about, and what a caller's data are worth.
const ENTITIES: &str = "\
entity Role;
entity Caller in [Role] = { kind: String, regions: Set<String>, brands: Set<String> };
entity Record = { region: String, brand: String, own: Bool };
";

/// The schema, in Cedar's own notation.
pub(super) fn of(rules: &MethodRules) -> String {
    let permissions = rules.methods().map(|method| method.permission.as_str());
    let permissions: BTreeSet<&str> = permissions.filter(|name| !name.is_empty()).collect();
    let groups: BTreeSet<String> = permissions
        .iter()
        .flat_map(|name| groups_of(name))
        .collect();
    let mut schema = ENTITIES.to_owned();
    let classes: Vec<_> = Class::ALL
        .iter()
        .map(|class| format!("\"{}\"", class.name()))
        .collect();
    // Writing to a string can't fail.
    let _ = writeln!(schema, "entity Class enum [{}];", classes.join(", "));
    for see in [SEE, SEE_MASKED, USE] {
        let _ = writeln!(
            schema,
            "action \"{see}\" appliesTo {{ principal: Caller, resource: Class }};"
        );
    }
    for group in groups {
        let _ = writeln!(schema, "action \"{group}\";");
    }
    for name in permissions {
        let parents: Vec<_> = groups_of(name)
            .map(|group| format!("\"{group}\""))
            .collect();
        let _ = writeln!(
            schema,
            "action \"{name}\" in [{}] appliesTo {{ principal: Caller, resource: Record }};",
            parents.join(", ")
        );
    }
    schema
}

/// The groups that a permission `<service>.<resources>.<verb>` belongs to.
fn groups_of(permission: &str) -> impl Iterator<Item = String> {
    let mut parts = permission.splitn(3, '.');
    let mut part = || parts.next().unwrap_or("*");
    let (service, resources, verb) = (part(), part(), part());
    [
        format!("{service}.*"),
        format!("{service}.{resources}.*"),
        format!("{service}.*.{verb}"),
        format!("*.*.{verb}"),
    ]
    .into_iter()
}
