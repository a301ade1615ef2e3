use std::collections::BTreeMap;

use ::contract::checks::At;
use calendar::Zone;
use contract::patron::loyalty::v1 as contract;

use super::names::Names;
use super::{Fault, Problems};
use crate::domain::program::{AdjustmentPolicy, Document, StackingGroup, WalletId};

/// A part that may be absent. Reading it gives `Option<Perhaps<T>>`: `None` when something is wrong
/// with it, which was noted.
pub(super) type Perhaps<T> = Option<T>;

/// Reads one document.
pub(super) struct Reader<'d> {
    pub(super) names: Names<'d>,
    /// The main wallet, where it has a sound name.
    pub(super) main_wallet: Option<WalletId>,
    /// Where each earning rule stands, by its id.
    pub(super) rules: BTreeMap<&'d str, String>,
    /// The groups of earning rules that came up, and where.
    pub(super) groups: BTreeMap<&'d str, (StackingGroup, String)>,
    pub(super) problems: Problems,
}

impl<'d> Reader<'d> {
    pub(super) fn new(document: &'d contract::ProgramDocument) -> Self {
        let main = document.wallets.first();
        Self {
            names: Names::of(document),
            main_wallet: main.and_then(|wallet| WalletId::parse(&wallet.wallet_id).ok()),
            rules: BTreeMap::new(),
            groups: BTreeMap::new(),
            problems: Problems::default(),
        }
    }

    /// The rules that the contract states of single fields. Requests were checked for them, other
    /// documents were not. What follows may rely on them: a number that they refuse is read as 0.
    pub(super) fn contract_rules(&mut self, document: &contract::ProgramDocument, at: &At<'_>) {
        for violation in contract_checks(document, at) {
            self.problems
                .add_at(violation.0, Fault::Contract(violation.1));
        }
    }

    pub(super) fn document(
        &mut self,
        document: &'d contract::ProgramDocument,
        at: &At<'_>,
    ) -> Option<Document> {
        let zone = self.zone(&at.field("time_zone"), &document.time_zone);
        let wallets = self.list(at, "wallets", &document.wallets, Self::wallet);
        let earning_rules = self.list(at, "earning_rules", &document.earning_rules, Self::rule);
        let tier_ladders = self.list(at, "tier_ladders", &document.tier_ladders, Self::ladder);
        let benefits = self.list(at, "benefits", &document.benefits, Self::benefit);
        let rewards = self.list(at, "rewards", &document.rewards, Self::reward);
        let templates = &document.coupon_templates;
        let coupon_templates = self.list(at, "coupon_templates", templates, Self::coupon_template);
        let campaigns = self.list(
            at,
            "campaigns",
            &document.campaigns,
            |reader, at, campaign| reader.campaign(at, campaign, zone.as_ref()),
        );
        let packages = self.list(at, "packages", &document.packages, Self::package);
        let challenges = self.list(at, "challenges", &document.challenges, Self::challenge);
        let draws = self.list(at, "draws", &document.draws, Self::draw);
        let referrals = self.optional(
            at,
            "referrals",
            document.referrals.as_ref(),
            Self::referrals,
        );
        let households = self.optional(
            at,
            "households",
            document.households.as_ref(),
            Self::households,
        );
        self.unique_ids(document, at);

        let adjustments = document.adjustments.as_ref();
        let mut wallets = wallets?.into_iter();
        Some(Document {
            display_name: document.display_name.clone(),
            zone: zone?,
            main_wallet: wallets.next()?,
            other_wallets: wallets.collect(),
            earning_rules: earning_rules?,
            tier_ladders: tier_ladders?,
            benefits: benefits?,
            rewards: rewards?,
            coupon_templates: coupon_templates?,
            campaigns: campaigns?,
            packages: packages?,
            challenges: challenges?,
            draws: draws?,
            referrals: referrals?,
            households: households?,
            adjustments: adjustments
                .map_or_else(AdjustmentPolicy::default, super::people::adjustments),
        })
    }

    /// Ids of lists; those of earning rules are unique over several lists, and checked with them.
    fn unique_ids(&mut self, document: &'d contract::ProgramDocument, at: &At<'_>) {
        macro_rules! unique {
            ($($list:ident . $id:ident),* $(,)?) => {$(
                let ids = document.$list.iter().map(|item| item.$id.as_str());
                self.unique(&at.field(stringify!($list)), stringify!($id), ids);
            )*};
        }
        unique!(
            wallets.wallet_id,
            tier_ladders.ladder_id,
            benefits.benefit_id,
            rewards.reward_id,
            coupon_templates.template_id,
            campaigns.campaign_id,
            packages.package_id,
            challenges.challenge_id,
            draws.draw_id,
        );
    }

    fn zone(&mut self, at: &At<'_>, name: &str) -> Option<Zone> {
        // An empty one is refused by the contract's own rules.
        if name.is_empty() {
            return None;
        }
        Zone::parse(name)
            .map_err(|unknown| self.problems.add(at, Fault::Zone(unknown)))
            .ok()
    }

    /// All items of a list; `None` when something is wrong with one of them.
    pub(super) fn list<M, T>(
        &mut self,
        at: &At<'_>,
        field: &str,
        items: &'d [M],
        read: impl Fn(&mut Self, &At<'_>, &'d M) -> Option<T>,
    ) -> Option<Vec<T>> {
        let at = &at.field(field);
        // Each is read before the first that is wrong ends it.
        let read: Vec<Option<T>> = items
            .iter()
            .enumerate()
            .map(|(index, item)| read(self, &at.index(index), item))
            .collect();
        read.into_iter().collect()
    }

    /// A part that may be absent; the outer `None` when something is wrong with it.
    pub(super) fn optional<M, T>(
        &mut self,
        at: &At<'_>,
        field: &str,
        part: Option<&'d M>,
        read: impl Fn(&mut Self, &At<'_>, &'d M) -> Option<T>,
    ) -> Option<Perhaps<T>> {
        match part {
            Some(part) => read(self, &at.field(field), part).map(Some),
            None => Some(None),
        }
    }

    /// Notes each id that an item before has already.
    pub(super) fn unique<'i>(
        &mut self,
        at: &At<'_>,
        field: &str,
        ids: impl Iterator<Item = &'i str>,
    ) {
        let mut seen = BTreeMap::new();
        for (index, id) in ids.enumerate() {
            if let Some(&first) = seen.get(id) {
                let id = id.to_owned();
                let at = &at.index(index);
                self.problems
                    .add(&at.field(field), Fault::Duplicate { id, first });
            } else {
                seen.insert(id, index);
            }
        }
    }
}

/// The path and the words of each rule of the contract that the document breaks.
fn contract_checks(
    document: &contract::ProgramDocument,
    at: &At<'_>,
) -> impl Iterator<Item = (String, String)> {
    let violations = ::contract::checks::violations(document, at);
    violations.into_iter().map(|it| (it.field, it.description))
}
