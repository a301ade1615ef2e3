//! Fields that are told apart by an argument.

use rules::{
    Argument, CompileError, Expected, Fact, Limits, Record, Rule, Schema, Structure, Type, Value,
};

fn compile(source: &str) -> Result<Rule, CompileError> {
    let orders = Structure::builder("orders")
        .family(
            "within_days",
            Argument::Int {
                least: 1,
                most: 366,
            },
            Type::structure(window()),
        )
        .build()
        .unwrap();
    let schema = Schema::builder().variable("orders", Type::structure(orders));
    Rule::compile(
        source,
        &schema.build().unwrap(),
        Expected::Bool,
        &Limits::default(),
    )
}

fn window() -> Structure {
    let window = Structure::builder("orders of a time").field("count", Type::INT);
    let window = window.family("in_category", Argument::Text, Type::INT);
    window.build().unwrap()
}

/// Answers each field with the length of its name.
struct Named(i64);

impl Record for Named {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        match name {
            "orders" | "within_days(90)" => Some(Fact::Record(self)),
            "count" => Some(Fact::Int(self.0)),
            "in_category('tea')" => Some(Fact::Int(7)),
            _ => None,
        }
    }
}

#[test]
fn a_family_is_read_like_a_field_whose_name_holds_the_argument() {
    let rule = compile("orders.within_days(90).count >= 3").unwrap();
    assert_eq!(rule.evaluate(&Named(3)), Ok(Value::Bool(true)));
    assert_eq!(rule.evaluate(&Named(2)), Ok(Value::Bool(false)));
    let reads: Vec<_> = rule.reads().collect();
    assert_eq!(reads, ["orders.within_days(90).count"]);
    let explained = rule.explain(&Named(2));
    assert_eq!(explained.reads[0].path, "orders.within_days(90).count");

    let rule = compile("orders.within_days(90).in_category('tea') == 7").unwrap();
    assert_eq!(rule.evaluate(&Named(0)), Ok(Value::Bool(true)));
}

#[test]
fn what_a_family_does_not_take_is_told_where_it_stands() {
    let wrong = [
        (
            "orders.within_days(0).count > 1",
            "1:1: found `orders.within_days(0)`",
        ),
        ("orders.within_days(367).count > 1", "1:1: found"),
        ("orders.within_days(3 * 30).count > 1", "1:1: found"),
        (
            "orders.within_days('90').count > 1",
            "from 1 to 366, written out",
        ),
        ("orders.within_days(90, 1).count > 1", "1:1: found"),
        (
            "orders.within_days(90).in_category('') > 1",
            "in_category('text')",
        ),
        (
            "orders.within_day(90).count > 1",
            "did you mean `within_days`",
        ),
        (
            "orders.within_days(90).count.within_days(1) > 1",
            "there is no function",
        ),
        (
            "order.within_days(90).count > 1",
            "there is no `order` here",
        ),
        ("orders.within_days > 1", "has no field `within_days`"),
    ];
    for (source, text) in wrong {
        let told = compile(source).unwrap_err().to_string();
        assert!(told.contains(text), "{source}: {told}");
        assert!(!told.contains('\n'), "{source}: {told}");
    }
}
