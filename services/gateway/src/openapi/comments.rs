//! Comments of the contract.

use std::collections::HashMap;

use prost_reflect::{
    EnumDescriptor, EnumValueDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor,
    MethodDescriptor, ServiceDescriptor,
};

use crate::surface::Surface;

/// Leading comments by file and place.
pub(super) struct Comments(HashMap<String, HashMap<Vec<i32>, String>>);

impl Comments {
    pub(super) fn of(surface: &Surface) -> Self {
        let files = surface.pool().files();
        Self(
            files
                .map(|file| (file.name().to_owned(), of_file(&file)))
                .collect(),
        )
    }

    pub(super) fn service(&self, service: &ServiceDescriptor) -> String {
        self.find(&service.parent_file(), service.path())
    }

    pub(super) fn method(&self, method: &MethodDescriptor) -> String {
        self.find(&method.parent_file(), method.path())
    }

    pub(super) fn message(&self, message: &MessageDescriptor) -> String {
        self.find(&message.parent_file(), message.path())
    }

    pub(super) fn field(&self, field: &FieldDescriptor) -> String {
        self.find(&field.parent_file(), field.path())
    }

    pub(super) fn enumeration(&self, descriptor: &EnumDescriptor) -> String {
        self.find(&descriptor.parent_file(), descriptor.path())
    }

    pub(super) fn value(&self, value: &EnumValueDescriptor) -> String {
        self.find(&value.parent_file(), value.path())
    }

    fn find(&self, file: &FileDescriptor, path: &[i32]) -> String {
        let found = self
            .0
            .get(file.name())
            .and_then(|comments| comments.get(path));
        found.cloned().unwrap_or_default()
    }
}

fn of_file(file: &FileDescriptor) -> HashMap<Vec<i32>, String> {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let locations = info.into_iter().flat_map(|info| &info.location);
    locations
        .filter_map(|location| {
            let comment = location.leading_comments.as_deref()?;
            Some((location.path.clone(), tidy(comment)))
        })
        .collect()
}

/// Without the blank after `//`, and with the lines of a paragraph as one.
fn tidy(comment: &str) -> String {
    let lines = comment.lines();
    let lines: Vec<&str> = lines
        .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end())
        .collect();
    let paragraphs = lines.split(|line| line.is_empty()).map(paragraph);
    let paragraphs: Vec<String> = paragraphs.filter(|text| !text.is_empty()).collect();
    paragraphs.join("\n\n")
}

/// Items of lists and indented lines stay lines of their own.
fn paragraph(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        if !text.is_empty() {
            let stays = line.starts_with([' ', '-', '*', '|']);
            text.push(if stays { '\n' } else { ' ' });
        }
        text.push_str(line);
    }
    text
}

/// The first sentence.
pub(super) fn summary(comment: &str) -> String {
    let paragraph = comment.split('\n').next().unwrap_or_default();
    let sentence = paragraph
        .split_once(". ")
        .map_or(paragraph, |(first, _)| first);
    sentence.trim_end_matches('.').to_owned()
}
