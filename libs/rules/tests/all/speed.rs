//! What a typical rule costs. Printed, not asserted: `cargo test -p rules --release -- --nocapture
//! speed`.

use std::hint::black_box;
use std::time::Instant;

use rules::Expected;

use super::shop::{compile, sunday};

const TYPICAL: &str = "order.amount >= 10000 && member.tier in ['gold', 'diamond'] \
    && (order.channel == 'web' || day_of_month(now, 'Asia/Shanghai') == 8) \
    && order.lines.exists(l, l.sku.startsWith('wine') && l.amount > 500)";

#[test]
fn the_speed_of_a_typical_rule() {
    const ROUNDS: u32 = 2_000;
    let (rule, shop) = (compile(TYPICAL, Expected::Bool).unwrap(), sunday());
    let timed = |name, work: &dyn Fn()| {
        let start = Instant::now();
        (0..ROUNDS).for_each(|_| work());
        println!("{name}: {:?}", start.elapsed() / ROUNDS);
    };
    timed("evaluate", &|| {
        assert!(black_box(rule.evaluate(&shop)).is_ok());
    });
    timed("explain", &|| drop(black_box(rule.explain(&shop))));
    timed("compile", &|| {
        drop(black_box(compile(TYPICAL, Expected::Bool)));
    });
}
