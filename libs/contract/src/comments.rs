//! Comments of the contract, for answers that explain.

use prost_reflect::EnumValueDescriptor;

use crate::pool;

/// What stands above a value of an enum in the contract, as one line; `None` when there is no such
/// value or nothing stands there. The enum by its full name.
pub fn of_value(enumeration: &str, value: &str) -> Option<String> {
    let found = pool()
        .get_enum_by_name(enumeration)?
        .get_value_by_name(value)?;
    leading(&found)
}

fn leading(value: &EnumValueDescriptor) -> Option<String> {
    let file = value.parent_enum().parent_file();
    let info = file.file_descriptor_proto().source_code_info.as_ref()?;
    let location = info
        .location
        .iter()
        .find(|location| location.path == value.path())?;
    let words: Vec<&str> = location
        .leading_comments
        .as_deref()?
        .split_whitespace()
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::of_value;

    #[test]
    fn a_value_is_explained_by_its_comment() {
        let reasons = "patron.loyalty.v1.ErrorReason";
        let told = of_value(reasons, "ERROR_REASON_PROGRAM_NOT_FOUND");
        assert_eq!(
            told.as_deref(),
            Some("There is no such program (NOT_FOUND).")
        );
        assert_eq!(of_value(reasons, "ERROR_REASON_NONE"), None);
        assert_eq!(of_value("patron.None", "ERROR_REASON_NONE"), None);
    }
}
