use std::collections::BTreeSet;

/// Whose records a caller may be answered about.
///
/// This is what is left of the policies when all but the record is known, in a form that a statement can filter
/// by: a list that holds a record's value, or none where the value does not matter; and the one who must look after
/// the customer, or none where that does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reach {
    regions: Option<Vec<String>>,
    brands: Option<Vec<String>>,
    manager: Option<String>,
}

impl Reach {
    /// Everybody's.
    pub const ALL: Self = Self {
        regions: None,
        brands: None,
        manager: None,
    };

    /// The regions that a customer must be of; `None`: any, or none.
    pub fn regions(&self) -> Option<&[String]> {
        self.regions.as_deref()
    }

    /// The brands that a customer must be of; `None`: any, or none.
    pub fn brands(&self) -> Option<&[String]> {
        self.brands.as_deref()
    }

    /// The account manager whom a customer must have; `None`: any, or none.
    pub fn manager(&self) -> Option<&str> {
        self.manager.as_deref()
    }

    /// True when it is everybody's.
    pub fn is_all(&self) -> bool {
        *self == Self::ALL
    }

    /// Whether a customer of this region and brand (each may be empty) is within it, whoever looks after the customer.
    /// So nobody is where that matters: there, ask [`Reach::covers_of`].
    pub fn covers(&self, region: &str, brand: &str) -> bool {
        self.covers_of(region, brand, None)
    }

    /// Whether a customer of this region and brand (each may be empty), whom this manager looks after, is within it.
    pub fn covers_of(&self, region: &str, brand: &str, manager: Option<&str>) -> bool {
        let is_theirs = self.manager.is_none() || self.manager() == manager;
        is_theirs && self.covers_region(region) && self.covers_brand(brand)
    }

    /// Whether customers of this region are within it, as far as their region goes.
    pub fn covers_region(&self, region: &str) -> bool {
        holds(self.regions(), region)
    }

    /// Whether customers of this brand are within it, as far as their brand goes.
    pub fn covers_brand(&self, brand: &str) -> bool {
        holds(self.brands(), brand)
    }

    /// The part of it that one manager looks after.
    pub(super) fn of_manager(self, manager: &str) -> Self {
        Self {
            manager: Some(manager.to_owned()),
            ..self
        }
    }

    /// The reach in which exactly the allowed of these pairs are, or less where none is the like of them.
    /// `other` stands for all values that are not among the rest.
    pub(super) fn of(
        values: [&[String]; 2],
        other: &str,
        allowed: &[(&str, &str)],
    ) -> Option<Self> {
        let [regions, brands] = values;
        let regions = axis(regions, other, allowed.iter().map(|(region, _)| *region));
        let brands = axis(brands, other, allowed.iter().map(|(_, brand)| *brand));
        let reach = Self {
            regions,
            brands,
            manager: None,
        };
        let is_allowed = |region: &str, brand: &str| allowed.contains(&(region, brand));
        let within = values[0].iter().flat_map(|region| {
            let pairs = values[1].iter().map(move |brand| (region, brand));
            pairs.filter(|(region, brand)| reach.covers(region, brand))
        });
        // A brand in one region and another brand in another can't be said so: rather nobody than too many.
        let mut within = within.peekable();
        let is_exact =
            within.peek().is_some() && within.all(|(region, brand)| is_allowed(region, brand));
        is_exact.then_some(reach)
    }
}

fn holds(values: Option<&[String]>, value: &str) -> bool {
    values.is_none_or(|values| values.iter().any(|it| it == value))
}

/// One of the two: `None` when all values are allowed, else those that are, of which `other` is none.
fn axis<'v>(
    all: &[String],
    other: &str,
    allowed: impl Iterator<Item = &'v str>,
) -> Option<Vec<String>> {
    let allowed: BTreeSet<&str> = allowed.collect();
    if all.iter().all(|value| allowed.contains(value.as_str())) {
        return None;
    }
    let named = allowed.into_iter().filter(|value| *value != other);
    Some(named.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(allowed: &[(&str, &str)]) -> Option<Reach> {
        let values = ["", "GB", "DE", "other"].map(str::to_owned);
        let brands = ["acme", "other"].map(str::to_owned);
        Reach::of([&values, &brands], "other", allowed)
    }

    #[test]
    fn what_is_allowed_everywhere_is_no_condition() {
        let everywhere: Vec<_> = ["", "GB", "DE", "other"]
            .into_iter()
            .flat_map(|region| [(region, "acme"), (region, "other")])
            .collect();
        assert_eq!(reach(&everywhere), Some(Reach::ALL));
        assert_eq!(reach(&[]), None);
    }

    #[test]
    fn a_reach_covers_what_is_allowed_and_nothing_else() {
        let british = reach(&[("GB", "acme"), ("GB", "other")]).unwrap();
        assert_eq!(british.regions(), Some(&["GB".to_owned()][..]));
        assert_eq!(british.brands(), None);
        assert!(british.covers("GB", "whatever"));
        assert!(!british.covers("", "acme") && !british.covers("DE", "acme"));
    }

    #[test]
    fn what_no_two_lists_can_say_is_refused_rather_than_widened() {
        assert_eq!(reach(&[("GB", "acme"), ("DE", "other")]), None);
    }

    #[test]
    fn whoever_looks_after_nobody_of_a_region_reaches_nobody_there() {
        let anns = reach(&[("GB", "acme"), ("GB", "other")]).unwrap();
        let anns = anns.of_manager("ann");
        assert!(anns.covers_of("GB", "acme", Some("ann")) && !anns.is_all());
        assert!(!anns.covers_of("GB", "acme", Some("bob")));
        assert!(!anns.covers_of("DE", "acme", Some("ann")));
        assert!(!anns.covers_of("GB", "acme", None) && !anns.covers("GB", "acme"));
        assert!(!Reach::ALL.of_manager("ann").is_all());
    }

    #[test]
    fn all_but_some_is_told_as_those_that_are_named() {
        let not_german = [("", "acme"), ("GB", "acme"), ("other", "acme")];
        let found = reach(&not_german).unwrap();
        assert_eq!(found.regions(), Some(&[String::new(), "GB".to_owned()][..]));
    }
}
