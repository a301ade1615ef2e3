//! Policies are read file by file, so that what is wrong is told by file and line.

use std::collections::BTreeSet;

use cedar_policy::{
    EntityUid, Policy, PolicyId, PolicySet, PrincipalConstraint, Schema, ValidationMode, Validator,
};
use miette::Diagnostic;
use serde_json::Value;

use super::{PolicyError, PolicyFile};

/// Most values of regions and brands that policies may name. Each is tried with each for every caller.
const MAX_NAMED: usize = 32;

/// All policies, and what they name.
pub(super) struct Checked {
    pub(super) set: PolicySet,
    pub(super) named: Vec<String>,
    pub(super) roles: Vec<String>,
}

/// Reads and checks all files.
pub(super) fn all(files: &[PolicyFile], schema: Schema) -> Result<Checked, PolicyError> {
    let validator = Validator::new(schema);
    let mut set = PolicySet::new();
    let (mut named, mut roles) = (BTreeSet::new(), BTreeSet::new());
    for file in files {
        for (index, policy) in of_file(file, &validator)?.into_iter().enumerate() {
            let at = || line_of(file, &policy.to_string());
            let conditions = policy
                .to_json()
                .map_err(|error| unusable(file, at(), &error))?;
            collect(&conditions, &mut named).map_err(|error| unusable(file, at(), &error))?;
            roles.extend(role_of(&policy));
            let id = PolicyId::new(format!("{}#{index}", file.name));
            let added = set.add(policy.new_id(id));
            added.map_err(|error| unusable(file, at(), &error))?;
        }
        if named.len() > MAX_NAMED {
            let message = format!("the policies name more than {MAX_NAMED} values");
            return Err(unusable(file, 1, &message));
        }
    }
    Ok(Checked {
        set,
        named: named.into_iter().collect(),
        roles: roles.into_iter().collect(),
    })
}

/// The policies of a file, in its order, when the contract knows all that they speak of.
fn of_file(file: &PolicyFile, validator: &Validator) -> Result<Vec<Policy>, PolicyError> {
    let set: PolicySet = match file.text.parse() {
        Ok(set) => set,
        Err(errors) => {
            let errors: cedar_policy::ParseErrors = errors;
            let first = errors.iter().next();
            let line = first.map_or(1, |error| line(file, error));
            return Err(unusable(file, line, &errors));
        }
    };
    if let Some(template) = set.templates().next() {
        let line = line_of(file, &template.to_string());
        return Err(unusable(
            file,
            line,
            &"it is a template, which nothing links",
        ));
    }
    let result = validator.validate(&set, ValidationMode::Strict);
    if let Some(error) = result.validation_errors().next() {
        return Err(unusable(file, line(file, error), error));
    }
    // A warning is about a policy that can never apply: whoever wrote it meant something else.
    if let Some(warning) = result.validation_warnings().next() {
        return Err(unusable(file, line(file, warning), warning));
    }
    let mut policies: Vec<_> = set.policies().cloned().collect();
    policies.sort_by_key(|policy| number(policy.id()));
    Ok(policies)
}

/// Cedar numbers the policies of a file: `policy0`, `policy1` …
fn number(id: &PolicyId) -> usize {
    let id: &str = id.as_ref();
    id.trim_start_matches("policy").parse().unwrap_or_default()
}

fn unusable(file: &PolicyFile, line: usize, message: &impl ToString) -> PolicyError {
    PolicyError::Unusable {
        file: file.name.clone(),
        line,
        message: message.to_string(),
    }
}

/// The line that an error points at.
fn line(file: &PolicyFile, error: &dyn Diagnostic) -> usize {
    let place = error.labels().and_then(|mut labels| labels.next());
    let offset = place.map_or(0, |label| label.offset());
    line_at(file, offset)
}

/// The line where a text stands that is written as it was read.
fn line_of(file: &PolicyFile, text: &str) -> usize {
    line_at(file, file.text.find(text).unwrap_or_default())
}

fn line_at(file: &PolicyFile, offset: usize) -> usize {
    let before = file.text.bytes().take(offset);
    before.filter(|byte| *byte == b'\n').count() + 1
}

/// The role that a policy is about, if it is about one.
fn role_of(policy: &Policy) -> Option<String> {
    let role = |uid: EntityUid| {
        let is_role = uid.type_name().basename() == "Role";
        is_role.then(|| uid.id().unescaped().to_owned())
    };
    match policy.principal_constraint() {
        PrincipalConstraint::In(uid) | PrincipalConstraint::IsIn(_, uid) => role(uid),
        _ => None,
    }
}

/// A policy by which lists can't be filtered.
#[derive(Debug, thiserror::Error)]
#[error("`like` can't be used: lists could not be filtered by it")]
struct Unfilterable;

/// Collects the texts that conditions name. Conditions may compare regions and brands with them, and with those
/// of the caller, so whichever else there are, are all alike to them.
fn collect(part: &Value, named: &mut BTreeSet<String>) -> Result<(), Unfilterable> {
    match part {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("like", _) => return Err(Unfilterable),
                    ("Value", Value::String(text)) => {
                        named.insert(text.clone());
                    }
                    (_, value) => collect(value, named)?,
                }
            }
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| collect(item, named)),
        _ => Ok(()),
    }
}
