//! What the policies say about a kind of caller, worked out once.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, Response,
    RestrictedExpression,
};
use contract::exposure::{Class, Exposure, Seen};

use super::schema::{SEE, SEE_MASKED, USE};
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
    /// For whose records: of all, or of those alone whom the caller looks after.
    pub(crate) scope: Scope,
}

/// What is left of the policies about a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    All(Reach),
    Own(Reach),
}

impl Scope {
    /// For whose records a caller gets it; `None` when the policies grant it to account managers, and the caller is
    /// nobody who can be one.
    pub(crate) fn reach(&self, caller: &Caller) -> Option<Reach> {
        match self {
            Self::All(reach) => Some(reach.clone()),
            Self::Own(reach) => Some(reach.clone().of_manager(caller.manager_id()?)),
        }
    }
}

/// A record of each kind that the policies could tell from others.
struct Sample {
    region: String,
    brand: String,
    /// The caller looks after the customer.
    own: bool,
    entity: EntityUid,
}

/// A profile among the entities that policies know.
pub(crate) struct Standing {
    entities: Entities,
    caller: EntityUid,
    records: Vec<Sample>,
    regions: Vec<String>,
    brands: Vec<String>,
}

impl Standing {
    /// `None` when an entity can't be made, which is then nobody's.
    pub(crate) fn new(policies: &Policies, profile: &Profile) -> Option<Self> {
        let types = Types::new()?;
        let regions = candidates(&policies.named, &profile.regions);
        let brands = candidates(&policies.named, &profile.brands);
        let kinds = regions.iter().flat_map(|region| {
            let of = |brand: &String| [true, false].map(|own| (region.clone(), brand.clone(), own));
            brands.iter().flat_map(of)
        });
        let mut entities = vec![types.caller(profile)?];
        let mut records = Vec::new();
        for (index, (region, brand, own)) in kinds.enumerate() {
            let record = types.record(index, (&region, &brand), own)?;
            records.push(Sample {
                region,
                brand,
                own,
                entity: record.uid(),
            });
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
        let (mut own, mut others, mut policy) = (Vec::new(), Vec::new(), None);
        for record in &self.records {
            let answer = self.ask(policies, &action, &record.entity)?;
            if answer.decision() == Decision::Allow {
                let allowed = if record.own { &mut own } else { &mut others };
                allowed.push((record.region.as_str(), record.brand.as_str()));
                let reason = answer.diagnostics().reason().next();
                policy = policy.or_else(|| reason.map(ToString::to_string));
            }
        }
        Some(Grant {
            policy: policy.unwrap_or_default(),
            scope: self.scope(&own, others)?,
        })
    }

    /// What is allowed whoever looks after the customer, or else what is to the one who does. Both together are no
    /// condition that statements filter by: then it is less, never more.
    fn scope(&self, own: &[(&str, &str)], mut others: Vec<(&str, &str)>) -> Option<Scope> {
        let values = || [self.regions.as_slice(), self.brands.as_slice()];
        others.retain(|kind| own.contains(kind));
        let all = Reach::of(values(), OTHER, &others).map(Scope::All);
        all.or_else(|| Reach::of(values(), OTHER, own).map(Scope::Own))
    }

    /// How much is seen of each class, and which of them conditions may read.
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
            let exposure = exposure.with(class, of(class));
            if exposure.of(class) < Seen::Clear && self.sees(policies, USE, class) {
                exposure.with_use(class)
            } else {
                exposure
            }
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

    fn record(&self, index: usize, (region, brand): (&str, &str), own: bool) -> Option<Entity> {
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let attributes = HashMap::from([
            ("region".to_owned(), text(region)),
            ("brand".to_owned(), text(brand)),
            ("own".to_owned(), RestrictedExpression::new_bool(own)),
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
