use chassis::Service;
use chassis::paging::PageTokens;
use contract::patron::loyalty::v1::accrual_service_server::AccrualServiceServer;
use contract::patron::loyalty::v1::activity_service_server::ActivityServiceServer;
use contract::patron::loyalty::v1::adjustment_service_server::AdjustmentServiceServer;
use contract::patron::loyalty::v1::benefit_service_server::BenefitServiceServer;
use contract::patron::loyalty::v1::challenge_service_server::ChallengeServiceServer;
use contract::patron::loyalty::v1::coupon_service_server::CouponServiceServer;
use contract::patron::loyalty::v1::draw_service_server::DrawServiceServer;
use contract::patron::loyalty::v1::end_of_day_service_server::EndOfDayServiceServer;
use contract::patron::loyalty::v1::explanation_service_server::ExplanationServiceServer;
use contract::patron::loyalty::v1::grant_service_server::GrantServiceServer;
use contract::patron::loyalty::v1::hold_service_server::HoldServiceServer;
use contract::patron::loyalty::v1::household_service_server::HouseholdServiceServer;
use contract::patron::loyalty::v1::liability_service_server::LiabilityServiceServer;
use contract::patron::loyalty::v1::member_service_server::MemberServiceServer;
use contract::patron::loyalty::v1::membership_service_server::MembershipServiceServer;
use contract::patron::loyalty::v1::program_service_server::ProgramServiceServer;
use contract::patron::loyalty::v1::referral_service_server::ReferralServiceServer;
use contract::patron::loyalty::v1::reward_service_server::RewardServiceServer;
use contract::patron::loyalty::v1::sale_service_server::SaleServiceServer;
use contract::patron::loyalty::v1::simulation_service_server::SimulationServiceServer;
use contract::patron::loyalty::v1::tier_service_server::TierServiceServer;
use contract::patron::loyalty::v1::transfer_service_server::TransferServiceServer;
use contract::patron::loyalty::v1::verification_service_server::VerificationServiceServer;

use super::accruals::Accruals;
use super::adjustments::Adjustments;
use super::benefits::Benefits;
use super::challenges::Challenges;
use super::coupons::Coupons;
use super::draws::Draws;
use super::end_of_day::EndOfDays;
use super::explanations::Explanations;
use super::grants::Grants;
use super::holds::Holds;
use super::households::Households;
use super::liability::Liability;
use super::members::Members;
use super::membership::Memberships;
use super::programs::Programs;
use super::rating::{Activities, Sales};
use super::referrals::Referrals;
use super::rewards::Rewards;
use super::simulations::Simulations;
use super::tiers::Tiers;
use super::transfers::Transfers;
use super::verifications::VerificationsApi;
use crate::app::Loyalty;
use crate::app::runs::Runs;
use crate::app::verify::Verifications;
use crate::app::writer::Writer;

/// What the calls are served from.
pub(crate) struct Parts {
    /// The use cases.
    pub(crate) loyalty: Loyalty,
    /// Moves points.
    pub(crate) writer: Writer,
    /// Reports and simulations that are being made.
    pub(crate) runs: Runs,
    /// Verifications.
    pub(crate) verifications: Verifications,
    /// Tokens of pages.
    pub(crate) tokens: PageTokens,
}

/// Serves every call of the role.
pub(crate) fn serve(service: Service, parts: &Parts) -> Service {
    let service = serve_points(service, parts);
    let service = serve_accounts(service, parts);
    let service = serve_programs(service, parts);
    let service = serve_what_points_buy(service, parts);
    serve_growth(service, parts)
}

/// Members and what moves their points.
fn serve_points(service: Service, parts: &Parts) -> Service {
    service
        .grpc(chassis::tuned!(MemberServiceServer::new(Members {
            loyalty: parts.loyalty.clone(),
            writer: parts.writer.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(AccrualServiceServer::new(Accruals {
            loyalty: parts.loyalty.clone(),
            writer: parts.writer.clone(),
        })))
        .grpc(chassis::tuned!(HoldServiceServer::new(Holds {
            loyalty: parts.loyalty.clone(),
            writer: parts.writer.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(SaleServiceServer::new(Sales {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(ActivityServiceServer::new(Activities {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(EndOfDayServiceServer::new(EndOfDays {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(VerificationServiceServer::new(
            VerificationsApi {
                verifications: parts.verifications.clone(),
                tokens: parts.tokens.clone(),
            }
        )))
        .grpc(chassis::tuned!(ExplanationServiceServer::new(
            Explanations(parts.loyalty.clone())
        )))
}

/// Whose points they are: memberships, households, transfers and corrections.
fn serve_accounts(service: Service, parts: &Parts) -> Service {
    service
        .grpc(chassis::tuned!(MembershipServiceServer::new(Memberships {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(HouseholdServiceServer::new(Households {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(TransferServiceServer::new(Transfers {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(AdjustmentServiceServer::new(Adjustments {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
}

/// Programs, and what they come to.
fn serve_programs(service: Service, parts: &Parts) -> Service {
    service
        .grpc(chassis::tuned!(ProgramServiceServer::new(Programs {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(SimulationServiceServer::new(Simulations {
            loyalty: parts.loyalty.clone(),
            runs: parts.runs.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(LiabilityServiceServer::new(Liability {
            loyalty: parts.loyalty.clone(),
            runs: parts.runs.clone(),
            tokens: parts.tokens.clone(),
        })))
}

/// Rewards, coupons, tiers and benefits.
fn serve_what_points_buy(service: Service, parts: &Parts) -> Service {
    service
        .grpc(chassis::tuned!(RewardServiceServer::new(Rewards {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(CouponServiceServer::new(Coupons {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(GrantServiceServer::new(Grants {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(TierServiceServer::new(Tiers {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(BenefitServiceServer::new(Benefits {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
}

/// Referrals, challenges and draws.
fn serve_growth(service: Service, parts: &Parts) -> Service {
    service
        .grpc(chassis::tuned!(ReferralServiceServer::new(Referrals {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(ChallengeServiceServer::new(Challenges {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
        .grpc(chassis::tuned!(DrawServiceServer::new(Draws {
            loyalty: parts.loyalty.clone(),
            tokens: parts.tokens.clone(),
        })))
}
