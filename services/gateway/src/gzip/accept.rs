//! Whether a caller takes gzip (RFC 9110 section 12.5.3).

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// The weight of a coding, in thousandths.
type Weight = u16;

/// True when a caller takes gzip and likes nothing else that we have more. Without the header it gets the text as it
/// is: it may be a script that would not know what to do with anything else.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    let values: Vec<&str> = values.filter_map(|it| it.to_str().ok()).collect();
    let gzip = weight(&values, &["gzip", "x-gzip"]).or_else(|| weight(&values, &["*"]));
    let plain = weight(&values, &["identity"]).unwrap_or_default();
    gzip.is_some_and(|gzip| gzip > 0 && gzip >= plain)
}

/// What is said of a coding with one of these names.
fn weight(values: &[&str], names: &[&str]) -> Option<Weight> {
    let codings = values.iter().flat_map(|value| value.split(','));
    let mut weights = codings.filter_map(|coding| {
        let mut parts = coding.split(';');
        let name = parts.next()?.trim();
        let is_meant = names.iter().any(|it| it.eq_ignore_ascii_case(name));
        is_meant.then(|| parts.find_map(quality).unwrap_or(1000))
    });
    weights.next()
}

/// The value of a parameter `q`; one that cannot be read counts as a refusal.
fn quality(parameter: &str) -> Option<Weight> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let value = value.trim();
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    let part: Weight = match part.len() {
        0..=3 if part.bytes().all(|it| it.is_ascii_digit()) => {
            format!("{part:0<3}").parse().unwrap_or_default()
        }
        _ => return Some(0),
    };
    Some(match whole {
        "0" => part,
        "1" if part == 0 => 1000,
        _ => 0,
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn takes(values: &[&'static str]) -> bool {
        let values = values.iter().map(|it| HeaderValue::from_static(it));
        takes_gzip(&values.map(|it| (ACCEPT_ENCODING, it)).collect())
    }

    #[test]
    fn gzip_is_taken_when_it_is_named_or_anything_is_and_nothing_is_liked_more() {
        for yes in [
            "gzip",
            "GZip",
            "x-gzip",
            "deflate, gzip;q=1.0, *;q=0.5",
            "br, gzip",
            "*",
            "*;q=0.1",
            "gzip;q=0.001",
            "identity;q=0.5, gzip;q=0.5",
            "gzip ; Q = 0.5",
        ] {
            assert!(takes(&[yes]), "{yes}");
        }
        for no in [
            "",
            "identity",
            "br",
            "gzip;q=0",
            "gzip;q=0.000",
            "*;q=0",
            "gzip;q=0, *",
            "identity, gzip;q=0.9",
            "gzip;q=2",
            "gzip;q=0.5555",
            "gzip;q=-1",
            "gzip;q=",
            "notgzip",
        ] {
            assert!(!takes(&[no]), "{no}");
        }
        assert!(takes(&["br", "gzip"]), "two lines of the header");
        assert!(!takes(&[]));
    }
}
