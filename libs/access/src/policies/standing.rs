//! What the policies say about a kind of caller, worked out once.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, Response,
    RestrictedExpression,
};
use contract::exposure::{Class, Exposure, Seen};

use super::schema::{SEE, SEE_MASKED};
use super::{Policies, Reach};
use crate::{Caller, CallerKind};

/// A region or brand that nobody names: it stands for all of which the policies know nothing.
const OTHER: &str = "\u{0}other";

/// All of a caller that policies can look at. Callers of one profile may do the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Profile {
    kind: CallerKind,
    roles: Vec<String>,
    regions: Vec<String>,
    brands: Vec<String>,
}

impl Profile {
    pub(crate) fn of(caller: &Caller) -> Self {
        Self {
            kind: caller.kind(),
            roles: caller.roles.clone(),
            regions: caller.regions.clone(),
            brands: caller.brands.clone(),
        }
    }
}

/// A permission that is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The policy that grants it: file and number.
    pub(crate) policy: String,
    /// For whose records.
    pub(crate) reach: Reach,
}

/// A profile among the entities that policies know.
pub(crate) struct Standing {
    entities: Entities,
    caller: EntityUid,
    /// A record of each combination that the policies could tell from others.
    records: Vec<(String, String, EntityUid)>,
    regions: Vec<String>,
    brands: Vec<String>,
}

impl Standing {
    /// `None` when an entity can't be made, which is then nobody's.
    pub(crate) fn new(policies: &Policies, profile: &Profile) -> Option<Self> {
        let types = Types::new()?;
        let regions = candidates(&policies.named, &profile.regions);
        let brands = candidates(&policies.named, &profile.brands);
        let pairs = regions.iter().flat_map(|region| {
            let of = |brand: &String| (region.clone(), brand.clone());
            brands.iter().map(of)
        });
        let mut entities = vec![types.caller(profile)?];
        let mut records = Vec::new();
        for (index, (region, brand)) in pairs.enumerate() {
            let record = types.record(index, &region, &brand)?;
            records.push((region, brand, record.uid()));
            entities.push(record);
        }
        let entities = policies.actions.clone().add_entities(entities, None).ok()?;
        let caller = uid(&types.caller, "caller");
        Some(Self {
            entities,
            caller,
            records,
            regions,
            brands,
        })
    }

    /// Whether a permission is granted, and for whose records.
    pub(crate) fn grant(&self, policies: &Policies, permission: &str) -> Option<Grant> {
        let action = uid(&EntityTypeName::parse("Action")?, permission);
        let (mut allowed, mut policy) = (Vec::new(), None);
        for (region, brand, record) in &self.records {
            let answer = self.ask(policies, &action, record)?;
            if answer.decision() == Decision::Allow {
                allowed.push((region.as_str(), brand.as_str()));
                let reason = answer.diagnostics().reason().next();
                policy = policy.or_else(|| reason.map(ToString::to_string));
            }
        }
        let reach = Reach::of([&self.regions, &self.brands], OTHER, &allowed)?;
        Some(Grant {
            policy: policy.unwrap_or_default(),
            reach,
        })
    }

    /// How much is seen of each class.
    pub(crate) fn exposure(&self, policies: &Policies) -> Exposure {
        let of = |class: Class| {
            if self.sees(policies, SEE, class) {
                Seen::Clear
            } else if self.sees(policies, SEE_MASKED, class) {
                Seen::Masked
            } else {
                Seen::Hidden
            }
        };
        let classes = Class::ALL.into_iter();
        classes.fold(Exposure::NONE, |exposure, class| {
            exposure.with(class, of(class))
        })
    }

    fn sees(&self, policies: &Policies, action: &str, class: Class) -> bool {
        let decide = || {
            let action = uid(&EntityTypeName::parse("Action")?, action);
            let class = uid(&EntityTypeName::parse("Class")?, class.name());
            Some(self.ask(policies, &action, &class)?.decision())
        };
        decide() == Some(Decision::Allow)
    }

    fn ask(&self, policies: &Policies, action: &EntityUid, about: &EntityUid) -> Option<Response> {
        let (caller, action, about) = (self.caller.clone(), action.clone(), about.clone());
        let request = Request::new(caller, action, about, Context::empty(), None).ok()?;
        Some(
            policies
                .authorizer
                .is_authorized(&request, &policies.set, &self.entities),
        )
    }
}

/// The values to try: those that policies name, the caller's own, none, and one for all others.
fn candidates(named: &[String], own: &[String]) -> Vec<String> {
    let mut values = vec![String::new(), OTHER.to_owned()];
    values.extend(named.iter().chain(own).cloned());
    values.sort_unstable();
    values.dedup();
    values
}

struct Types {
    caller: EntityTypeName,
    role: EntityTypeName,
    record: EntityTypeName,
}

impl Types {
    fn new() -> Option<Self> {
        Some(Self {
            caller: EntityTypeName::parse("Caller")?,
            role: EntityTypeName::parse("Role")?,
            record: EntityTypeName::parse("Record")?,
        })
    }

    fn caller(&self, profile: &Profile) -> Option<Entity> {
        let texts = |texts: &[String]| {
            let texts = texts.iter().cloned().map(RestrictedExpression::new_string);
            RestrictedExpression::new_set(texts)
        };
        let kind = RestrictedExpression::new_string(profile.kind.name().to_owned());
        let attributes = HashMap::from([
            ("kind".to_owned(), kind),
            ("regions".to_owned(), texts(&profile.regions)),
            ("brands".to_owned(), texts(&profile.brands)),
        ]);
        let roles = profile.roles.iter().map(|role| uid(&self.role, role));
        Entity::new(uid(&self.caller, "caller"), attributes, roles.collect()).ok()
    }

    fn record(&self, index: usize, region: &str, brand: &str) -> Option<Entity> {
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let attributes = HashMap::from([
            ("region".to_owned(), text(region)),
            ("brand".to_owned(), text(brand)),
        ]);
        let uid = uid(&self.record, &index.to_string());
        Entity::new(uid, attributes, HashSet::new()).ok()
    }
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

trait Parse: Sized {
    fn parse(name: &str) -> Option<Self>;
}

impl Parse for EntityTypeName {
    fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}
