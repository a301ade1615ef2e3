use crate::domain::{Kind, LedgerError, Points};

/// Why points came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    /// Earned or granted.
    Issued,
    /// Taken back after a return.
    ClawedBack,
    /// Spent.
    Redeemed,
    /// Given back after they were spent.
    Restored,
    /// Lapsed.
    Expired,
    /// Put right by hand.
    Adjusted,
    /// Moved between holders.
    Transferred,
    /// Used to repay debt.
    DebtRepaid,
    /// Between the accounts or lots of one holder: within a cohort it comes to nothing.
    Inside,
}

impl From<Kind> for Movement {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Earn => Self::Issued,
            Kind::ClawBack => Self::ClawedBack,
            Kind::Redeem => Self::Redeemed,
            Kind::Restore => Self::Restored,
            Kind::Expire => Self::Expired,
            Kind::Adjust => Self::Adjusted,
            Kind::Transfer => Self::Transferred,
            Kind::RepayDebt => Self::DebtRepaid,
            Kind::Hold | Kind::Release | Kind::Activate | Kind::Redate => Self::Inside,
        }
    }
}

/// How a sum of points came about within a period. Points out are negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RollForward {
    /// At the beginning.
    pub opening: Points,
    /// Earned or granted.
    pub issued: Points,
    /// Taken back after returns.
    pub clawed_back: Points,
    /// Spent.
    pub redeemed: Points,
    /// Given back after they were spent.
    pub restored: Points,
    /// Lapsed.
    pub expired: Points,
    /// Put right by hand.
    pub adjusted: Points,
    /// Moved between holders.
    pub transferred: Points,
    /// Used to repay debt.
    pub debt_repaid: Points,
    /// At the end.
    pub closing: Points,
}

impl RollForward {
    /// Points that were there before the period began.
    pub fn open(&mut self, amount: Points) -> Result<(), LedgerError> {
        self.opening = self.opening.plus(amount)?;
        self.closing = self.closing.plus(amount)?;
        Ok(())
    }

    /// Points that moved within the period.
    pub fn post(&mut self, movement: Movement, amount: Points) -> Result<(), LedgerError> {
        if let Some(sum) = self.of(movement) {
            *sum = sum.plus(amount)?;
        }
        self.closing = self.closing.plus(amount)?;
        Ok(())
    }

    /// The sum of two.
    pub fn plus(&self, other: &Self) -> Result<Self, LedgerError> {
        Ok(Self {
            opening: self.opening.plus(other.opening)?,
            issued: self.issued.plus(other.issued)?,
            clawed_back: self.clawed_back.plus(other.clawed_back)?,
            redeemed: self.redeemed.plus(other.redeemed)?,
            restored: self.restored.plus(other.restored)?,
            expired: self.expired.plus(other.expired)?,
            adjusted: self.adjusted.plus(other.adjusted)?,
            transferred: self.transferred.plus(other.transferred)?,
            debt_repaid: self.debt_repaid.plus(other.debt_repaid)?,
            closing: self.closing.plus(other.closing)?,
        })
    }

    /// Opening and movements added up: what `closing` must be.
    pub fn added_up(&self) -> Result<Points, LedgerError> {
        let movements = [
            self.issued,
            self.clawed_back,
            self.redeemed,
            self.restored,
            self.expired,
            self.adjusted,
            self.transferred,
            self.debt_repaid,
        ];
        movements.into_iter().try_fold(self.opening, Points::plus)
    }

    fn of(&mut self, movement: Movement) -> Option<&mut Points> {
        match movement {
            Movement::Issued => Some(&mut self.issued),
            Movement::ClawedBack => Some(&mut self.clawed_back),
            Movement::Redeemed => Some(&mut self.redeemed),
            Movement::Restored => Some(&mut self.restored),
            Movement::Expired => Some(&mut self.expired),
            Movement::Adjusted => Some(&mut self.adjusted),
            Movement::Transferred => Some(&mut self.transferred),
            Movement::DebtRepaid => Some(&mut self.debt_repaid),
            Movement::Inside => None,
        }
    }
}
