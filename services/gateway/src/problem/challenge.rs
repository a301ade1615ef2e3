//! What a caller is told to prove (RFC 6750 section 3, RFC 9470 section 3).

use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason;
use http::{HeaderValue, StatusCode};

/// The key of the metadata that says what became of the token.
const TOKEN: &str = "token";
/// Its value when there was none.
const NO_TOKEN: &str = "missing";
/// The keys of the metadata by which services say that scopes are why a call was denied.
const LIMITED_BY: &str = "limited_by";
const PERMISSION: &str = "permission";

/// The keys of the metadata by which services say what a sensitive act takes.
const ACR_VALUES: &str = "acr_values";
const MAX_AGE: &str = "max_age";

/// Longest description that is told.
const MAX_DESCRIPTION: usize = 200;

/// The `www-authenticate` of an answer with this status, where one belongs.
pub(super) fn challenge(refusal: &Refusal, status: StatusCode) -> Option<HeaderValue> {
    let text = match status {
        // Whoever sent nothing is told nothing but what is wanted.
        StatusCode::UNAUTHORIZED if refusal.value(TOKEN) == Some(NO_TOKEN) => "Bearer".to_owned(),
        StatusCode::UNAUTHORIZED if refusal.is(ErrorReason::StepUpRequired) => step_up(refusal),
        StatusCode::UNAUTHORIZED => format!(
            "Bearer error=\"invalid_token\", error_description=\"{}\"",
            quotable(refusal.message())
        ),
        StatusCode::FORBIDDEN if refusal.value(LIMITED_BY) == Some("scope") => format!(
            "Bearer error=\"insufficient_scope\", scope=\"{}\"",
            quotable(refusal.value(PERMISSION).unwrap_or_default())
        ),
        _ => return None,
    };
    HeaderValue::try_from(text).ok()
}

/// The token is good, and its bearer is to authenticate anew: in one of these ways, so lately.
fn step_up(refusal: &Refusal) -> String {
    let value = |key| quotable(refusal.value(key).unwrap_or_default());
    format!(
        "Bearer error=\"insufficient_user_authentication\", error_description=\"{}\", \
         acr_values=\"{}\", max_age=\"{}\"",
        quotable(refusal.message()),
        value(ACR_VALUES),
        value(MAX_AGE)
    )
}

/// The text without what may not stand in a description: quotes, backslashes, all but printable ASCII.
fn quotable(text: &str) -> String {
    let plain =
        |letter: char| (letter == ' ' || letter.is_ascii_graphic()) && !"\"\\".contains(letter);
    let letters = text.chars().take(MAX_DESCRIPTION);
    letters
        .map(|letter| if plain(letter) { letter } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn a_caller_whose_scopes_do_not_cover_a_permission_is_told_which_and_others_are_not() {
        let denied = Refusal::new(Code::PermissionDenied, ErrorReason::PermissionDenied, "no")
            .metadata("permission", "loyalty.members.read");
        assert_eq!(challenge(&denied, StatusCode::FORBIDDEN), None);
        let limited = denied.metadata("limited_by", "scope");
        assert_eq!(
            challenge(&limited, StatusCode::FORBIDDEN).unwrap(),
            "Bearer error=\"insufficient_scope\", scope=\"loyalty.members.read\""
        );
    }

    #[test]
    fn a_caller_who_must_prove_more_is_told_how_and_how_lately() {
        let reason = ErrorReason::StepUpRequired;
        let refusal = Refusal::new(Code::Unauthenticated, reason, "prove more")
            .metadata("acr_values", "phr phrh")
            .metadata("max_age", "900");
        assert_eq!(
            challenge(&refusal, StatusCode::UNAUTHORIZED).unwrap(),
            "Bearer error=\"insufficient_user_authentication\", error_description=\"prove more\", \
             acr_values=\"phr phrh\", max_age=\"900\""
        );
    }

    #[test]
    fn what_a_token_said_can_not_break_out_of_the_description() {
        let message = "the issuer \"x\\\r\nset-cookie: ü is not trusted";
        let refusal = Refusal::new(Code::Unauthenticated, ErrorReason::Unauthenticated, message);
        let value = challenge(&refusal, StatusCode::UNAUTHORIZED).unwrap();
        assert_eq!(
            value,
            "Bearer error=\"invalid_token\", \
             error_description=\"the issuer ?x???set-cookie: ? is not trusted\""
        );
    }
}
