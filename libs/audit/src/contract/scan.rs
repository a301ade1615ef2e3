//! A look at encoded messages: which fields are set, and the ids. Nothing else is decoded or copied.

use super::Found;
use super::plan::{FieldPlan, IdKind, Types};
use crate::chain::Kind;

/// Messages within messages that are looked into.
const DEEPEST: usize = 32;

/// Which way a message goes, in a call of a method of this kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Direction {
    Asked(Kind),
    Answered(Kind),
}

impl Types {
    /// Looks at a message of this type. What can't be read ends the look: whoever decodes it refuses it.
    pub(crate) fn scan(&self, message: usize, bytes: &[u8], way: Direction, found: &mut Found) {
        if self.look(message, bytes, way, found, DEEPEST).is_none() {
            found.is_partial = true;
        }
    }

    fn look(
        &self,
        message: usize,
        mut bytes: &[u8],
        way: Direction,
        found: &mut Found,
        depth: usize,
    ) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        while !bytes.is_empty() {
            let (number, content) = field(&mut bytes)?;
            let Some(plan) = self.field(message, number) else {
                continue;
            };
            note(plan, content.unwrap_or_default(), way, found);
            if let (Some(within), Some(content)) = (plan.message, content) {
                self.look(within, content, way, found, depth)?;
            }
        }
        Some(())
    }
}

fn note(plan: &FieldPlan, content: &[u8], way: Direction, found: &mut Found) {
    match (way, &plan.name) {
        (Direction::Asked(Kind::Write), Some(name)) => found.written(name),
        (Direction::Answered(_), Some(name)) if plan.is_personal => found.read(name),
        _ => {}
    }
    match (plan.id, way) {
        (Some(IdKind::Customer), _) => found.customer(content),
        // What a read answers with is told by the request, and may be long.
        (Some(_), Direction::Answered(Kind::Read)) | (None, _) => {}
        (Some(kind), _) => found.resource(&plan.field, content, kind),
    }
}

/// Takes the next field: its number, and the content of one that has a length.
fn field<'b>(bytes: &mut &'b [u8]) -> Option<(u32, Option<&'b [u8]>)> {
    let tag = varint(bytes)?;
    let number = u32::try_from(tag >> 3).ok()?;
    let content = match tag & 7 {
        0 => {
            varint(bytes)?;
            None
        }
        1 => {
            take(bytes, 8)?;
            None
        }
        2 => {
            let length = varint(bytes)?;
            Some(take(bytes, usize::try_from(length).ok()?)?)
        }
        5 => {
            take(bytes, 4)?;
            None
        }
        // Groups, which the contract does not have.
        _ => return None,
    };
    Some((number, content))
}

fn take<'b>(bytes: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
