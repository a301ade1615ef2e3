//! Answers, as whoever is asking may see them.

use super::{Class, Exposure, Personal, Seen, Visit, mask};
use crate::checks::At;
use crate::google::r#type::Date;

/// Masks and empties the fields of an answer.
pub(crate) fn cover(answer: &mut impl Personal, exposure: Exposure) {
    answer.visit_personal(&At::ROOT, &mut Cover(exposure));
}

struct Cover(Exposure);

impl Visit for Cover {
    fn text(&mut self, _: &At<'_>, class: Class, text: &mut String) {
        match self.0.of(class) {
            Seen::Clear => {}
            Seen::Masked => *text = mask::text(class, text),
            Seen::Hidden => text.clear(),
        }
    }

    fn date(&mut self, _: &At<'_>, class: Class, date: &mut Option<Date>) {
        match self.0.of(class) {
            Seen::Clear => {}
            // The year alone. It is no date that could be written back.
            Seen::Masked => {
                if let Some(date) = date {
                    (date.month, date.day) = (0, 0);
                }
            }
            Seen::Hidden => *date = None,
        }
    }

    fn other<T: Default + PartialEq>(&mut self, _: &At<'_>, class: Class, value: &mut T) {
        if self.0.of(class) != Seen::Clear {
            *value = T::default();
        }
    }
}
