//! Merkle trees as in RFC 9162, section 2.1: a leaf is shown to stand below a root by one hash for
//! each level.

use sha2::{Digest as _, Sha256};

use super::Digest;

/// Leaves of a complete subtree whose root is kept: a path is put together from one block of leaves
/// and the roots of the blocks.
pub const BLOCK: usize = 1_024;

/// The root above leaves; that of none is the hash of nothing.
pub fn root(leaves: &[Digest]) -> Digest {
    let hashed: Vec<Digest> = leaves.iter().map(leaf).collect();
    above(&hashed)
}

/// The root above nodes: of the blocks of a tree, each a complete one but for the last.
pub fn above(nodes: &[Digest]) -> Digest {
    match nodes {
        [] => Digest(Sha256::digest([]).into()),
        [one] => *one,
        _ => {
            let (left, right) = split(nodes);
            node(&above(left), &above(right))
        }
    }
}

/// The path from a leaf to the root above these.
pub fn path(leaves: &[Digest], place: usize) -> Vec<Digest> {
    let hashed: Vec<Digest> = leaves.iter().map(leaf).collect();
    path_above(&hashed, place)
}

/// The path from a node to the root above these: behind the path within a block, that from the
/// block's root.
pub fn path_above(nodes: &[Digest], place: usize) -> Vec<Digest> {
    if nodes.len() < 2 {
        return Vec::new();
    }
    let (left, right) = split(nodes);
    let (mut path, sibling) = match place.checked_sub(left.len()) {
        None => (path_above(left, place), above(right)),
        Some(place) => (path_above(right, place), above(left)),
    };
    path.push(sibling);
    path
}

/// The root that a path leads to from the leaf at `place` of `count`; `None` when the path is not as
/// long as it must be.
pub fn climb(leaf_digest: &Digest, place: u64, count: u64, path: &[Digest]) -> Option<Digest> {
    if place >= count {
        return None;
    }
    let (mut place, mut last) = (place, count - 1);
    let mut at = leaf(leaf_digest);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if place % 2 == 1 || place == last {
            at = node(sibling, &at);
            // Levels at which this node has nobody beside it are not in the path.
            while place % 2 == 0 && place != 0 {
                place /= 2;
                last /= 2;
            }
        } else {
            at = node(&at, sibling);
        }
        place /= 2;
        last /= 2;
    }
    (last == 0).then_some(at)
}

/// The largest power of two below the number of nodes goes to the left.
fn split(nodes: &[Digest]) -> (&[Digest], &[Digest]) {
    let half = nodes.len().next_power_of_two() / 2;
    nodes.split_at(half)
}

fn leaf(digest: &Digest) -> Digest {
    let hash = Sha256::new().chain_update([0]).chain_update(digest.0);
    Digest(hash.finalize().into())
}

fn node(left: &Digest, right: &Digest) -> Digest {
    let hash = Sha256::new().chain_update([1]);
    let hash = hash.chain_update(left.0).chain_update(right.0);
    Digest(hash.finalize().into())
}
