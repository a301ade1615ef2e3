//! Path templates as `google/api/http.proto` defines them: `/v1/{name=shelves/*}/books:search`.

use std::fmt;

use thiserror::Error;

/// A parsed template: what a path must look like, and which parts of it go into which field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) segments: Vec<Segment>,
    pub(crate) verb: Option<String>,
    pub(crate) variables: Vec<Variable>,
}

/// What one piece of a path must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Exactly this text, already percent-decoded.
    Literal(String),
    /// Any one piece, `*`.
    One,
    /// All remaining pieces, also none, `**`. Always the last.
    Rest,
}

/// A field that takes its value from the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The field, as `customer.customer_id`.
    pub(crate) field_path: String,
    /// Index of the first segment that it covers.
    pub(crate) start: usize,
    /// How many segments of the template it covers.
    pub(crate) length: usize,
    /// True when it ends with `**` and so takes all pieces that are left.
    pub(crate) open_ended: bool,
    /// True for `{var=a/*}` and `{var=**}`, not for `{var}` and `{var=a}`: then `%2F` stays as it is, so that the pieces of the
    /// value can still be told apart.
    pub(crate) multi_segment: bool,
}

/// A template that does not follow the grammar.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("path template `{template}`: {fault}")]
pub struct TemplateError {
    /// The template as written.
    pub template: String,
    /// What is wrong with it.
    pub fault: TemplateFault,
}

/// What can be wrong with a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TemplateFault {
    /// It does not begin with `/`.
    #[error("must begin with `/`")]
    NoLeadingSlash,
    /// Two slashes follow each other, or one ends the template.
    #[error("has an empty segment")]
    EmptySegment,
    /// `:` without a verb behind it.
    #[error("has an empty verb")]
    EmptyVerb,
    /// `{` without `}`, or the other way round.
    #[error("has an unbalanced brace")]
    UnbalancedBrace,
    /// A variable within a variable.
    #[error("nests a variable in a variable")]
    NestedVariable,
    /// `{}` or `{=*}`.
    #[error("has a variable without a field")]
    EmptyField,
    /// Two variables for one field: a path could then give it two values.
    #[error("has two variables for one field")]
    RepeatedField,
    /// `**` that something follows.
    #[error("has `**` before its end")]
    RestNotLast,
    /// A literal that is not UTF-8 once percent-decoded.
    #[error("has a literal that is not UTF-8")]
    NotUtf8,
}

impl Template {
    /// Parses a template.
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        Self::parse_inner(text).map_err(|fault| TemplateError {
            template: text.to_owned(),
            fault,
        })
    }

    fn parse_inner(text: &str) -> Result<Self, TemplateFault> {
        let text = text
            .strip_prefix('/')
            .ok_or(TemplateFault::NoLeadingSlash)?;
        let (path, verb) = split_verb(text)?;
        let mut template = Self {
            segments: Vec::new(),
            verb,
            variables: Vec::new(),
        };
        let mut remaining = Some(path);
        while let Some(text) = remaining {
            remaining = match text.strip_prefix('{') {
                Some(text) => template.take_variable(text)?,
                None => template.take_segment(text)?,
            };
        }
        template.check_rest_is_last()?;
        Ok(template)
    }

    /// Takes one plain segment; answers what follows its slash.
    fn take_segment<'t>(&mut self, text: &'t str) -> Result<Option<&'t str>, TemplateFault> {
        let (segment, rest) = match text.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (text, None),
        };
        self.segments.push(Segment::parse(segment)?);
        Ok(rest)
    }

    /// Takes `field=pattern}`; answers what follows the slash behind it.
    fn take_variable<'t>(&mut self, text: &'t str) -> Result<Option<&'t str>, TemplateFault> {
        let (inside, after) = text.split_once('}').ok_or(TemplateFault::UnbalancedBrace)?;
        if inside.contains('{') {
            return Err(TemplateFault::NestedVariable);
        }
        let (field_path, pattern) = inside.split_once('=').unwrap_or((inside, "*"));
        if field_path.split('.').any(str::is_empty) {
            return Err(TemplateFault::EmptyField);
        }
        if self.binds(field_path) {
            return Err(TemplateFault::RepeatedField);
        }
        let start = self.segments.len();
        for segment in pattern.split('/') {
            self.segments.push(Segment::parse(segment)?);
        }
        self.variables.push(Variable {
            field_path: field_path.to_owned(),
            start,
            length: self.segments.len() - start,
            open_ended: self.segments.last() == Some(&Segment::Rest),
            multi_segment: pattern.contains('/') || pattern == "**",
        });
        match after.strip_prefix('/') {
            Some(rest) => Ok(Some(rest)),
            None if after.is_empty() => Ok(None),
            None => Err(TemplateFault::UnbalancedBrace),
        }
    }

    fn check_rest_is_last(&self) -> Result<(), TemplateFault> {
        let before_last = self.segments.len().saturating_sub(1);
        if self
            .segments
            .iter()
            .take(before_last)
            .any(|segment| *segment == Segment::Rest)
        {
            return Err(TemplateFault::RestNotLast);
        }
        Ok(())
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, TemplateFault> {
        match text {
            "" => Err(TemplateFault::EmptySegment),
            "*" => Ok(Self::One),
            "**" => Ok(Self::Rest),
            _ if text.contains(['{', '}']) => Err(TemplateFault::UnbalancedBrace),
            _ => percent_encoding::percent_decode_str(text)
                .decode_utf8()
                .map(|text| Self::Literal(text.into_owned()))
                .map_err(|_| TemplateFault::NotUtf8),
        }
    }
}

/// Splits `:verb` off. A colon within braces or before the last slash is none of the verb's.
fn split_verb(text: &str) -> Result<(&str, Option<String>), TemplateFault> {
    let tail = text.rfind(['/', '}']).map_or(0, |at| at + 1);
    let Some((before, verb)) = text.get(tail..).and_then(|tail| tail.rsplit_once(':')) else {
        return Ok((text, None));
    };
    if verb.is_empty() {
        return Err(TemplateFault::EmptyVerb);
    }
    let path = text.get(..tail + before.len()).unwrap_or(text);
    Ok((path, Some(verb.to_owned())))
}

/// The template without the patterns of its variables, as OpenAPI wants it.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut index = 0;
        while let Some(segment) = self.segments.get(index) {
            if let Some(variable) = self
                .variables
                .iter()
                .find(|variable| variable.start == index)
            {
                write!(f, "/{{{}}}", variable.field_path)?;
                index += variable.length;
            } else {
                write!(f, "/{segment}")?;
                index += 1;
            }
        }
        match &self.verb {
            Some(verb) => write!(f, ":{verb}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::One => f.write_str("*"),
            Self::Rest => f.write_str("**"),
        }
    }
}
