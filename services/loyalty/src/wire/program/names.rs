use std::collections::{BTreeMap, BTreeSet};

use contract::patron::loyalty::v1 as contract;

/// The ids that the parts of a document may name.
#[derive(Default)]
pub(super) struct Names<'d> {
    pub(super) wallets: BTreeSet<&'d str>,
    pub(super) ladders: BTreeMap<&'d str, BTreeSet<&'d str>>,
    pub(super) benefits: BTreeSet<&'d str>,
    pub(super) templates: BTreeSet<&'d str>,
    pub(super) draws: BTreeSet<&'d str>,
}

impl<'d> Names<'d> {
    pub(super) fn of(document: &'d contract::ProgramDocument) -> Self {
        let tiers = |ladder: &'d contract::TierLadder| {
            let tiers = ladder.tiers.iter().map(|tier| tier.tier_id.as_str());
            (ladder.ladder_id.as_str(), tiers.collect())
        };
        let wallets = document.wallets.iter();
        let benefits = document.benefits.iter();
        let templates = document.coupon_templates.iter();
        let draws = document.draws.iter();
        Self {
            wallets: wallets.map(|wallet| wallet.wallet_id.as_str()).collect(),
            ladders: document.tier_ladders.iter().map(tiers).collect(),
            benefits: benefits.map(|it| it.benefit_id.as_str()).collect(),
            templates: templates.map(|it| it.template_id.as_str()).collect(),
            draws: draws.map(|draw| draw.draw_id.as_str()).collect(),
        }
    }
}

/// Names as they are told to whoever has named another one.
pub(super) fn told<'a>(names: impl IntoIterator<Item = &'a &'a str>) -> Vec<String> {
    names.into_iter().map(|name| (*name).to_owned()).collect()
}
