//! Coupons: codes, states, validity, and what they take off a basket.

mod basket;
mod code;
mod coupon;
mod discount;
mod reservation;
mod validity;

pub use basket::{Basket, BasketError, BasketLine};
pub use code::{ALPHABET, Code, CodeError, MINIMUM_LENGTH};
pub use coupon::{Coupon, CouponError, CouponState, Standing};
pub use discount::{Applied, Discount, Inapplicable, NotApplicable, discounts};
pub use reservation::{Reservation, ReservationEnded, ReservationState};
pub use validity::{Validity, validity};

#[cfg(test)]
mod tests;
