use contract::patron::loyalty::v1 as contract;
use contract::program::Rounding as WireRounding;

use crate::domain::{Program, Rounding};

/// A program in one of its versions.
pub(crate) fn program(program: &Program) -> contract::Program {
    contract::Program {
        program_id: program.program_id.clone(),
        display_name: program.display_name.clone(),
        version: program.version,
        point_currency: program.point_currency.clone(),
        decimals: i32::from(program.decimals),
        time_zone: program.time_zone.clone(),
        points_per_currency_unit: program.points_per_currency_unit,
        rounding: rounding(program.rounding).into(),
        minimum_redemption: program.minimum_redemption.get(),
    }
}

fn rounding(rounding: Rounding) -> WireRounding {
    match rounding {
        Rounding::Floor => WireRounding::Floor,
        Rounding::HalfUp => WireRounding::HalfUp,
        Rounding::HalfEven => WireRounding::HalfEven,
    }
}
