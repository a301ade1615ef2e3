use ::contract::checks::At;
use contract::benefit::Kind;
use contract::patron::loyalty::v1 as contract;

use super::Reader;
use super::values::{limit, times, whole};
use crate::domain::program::{Benefit, BenefitId, BenefitKind};

impl<'d> Reader<'d> {
    pub(super) fn benefit(
        &mut self,
        at: &At<'_>,
        benefit: &'d contract::Benefit,
    ) -> Option<Benefit> {
        let kind = self.benefit_kind(at, benefit);
        let gates = self.gates(at, "gates", &benefit.gates);
        Some(Benefit {
            benefit_id: BenefitId::new(&benefit.benefit_id),
            display_name: benefit.display_name.clone(),
            kind: kind?,
            gates: gates?,
            quota: times(benefit.quota, benefit.quota_period()),
            stock: limit(benefit.stock),
        })
    }

    fn benefit_kind(&mut self, at: &At<'_>, benefit: &'d contract::Benefit) -> Option<BenefitKind> {
        const FIELD: &str = "discount_basis_points";
        let (kind, basis_points) = (benefit.kind(), benefit.discount_basis_points);
        let is_stray = basis_points != 0 && kind != Kind::Discount;
        self.only_with(is_stray, at, FIELD, "KIND_DISCOUNT");
        match kind {
            Kind::Unspecified => self.missing(at, "kind"),
            Kind::Discount if basis_points == 0 => self.missing(at, FIELD),
            Kind::Discount => Some(BenefitKind::Discount {
                basis_points: whole(basis_points),
            }),
            Kind::FreeDelivery => Some(BenefitKind::FreeDelivery),
            Kind::PriorityService => Some(BenefitKind::PriorityService),
            Kind::Adviser => Some(BenefitKind::Adviser),
            Kind::EarlyPurchase => Some(BenefitKind::EarlyPurchase),
            Kind::Gift => Some(BenefitKind::Gift),
        }
    }
}
