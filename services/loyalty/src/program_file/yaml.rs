//! Text to nodes.

use std::collections::HashMap;
use std::fmt;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span};

use super::{FileFault, FileProblem, MOST_BYTES};

/// Levels of nesting; the deepest document has about ten.
const MOST_LEVELS: usize = 32;
/// Values of a file. An alias counts as all that it repeats, so a small file can't grow large.
const MOST_NODES: usize = 200_000;

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

/// A value, and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) content: Content,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// `null`, `~`, or nothing at all.
    Nothing,
    /// Anything else that is neither a list nor a mapping.
    Scalar(String),
    List(Vec<Node>),
    Mapping(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) place: Place,
    pub(super) name: String,
}

impl Default for Place {
    /// The beginning.
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

impl From<&Marker> for Place {
    fn from(marker: &Marker) -> Self {
        Self {
            line: marker.line(),
            column: marker.col() + 1,
        }
    }
}

/// The one document of a text.
pub(super) fn parse(text: &str) -> Result<Node, FileProblem> {
    if text.len() > MOST_BYTES {
        let (bytes, limit) = (text.len(), MOST_BYTES);
        return Err(problem(
            Place::default(),
            FileFault::TooLarge { bytes, limit },
        ));
    }
    let mut loader = Loader {
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        nodes: 0,
    };
    loader.only_document()
}

struct Loader<'t> {
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl<'t> Loader<'t> {
    fn only_document(&mut self) -> Result<Node, FileProblem> {
        let mut documents = Vec::new();
        loop {
            let (event, _) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(_) => {
                    let (event, span) = self.next()?;
                    documents.push(self.node(event, span, 0)?);
                }
                _ => {}
            }
        }
        let found = documents.len();
        match (documents.pop(), found) {
            (Some(document), 1) => Ok(document),
            (last, _) => {
                let place = last.map_or_else(Place::default, |last| last.place);
                Err(problem(place, FileFault::Documents { found }))
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), FileProblem> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => Err(syntax(&error)),
            // After the end of the stream, which ends the reading before.
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    /// The value that begins with an event. It recurses as deep as the file is nested, which is
    /// bounded.
    fn node(&mut self, event: Event<'t>, span: Span, level: usize) -> Result<Node, FileProblem> {
        let place = Place::from(&span.start);
        if level > MOST_LEVELS {
            let limit = MOST_LEVELS;
            return Err(problem(place, FileFault::TooDeep { limit }));
        }
        self.count(1, place)?;
        let (content, anchor, tag) = match event {
            Event::Scalar(text, style, anchor, tag) => (scalar(&text, style), anchor, tag),
            Event::SequenceStart(anchor, tag) => (self.list(level)?, anchor, tag),
            Event::MappingStart(anchor, tag) => (self.mapping(level)?, anchor, tag),
            Event::Alias(anchor) => return self.alias(anchor, place),
            _ => (Content::Nothing, 0, None),
        };
        if tag.is_some() {
            return Err(problem(place, FileFault::Tag));
        }
        let node = Node { place, content };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, level: usize) -> Result<Content, FileProblem> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd | Event::StreamEnd, _) => return Ok(Content::List(items)),
                (event, span) => items.push(self.node(event, span, level + 1)?),
            }
        }
    }

    fn mapping(&mut self, level: usize) -> Result<Content, FileProblem> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd | Event::StreamEnd, _) => return Ok(Content::Mapping(entries)),
                (Event::Scalar(name, _, 0, None), span) => Key {
                    place: Place::from(&span.start),
                    name: name.into_owned(),
                },
                (_, span) => return Err(problem(Place::from(&span.start), FileFault::Key)),
            };
            if entries.iter().any(|(other, _)| other.name == key.name) {
                return Err(problem(key.place, FileFault::Twice(key.name)));
            }
            let (event, span) = self.next()?;
            let value = self.node(event, span, level + 1)?;
            entries.push((key, value));
        }
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<Node, FileProblem> {
        // Unknown anchors are refused by the parser; one that is not finished holds this alias.
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            let fault = FileFault::Syntax("an alias within what it stands for".to_owned());
            return Err(problem(place, fault));
        };
        self.count(node.count(), place)?;
        Ok(Node { place, ..node })
    }

    fn count(&mut self, nodes: usize, place: Place) -> Result<(), FileProblem> {
        self.nodes += nodes;
        if self.nodes > MOST_NODES {
            let limit = MOST_NODES;
            return Err(problem(place, FileFault::TooMany { limit }));
        }
        Ok(())
    }
}

impl Node {
    fn count(&self) -> usize {
        match &self.content {
            Content::Nothing | Content::Scalar(_) => 1,
            Content::List(items) => 1 + items.iter().map(Self::count).sum::<usize>(),
            Content::Mapping(entries) => {
                1 + entries
                    .iter()
                    .map(|(_, value)| value.count())
                    .sum::<usize>()
            }
        }
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Content {
    let is_nothing =
        style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
    if is_nothing {
        Content::Nothing
    } else {
        Content::Scalar(text.to_owned())
    }
}

fn syntax(error: &ScanError) -> FileProblem {
    let fault = FileFault::Syntax(error.info().to_owned());
    problem(Place::from(error.marker()), fault)
}

fn problem(place: Place, fault: FileFault) -> FileProblem {
    let path = String::new();
    FileProblem { place, path, fault }
}
