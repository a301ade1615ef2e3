//! The path of a request, cut into pieces.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use thiserror::Error;

use super::template::{Template, Variable};

/// More pieces than any template has; beyond it a path is refused before it is looked at.
const MAX_SEGMENTS: usize = 64;

/// The pieces of a path, as sent and percent-decoded.
#[derive(Debug, Clone)]
pub(crate) struct RequestPath<'p> {
    raw: Vec<&'p str>,
    decoded: Vec<Cow<'p, str>>,
}

/// A path that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum PathError {
    #[error("the path is not UTF-8 once percent-decoded")]
    NotUtf8,
    #[error("the path has a `%` that two hexadecimal digits do not follow")]
    BadEscape,
    #[error("the path has more than {MAX_SEGMENTS} segments")]
    TooManySegments,
}

impl<'p> RequestPath<'p> {
    /// Cuts a path, without its query, into pieces.
    pub(crate) fn parse(path: &'p str) -> Result<Self, PathError> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let raw: Vec<&str> = path.split('/').take(MAX_SEGMENTS + 1).collect();
        if raw.len() > MAX_SEGMENTS {
            return Err(PathError::TooManySegments);
        }
        let decoded = raw
            .iter()
            .map(|piece| decode(piece))
            .collect::<Result<_, _>>()?;
        Ok(Self { raw, decoded })
    }

    /// The pieces, percent-decoded.
    pub(crate) fn segments(&self) -> &[Cow<'p, str>] {
        &self.decoded
    }

    /// The same path without its verb, and the verb: what follows the last colon of the last piece.
    /// A colon that belongs to a value is sent as `%3A`.
    pub(crate) fn split_verb(&self) -> Option<(Self, &'p str)> {
        let (last, verb) = self.raw.last()?.rsplit_once(':')?;
        let mut path = self.clone();
        *path.raw.last_mut()? = last;
        *path.decoded.last_mut()? = decode(last).ok()?;
        Some((path, verb))
    }

    /// What the variables of a template that matches stand for, in their order.
    pub(crate) fn captures(&self, template: &Template) -> Vec<String> {
        let without_verb = template.verb.as_ref().and_then(|_| self.split_verb());
        let path = without_verb.as_ref().map_or(self, |(path, _)| path);
        let variables = template.variables.iter();
        variables.map(|variable| path.capture(variable)).collect()
    }

    fn capture(&self, variable: &Variable) -> String {
        let length = if variable.open_ended {
            usize::MAX
        } else {
            variable.length
        };
        if variable.multi_segment {
            let pieces = self.raw.iter().skip(variable.start).take(length);
            return join(pieces.map(|piece| decode_but_slash(piece)));
        }
        self.decoded
            .get(variable.start)
            .map_or_else(String::new, |piece| piece.clone().into_owned())
    }
}

fn decode(piece: &str) -> Result<Cow<'_, str>, PathError> {
    if !has_whole_escapes(piece) {
        return Err(PathError::BadEscape);
    }
    percent_decode_str(piece)
        .decode_utf8()
        .map_err(|_| PathError::NotUtf8)
}

/// Whether two hexadecimal digits follow each `%`. Decoders differ in what they make of others, and a
/// value must not mean one thing to a proxy and another thing here.
pub(super) fn has_whole_escapes(text: &str) -> bool {
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    text.split('%').skip(1).all(|after| {
        let mut bytes = after.as_bytes().iter();
        digit(bytes.next()) && digit(bytes.next())
    })
}

/// Decodes all but `%2F`, which stays as sent.
fn decode_but_slash(piece: &str) -> String {
    let mut text = String::with_capacity(piece.len());
    let mut rest = piece;
    while let Some(at) = find_slash(rest) {
        let (before, from) = rest.split_at(at);
        let (slash, after) = from.split_at("%2F".len());
        text.push_str(&percent_decode_str(before).decode_utf8_lossy());
        text.push_str(slash);
        rest = after;
    }
    text.push_str(&percent_decode_str(rest).decode_utf8_lossy());
    text
}

/// Where the first `%2F` or `%2f` begins.
fn find_slash(text: &str) -> Option<usize> {
    [text.find("%2F"), text.find("%2f")]
        .into_iter()
        .flatten()
        .min()
}

fn join(pieces: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for (index, piece) in pieces.enumerate() {
        if index > 0 {
            text.push('/');
        }
        text.push_str(&piece);
    }
    text
}
