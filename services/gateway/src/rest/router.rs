//! From a path and a verb of HTTP to the binding that serves them.
//!
//! A trie over path segments. At every step the narrower way is tried first (a literal, then `*`,
//! then `**`), so the most specific template wins whatever the order of the contract. A search
//! visits each node at most once.

use std::collections::BTreeMap;

use http::Method;

use super::path::RequestPath;
use super::template::{Segment, Template};

/// Bindings by template and HTTP method.
#[derive(Debug)]
pub(crate) struct Router<T> {
    root: Node<T>,
}

#[derive(Debug)]
struct Node<T> {
    literals: BTreeMap<String, Node<T>>,
    one: Option<Box<Node<T>>>,
    rest: Option<Box<Node<T>>>,
    /// What ends here, by custom verb (`""` for none).
    ends: BTreeMap<String, Vec<(HttpMethod, T)>>,
}

/// The HTTP method of a binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HttpMethod {
    /// Exactly this one.
    Only(Method),
    /// Any (`custom: {kind: "*"}`).
    Any,
}

/// What a search found.
#[derive(Debug)]
pub(crate) enum Lookup<'r, T> {
    /// The binding.
    Found(&'r T),
    /// The path exists, but only with these methods.
    WrongMethod(Vec<Method>),
    /// There is no such path.
    NoRoute,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self {
            literals: BTreeMap::new(),
            one: None,
            rest: None,
            ends: BTreeMap::new(),
        }
    }
}

impl<T> Default for Router<T> {
    fn default() -> Self {
        Self {
            root: Node::default(),
        }
    }
}

impl<T> Router<T> {
    /// Adds a binding. Answers the one that is there already when both would match the same.
    pub(crate) fn insert(
        &mut self,
        template: &Template,
        method: HttpMethod,
        value: T,
    ) -> Result<(), &T> {
        let mut node = &mut self.root;
        for segment in &template.segments {
            node = node.child_mut(segment);
        }
        let ends = node
            .ends
            .entry(template.verb.clone().unwrap_or_default())
            .or_default();
        if let Some(index) = ends.iter().position(|(there, _)| *there == method) {
            return ends.get(index).map_or(Ok(()), |(_, there)| Err(there));
        }
        ends.push((method, value));
        Ok(())
    }

    /// Finds the binding for a path. `HEAD` is served by `GET` where it has no binding of its own.
    pub(crate) fn lookup(&self, method: &Method, path: &RequestPath<'_>) -> Lookup<'_, T> {
        let found = self.lookup_exactly(method, path);
        if method == Method::HEAD && !matches!(found, Lookup::Found(_)) {
            return self.lookup_exactly(&Method::GET, path);
        }
        found
    }

    fn lookup_exactly(&self, method: &Method, path: &RequestPath<'_>) -> Lookup<'_, T> {
        let mut allowed = Vec::new();
        if let Some((path, verb)) = path.split_verb()
            && let Some(found) = self.root.find(path.segments(), verb, method, &mut allowed)
        {
            return Lookup::Found(found);
        }
        if !allowed.is_empty() {
            return Lookup::WrongMethod(allowed);
        }
        // Not a verb that the contract knows here: then the colon is part of the value.
        if let Some(found) = self.root.find(path.segments(), "", method, &mut allowed) {
            return Lookup::Found(found);
        }
        if allowed.is_empty() {
            Lookup::NoRoute
        } else {
            Lookup::WrongMethod(allowed)
        }
    }
}

impl<T> Node<T> {
    fn child_mut(&mut self, segment: &Segment) -> &mut Self {
        match segment {
            Segment::Literal(text) => self.literals.entry(text.clone()).or_default(),
            Segment::One => self.one.get_or_insert_default(),
            Segment::Rest => self.rest.get_or_insert_default(),
        }
    }

    fn find<'r, S: AsRef<str>>(
        &'r self,
        segments: &[S],
        verb: &str,
        method: &Method,
        allowed: &mut Vec<Method>,
    ) -> Option<&'r T> {
        let Some((first, others)) = segments.split_first() else {
            return self
                .end(verb, method, allowed)
                .or_else(|| self.rest_end(verb, method, allowed));
        };
        let first = first.as_ref();
        if let Some(node) = self.literals.get(first)
            && let Some(found) = node.find(others, verb, method, allowed)
        {
            return Some(found);
        }
        if !first.is_empty()
            && let Some(node) = &self.one
            && let Some(found) = node.find(others, verb, method, allowed)
        {
            return Some(found);
        }
        self.rest_end(verb, method, allowed)
    }

    fn rest_end(&self, verb: &str, method: &Method, allowed: &mut Vec<Method>) -> Option<&T> {
        self.rest
            .as_ref()
            .and_then(|node| node.end(verb, method, allowed))
    }

    /// What ends here with this verb and method; else the methods that do are noted.
    fn end(&self, verb: &str, method: &Method, allowed: &mut Vec<Method>) -> Option<&T> {
        let ends = self.ends.get(verb)?;
        let exact = ends
            .iter()
            .find(|(there, _)| *there == HttpMethod::Only(method.clone()));
        let found = exact.or_else(|| ends.iter().find(|(there, _)| *there == HttpMethod::Any));
        if found.is_none() {
            allowed.extend(ends.iter().filter_map(|(there, _)| there.only().cloned()));
        }
        found.map(|(_, value)| value)
    }
}

impl HttpMethod {
    fn only(&self) -> Option<&Method> {
        match self {
            Self::Only(method) => Some(method),
            Self::Any => None,
        }
    }
}
