use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use crate::domain::coupons::{Code, Coupon, CouponState, Validity};
use crate::store::StoreError;
use crate::store::numbers::Numbered;

/// A coupon as it is stored, with what became of its batch.
pub(super) struct CouponRow {
    pub(super) coupon_id: Uuid,
    pub(super) code: String,
    pub(super) batch_id: Option<Uuid>,
    pub(super) customer_id: Option<Uuid>,
    pub(super) program_id: String,
    pub(super) program_version: i64,
    pub(super) template_id: String,
    pub(super) state: i16,
    pub(super) valid_from: jiff_sqlx::Timestamp,
    pub(super) valid_until: Option<jiff_sqlx::Timestamp>,
    pub(super) issued_at: jiff_sqlx::Timestamp,
    pub(super) reservation_id: Option<Uuid>,
    pub(super) reserved_until: Option<jiff_sqlx::Timestamp>,
    pub(super) used_at: Option<jiff_sqlx::Timestamp>,
    pub(super) order_id: Option<String>,
    pub(super) voided_at: Option<jiff_sqlx::Timestamp>,
    pub(super) void_reason: Option<String>,
    pub(super) batch_voided_at: Option<jiff_sqlx::Timestamp>,
}

/// The reads of coupons: the columns, and which.
macro_rules! coupons {
    ($which:literal, $($value:expr),*) => {
        sqlx::query_as!(
            CouponRow,
            r#"
            -- Told which can be null: of an outer join the database does not know.
            SELECT c.coupon_id AS "coupon_id!", c.code AS "code!", c.batch_id AS "batch_id?",
                c.customer_id AS "customer_id?", c.program_id AS "program_id!",
                c.program_version AS "program_version!", c.template_id AS "template_id!",
                c.state AS "state!", c.valid_from AS "valid_from!", c.valid_until AS "valid_until?",
                c.issued_at AS "issued_at!", c.reservation_id AS "reservation_id?",
                c.reserved_until AS "reserved_until?", c.used_at AS "used_at?",
                c.order_id AS "order_id?", c.voided_at AS "voided_at?",
                c.void_reason AS "void_reason?", b.voided_at AS "batch_voided_at?"
            FROM coupons c
            LEFT JOIN coupon_batches b ON b.batch_id = c.batch_id
            "# + $which,
            $($value),*
        )
    };
}
pub(super) use coupons;

/// States as numbers, without what goes with them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StateNumber {
    Available,
    Reserved,
    Used,
    Voided,
}

impl Numbered for StateNumber {
    const WHAT: &'static str = "state of a coupon";
    const ALL: &'static [Self] = &[Self::Available, Self::Reserved, Self::Used, Self::Voided];
}

impl StateNumber {
    pub(super) fn of(state: &CouponState) -> Self {
        match state {
            CouponState::Available => Self::Available,
            CouponState::Reserved { .. } => Self::Reserved,
            CouponState::Used { .. } => Self::Used,
            CouponState::Voided { .. } => Self::Voided,
        }
    }
}

impl TryFrom<CouponRow> for Coupon {
    type Error = StoreError;

    fn try_from(row: CouponRow) -> Result<Self, StoreError> {
        let state = state(&row)?;
        Ok(Self {
            coupon_id: row.coupon_id,
            code: Code::parse(&row.code)?,
            batch_id: row.batch_id,
            customer_id: row.customer_id,
            program_id: row.program_id,
            program_version: row.program_version,
            template_id: row.template_id,
            validity: Validity {
                from: row.valid_from.to_jiff(),
                until: row.valid_until.map(jiff_sqlx::Timestamp::to_jiff),
            },
            issued_at: row.issued_at.to_jiff(),
            state,
            batch_voided_at: row.batch_voided_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// The table's checks keep the columns together that go with a state.
fn state(row: &CouponRow) -> Result<CouponState, StoreError> {
    let broken = || StoreError::Unknown {
        what: StateNumber::WHAT,
        number: row.state,
    };
    let instant = |column: Option<jiff_sqlx::Timestamp>| {
        column.map(jiff_sqlx::Timestamp::to_jiff).ok_or_else(broken)
    };
    Ok(match StateNumber::named(row.state)? {
        StateNumber::Available => CouponState::Available,
        StateNumber::Reserved => CouponState::Reserved {
            reservation_id: row.reservation_id.ok_or_else(broken)?,
            until: instant(row.reserved_until)?,
        },
        StateNumber::Used => CouponState::Used {
            reservation_id: row.reservation_id.ok_or_else(broken)?,
            order_id: row.order_id.clone().ok_or_else(broken)?,
            at: instant(row.used_at)?,
        },
        StateNumber::Voided => CouponState::Voided {
            at: instant(row.voided_at)?,
            reason: row.void_reason.clone().unwrap_or_default(),
        },
    })
}

pub(super) fn reservation(state: &CouponState) -> Option<Uuid> {
    match state {
        CouponState::Reserved { reservation_id, .. } | CouponState::Used { reservation_id, .. } => {
            Some(*reservation_id)
        }
        CouponState::Available | CouponState::Voided { .. } => None,
    }
}

pub(super) fn reserved_until(state: &CouponState) -> Option<jiff_sqlx::Timestamp> {
    match state {
        CouponState::Reserved { until, .. } => Some(until.to_sqlx()),
        _ => None,
    }
}

pub(super) fn used(state: &CouponState) -> Option<(jiff_sqlx::Timestamp, &str)> {
    match state {
        CouponState::Used { at, order_id, .. } => Some((at.to_sqlx(), order_id)),
        _ => None,
    }
}

pub(super) fn voided(state: &CouponState) -> Option<(jiff_sqlx::Timestamp, &str)> {
    match state {
        CouponState::Voided { at, reason } => Some((at.to_sqlx(), reason)),
        _ => None,
    }
}
