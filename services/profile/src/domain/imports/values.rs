//! Texts of files as values.

use crate::domain::gender::Gender;

/// Year, month and day as they stand in a text; the year is 0 when it is not told. Whether there is such a day is
/// not looked at.
pub(crate) fn date(text: &str) -> Option<(i32, i32, i32)> {
    if let Some(day) = text.strip_prefix("--") {
        let (month, day) = day.split_once('-')?;
        return Some((0, figure(month, 2)?, figure(day, 2)?));
    }
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let (year, day) = text.split_at_checked(4)?;
        let (month, day) = day.split_at_checked(2)?;
        return Some((figure(year, 4)?, figure(month, 2)?, figure(day, 2)?));
    }
    let text = text.trim_end_matches('日');
    let mut parts = text.split(['-', '/', '.', '年', '月']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_whole = year.len() == 4 && parts.next().is_none();
    is_whole.then_some((figure(year, 4)?, figure(month, 2)?, figure(day, 2)?))
}

fn figure(text: &str, most: usize) -> Option<i32> {
    let is_figure = !text.is_empty() && text.len() <= most;
    let is_figure = is_figure && text.bytes().all(|byte| byte.is_ascii_digit());
    is_figure.then(|| text.parse().ok()).flatten()
}

const GENDERS: [(&str, Gender); 16] = [
    ("f", Gender::Female),
    ("female", Gender::Female),
    ("gender_female", Gender::Female),
    ("woman", Gender::Female),
    ("女", Gender::Female),
    ("m", Gender::Male),
    ("male", Gender::Male),
    ("gender_male", Gender::Male),
    ("man", Gender::Male),
    ("男", Gender::Male),
    ("other", Gender::Other),
    ("gender_other", Gender::Other),
    ("其他", Gender::Other),
    ("undisclosed", Gender::Undisclosed),
    ("gender_undisclosed", Gender::Undisclosed),
    ("保密", Gender::Undisclosed),
];

/// A gender as forms write it.
pub(crate) fn gender(text: &str) -> Option<Gender> {
    let text = text.to_lowercase();
    let found = GENDERS.iter().find(|(known, _)| *known == text);
    found.map(|(_, gender)| *gender)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_files_write_them() {
        for text in [
            "1990-05-17",
            "1990/5/17",
            "19900517",
            "1990.05.17",
            "1990年5月17日",
        ] {
            assert_eq!(date(text), Some((1990, 5, 17)), "{text}");
        }
        assert_eq!(date("--05-17"), Some((0, 5, 17)));
        for text in [
            "",
            "17/05/1990",
            "90-5-17",
            "1990-05",
            "1990-05-17x",
            "199005",
            "-1990-5-1",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(
            (gender("女"), gender("M"), gender("?")),
            (Some(Gender::Female), Some(Gender::Male), None)
        );
    }
}
