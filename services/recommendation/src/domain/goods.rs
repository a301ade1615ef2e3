/// The category of order lines that are charged for but are no goods: postage, fees, vouchers,
/// corrections by hand. What stands below it (`service/postage`) belongs to it.
///
/// Such lines count for the customer's spend, yet nobody wants postage recommended.
const SERVICE_CATEGORY: &str = "service";

/// True when a line of this category is something that can be recommended.
pub(crate) fn is_goods(category: &str) -> bool {
    let general = category.split('/').next().unwrap_or_default();
    general != SERVICE_CATEGORY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_service_category_and_what_is_below_it_is_not_goods() {
        assert!(!is_goods("service") && !is_goods("service/postage"));
        assert!(is_goods("") && is_goods("services") && is_goods("home/service"));
    }
}
