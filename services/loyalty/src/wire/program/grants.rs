use ::contract::checks::At;
use contract::grant::Grant as WireGrant;
use contract::patron::loyalty::v1 as contract;

use super::names::told;
use super::values::whole;
use super::{Fault, Reader};
use crate::domain::Points;
use crate::domain::program::{BadgeId, BenefitId, DrawId, Grant, TemplateId};

impl<'d> Reader<'d> {
    pub(super) fn grant(&mut self, at: &At<'_>, grant: &'d contract::Grant) -> Option<Grant> {
        match grant.grant.as_ref() {
            Some(WireGrant::Points(points)) => {
                let at = &at.field("points");
                let wallet_id = self.wallet_id(&at.field("wallet_id"), &points.wallet_id)?;
                let points = Points::new(points.points);
                Some(Grant::Points { wallet_id, points })
            }
            Some(WireGrant::CouponTemplateId(template)) => {
                self.template(&at.field("coupon_template_id"), template)
            }
            Some(WireGrant::BenefitId(benefit)) => {
                self.benefit_use(&at.field("benefit_id"), benefit)
            }
            Some(WireGrant::BadgeId(badge)) => Some(Grant::Badge(BadgeId::new(badge))),
            Some(WireGrant::Tickets(tickets)) => self.tickets(&at.field("tickets"), tickets),
            None => {
                let grants = "points, coupon_template_id, benefit_id, badge_id, tickets";
                self.problems.add(at, Fault::NoneOf(grants));
                None
            }
        }
    }

    fn template(&mut self, at: &At<'_>, template: &str) -> Option<Grant> {
        if !self.names.templates.contains(template) {
            let known = told(&self.names.templates);
            self.unknown(at, "coupon template", template, known);
            return None;
        }
        Some(Grant::Coupon(TemplateId::new(template)))
    }

    fn benefit_use(&mut self, at: &At<'_>, benefit: &str) -> Option<Grant> {
        if !self.names.benefits.contains(benefit) {
            let known = told(&self.names.benefits);
            self.unknown(at, "benefit", benefit, known);
            return None;
        }
        Some(Grant::BenefitUse(BenefitId::new(benefit)))
    }

    fn tickets(&mut self, at: &At<'_>, tickets: &contract::TicketGrant) -> Option<Grant> {
        let draw = tickets.draw_id.as_str();
        if !self.names.draws.contains(draw) {
            let known = told(&self.names.draws);
            self.unknown(&at.field("draw_id"), "draw", draw, known);
            return None;
        }
        Some(Grant::Tickets {
            draw_id: DrawId::new(draw),
            count: whole(tickets.count),
        })
    }
}
