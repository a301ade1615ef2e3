//! Who gets a customer.

use super::{Manager, ManagerId, NoManager, Presence};

/// By what a manager is chosen for a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placing<'a> {
    pub(crate) region: &'a str,
    pub(crate) brand: &'a str,
}

impl Manager {
    /// Refuses one who gets no customers now.
    pub(crate) fn check_room(&self) -> Result<(), NoManager> {
        match self.presence {
            Presence::Absent => Err(NoManager::Absent),
            Presence::Active if self.load >= self.capacity => Err(NoManager::Full),
            Presence::Active => Ok(()),
        }
    }

    fn covers(&self, whose: Placing<'_>) -> bool {
        let covers = |all: &[String], one: &str| all.is_empty() || all.iter().any(|it| it == one);
        covers(&self.regions, whose.region) && covers(&self.brands, whose.brand)
    }

    /// Of two, the one of whose capacity less is used, as fractions without a remainder; then the one whose id is first.
    fn is_before(&self, other: &Self) -> bool {
        let part = |load: i32, of: i32| i64::from(load).saturating_mul(of.into());
        let mine = part(self.load, other.capacity);
        let theirs = part(other.load, self.capacity);
        (mine, &self.id) < (theirs, &other.id)
    }
}

/// Who looks after a customer who has `known` already: that one while at work and of the region and brand, else whom
/// [`choose`] names.
pub(crate) fn keep_or_choose<'a>(
    managers: &'a [Manager],
    whose: Placing<'_>,
    known: Option<&ManagerId>,
) -> Result<&'a Manager, NoManager> {
    let stays = |it: &&Manager| {
        let is_there = it.presence == Presence::Active && it.covers(whose);
        is_there && known == Some(&it.id)
    };
    let kept = managers.iter().find(stays);
    kept.map_or_else(|| choose(managers, whose), Ok)
}

/// Of those who are of the region and brand and have room, the one with the least load for the capacity; of several the
/// one whose id is first.
pub(crate) fn choose<'a>(
    managers: impl IntoIterator<Item = &'a Manager>,
    whose: Placing<'_>,
) -> Result<&'a Manager, NoManager> {
    let fitting = managers
        .into_iter()
        .filter(|it| it.covers(whose) && it.check_room().is_ok());
    let first = fitting.reduce(|first, it| if it.is_before(first) { it } else { first });
    first.ok_or(NoManager::NobodyFits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn manager(id: &str, regions: &[&str], load: i32, capacity: i32) -> Manager {
        Manager {
            id: ManagerId(id.to_owned()),
            regions: regions.iter().map(|&it| it.to_owned()).collect(),
            brands: Vec::new(),
            capacity,
            presence: Presence::Active,
            load,
        }
    }

    fn of<'a>(region: &'a str, brand: &'a str) -> Placing<'a> {
        Placing { region, brand }
    }

    #[test]
    fn the_one_with_the_most_room_for_the_region_is_chosen_and_always_the_same() {
        let away = Manager {
            presence: Presence::Absent,
            ..manager("a", &[], 0, 10)
        };
        let brand = Manager {
            brands: vec!["north".to_owned()],
            ..manager("b", &["GB"], 0, 10)
        };
        let all = [
            away,
            brand,
            manager("c", &["GB"], 5, 10),
            manager("d", &["GB", "IE"], 40, 100),
            manager("e", &[], 4, 10),
            manager("f", &["GB"], 0, 0),
            manager("g", &["DE"], 1, 1),
        ];
        let chosen = |region, brand| choose(&all, of(region, brand)).map(|it| it.id.0.as_str());
        assert_eq!(chosen("GB", "north"), Ok("b"));
        // Four of ten is forty of a hundred: the first id.
        assert_eq!(chosen("GB", "south"), Ok("d"));
        assert_eq!(chosen("DE", ""), Ok("e"));
        assert_eq!(choose(&all[6..], of("DE", "")), Err(NoManager::NobodyFits));
        assert_eq!(all[0].check_room(), Err(NoManager::Absent));
        assert_eq!(all[5].check_room(), Err(NoManager::Full));
        // Whoever has the customer keeps it, also without room; not beyond the region, nor while absent.
        let kept = |known: usize| keep_or_choose(&all, of("DE", ""), Some(&all[known].id));
        assert_eq!(kept(6).map(|it| it.id.0.as_str()), Ok("g"));
        assert_eq!(kept(2).map(|it| it.id.0.as_str()), Ok("e"));
        assert_eq!(kept(0).map(|it| it.id.0.as_str()), Ok("e"));
    }

    fn some(values: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
        let chosen = proptest::sample::subsequence(values, 0..=values.len());
        chosen.prop_map(|them| them.into_iter().map(str::to_owned).collect())
    }

    fn managers() -> impl Strategy<Value = Vec<Manager>> {
        let one = (
            some(&["GB", "DE", "IE"]),
            some(&["north", "south"]),
            0..6_i32,
            0..5_i32,
            any::<bool>(),
        );
        proptest::collection::vec(one, 0..7).prop_map(|all| {
            let named = all.into_iter().enumerate();
            let made = named.map(
                |(nth, (regions, brands, load, capacity, is_active))| Manager {
                    id: ManagerId(format!("m{nth}")),
                    regions,
                    brands,
                    capacity,
                    presence: if is_active {
                        Presence::Active
                    } else {
                        Presence::Absent
                    },
                    load,
                },
            );
            made.collect()
        })
    }

    /// What the words say, without regard to how it is found.
    fn may_get(it: &Manager, whose: Placing<'_>) -> bool {
        let is_of = |all: &[String], one: &str| all.is_empty() || all.contains(&one.to_owned());
        it.presence == Presence::Active
            && it.load < it.capacity
            && is_of(&it.regions, whose.region)
            && is_of(&it.brands, whose.brand)
    }

    proptest! {
        #[test]
        fn whoever_gets_a_customer_may_and_nobody_who_may_has_more_room(
            all in managers(),
            region in prop_oneof!["GB", "DE", "FR", ""],
            brand in prop_oneof!["north", "other", ""],
        ) {
            let whose = of(&region, &brand);
            let able: Vec<_> = all.iter().filter(|it| may_get(it, whose)).collect();
            match choose(&all, whose) {
                Err(why) => {
                    prop_assert_eq!(why, NoManager::NobodyFits);
                    prop_assert!(able.is_empty());
                }
                Ok(chosen) => {
                    prop_assert!(able.contains(&chosen));
                    for other in able {
                        let (mine, theirs) = (chosen.load * other.capacity, other.load * chosen.capacity);
                        prop_assert!(mine < theirs || mine == theirs && chosen.id <= other.id);
                    }
                }
            }
        }

        #[test]
        fn the_order_in_which_managers_are_looked_at_does_not_matter(
            (all, shuffled) in managers().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
            region in prop_oneof!["GB", "DE"],
        ) {
            let whose = of(&region, "north");
            prop_assert_eq!(choose(&all, whose), choose(&shuffled, whose));
        }

        #[test]
        fn however_many_customers_come_nobody_gets_more_than_the_capacity(
            mut all in managers(),
            regions in proptest::collection::vec(prop_oneof!["GB", "DE", "IE"], 0..60),
        ) {
            let before = all.clone();
            for region in &regions {
                let chosen = choose(&all, of(region, "south")).map(|it| it.id.clone());
                if let Ok(chosen) = chosen {
                    let found = all.iter_mut().find(|it| it.id == chosen);
                    found.unwrap().load += 1;
                }
            }
            for (before, after) in before.iter().zip(&all) {
                prop_assert!(after.load <= before.load.max(before.capacity));
            }
        }
    }
}
