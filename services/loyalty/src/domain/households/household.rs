use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::domain::ledger::WalletId;

/// How long an invitation is valid.
const INVITATION: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Members who share their points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Household {
    /// The household. Its pool has the same id.
    pub household_id: Uuid,
    /// The program of all its members.
    pub program_id: String,
    /// Its name.
    pub display_name: String,
    /// Who founded it.
    pub owner_id: Uuid,
    /// The point currencies that are pooled.
    pub wallet_ids: Vec<WalletId>,
    /// When it was founded.
    pub created_at: Timestamp,
    /// When it was dissolved.
    pub dissolved_at: Option<Timestamp>,
    /// Who is in it.
    pub members: Vec<HouseholdMember>,
    /// Who is invited.
    pub invitations: Vec<Invitation>,
}

/// Somebody who is in a household.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HouseholdMember {
    /// Who.
    pub customer_id: Uuid,
    /// Since when.
    pub joined_at: Timestamp,
}

/// An invitation to a household.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Who is invited.
    pub customer_id: Uuid,
    /// By which member.
    pub inviter_id: Uuid,
    /// Until when it is valid.
    pub expires_at: Timestamp,
}

/// Why somebody is not invited, does not join or does not leave. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HouseholdRefusal {
    /// It is over.
    #[error("the household was dissolved")]
    Dissolved,
    /// The member is in it already.
    #[error("the member is in the household")]
    AlreadyIn,
    /// The member is not in it.
    #[error("the member is not in the household")]
    NotIn,
    /// As many are in it, or invited, as may be.
    #[error("a household has at most {maximum} members")]
    Full {
        /// How many may be.
        maximum: u32,
    },
    /// The member has no valid invitation.
    #[error("the member has no valid invitation to the household")]
    NotInvited,
}

impl Household {
    /// Whether somebody is in it.
    pub fn has(&self, customer_id: Uuid) -> bool {
        let mut members = self.members.iter();
        members.any(|member| member.customer_id == customer_id)
    }

    /// The invitations that are valid.
    pub fn open_invitations(&self, now: Timestamp) -> impl Iterator<Item = &Invitation> {
        let invitations = self.invitations.iter();
        invitations.filter(move |invitation| now < invitation.expires_at)
    }

    /// Invites somebody; once more makes the invitation last longer.
    pub fn invite(
        &self,
        customer_id: Uuid,
        inviter_id: Uuid,
        maximum: u32,
        now: Timestamp,
    ) -> Result<Invitation, HouseholdRefusal> {
        self.check_alive()?;
        if self.has(customer_id) {
            return Err(HouseholdRefusal::AlreadyIn);
        }
        if !self.has(inviter_id) {
            return Err(HouseholdRefusal::NotIn);
        }
        let others = self.open_invitations(now);
        let others = others.filter(|invitation| invitation.customer_id != customer_id);
        let taken = self.members.len().saturating_add(others.count());
        if u32::try_from(taken).map_or(true, |taken| taken >= maximum) {
            return Err(HouseholdRefusal::Full { maximum });
        }
        Ok(Invitation {
            customer_id,
            inviter_id,
            expires_at: now.saturating_add(INVITATION).unwrap_or(Timestamp::MAX),
        })
    }

    /// Whether somebody may join now.
    pub fn check_join(
        &self,
        customer_id: Uuid,
        maximum: u32,
        now: Timestamp,
    ) -> Result<(), HouseholdRefusal> {
        self.check_alive()?;
        if self.has(customer_id) {
            return Err(HouseholdRefusal::AlreadyIn);
        }
        let mut invitations = self.open_invitations(now);
        if !invitations.any(|invitation| invitation.customer_id == customer_id) {
            return Err(HouseholdRefusal::NotInvited);
        }
        // The program may have become stricter since the invitation.
        if u32::try_from(self.members.len()).map_or(true, |taken| taken >= maximum) {
            return Err(HouseholdRefusal::Full { maximum });
        }
        Ok(())
    }

    /// Whether somebody may leave.
    pub fn check_leave(&self, customer_id: Uuid) -> Result<(), HouseholdRefusal> {
        self.check_alive()?;
        if self.has(customer_id) {
            Ok(())
        } else {
            Err(HouseholdRefusal::NotIn)
        }
    }

    /// Whether there is anything to dissolve.
    pub fn check_alive(&self) -> Result<(), HouseholdRefusal> {
        match self.dissolved_at {
            Some(_) => Err(HouseholdRefusal::Dissolved),
            None => Ok(()),
        }
    }
}
