//! A row of `match_candidates`.

use serde::Serialize;
use uuid::Uuid;

use jiff::Timestamp;

use crate::domain::identity::candidate::{Candidate, Pair, State};
use crate::domain::identity::matching::Kind;
use crate::domain::ids::CustomerId;
use crate::store::{CorruptRow, StoreError};

pub(super) struct CandidateRow {
    pub(super) older: Uuid,
    pub(super) newer: Uuid,
    pub(super) older_version: i64,
    pub(super) newer_version: i64,
    pub(super) score_permille: i32,
    pub(super) evidence: Vec<String>,
    pub(super) refusal: String,
    pub(super) state: String,
    pub(super) find_time: jiff_sqlx::Timestamp,
}

/// Named like the columns: it is written as a JSON document of them.
#[derive(Debug, Serialize)]
pub(super) struct NewRow<'a> {
    older: Uuid,
    newer: Uuid,
    older_version: i64,
    newer_version: i64,
    score_permille: i32,
    evidence: Vec<&'static str>,
    refusal: &'a str,
    state: &'static str,
    find_time: Timestamp,
}

impl<'a> NewRow<'a> {
    pub(super) fn of(candidate: &'a Candidate) -> Self {
        let kinds = candidate.evidence.iter();
        Self {
            older: candidate.pair.older.0,
            newer: candidate.pair.newer.0,
            older_version: candidate.versions.0,
            newer_version: candidate.versions.1,
            score_permille: candidate.score_permille,
            evidence: kinds.map(|kind| kind_name(*kind)).collect(),
            refusal: &candidate.refusal,
            state: state_name(candidate.state),
            find_time: candidate.find_time,
        }
    }
}

impl CandidateRow {
    pub(super) fn into_domain(self) -> Result<Candidate, StoreError> {
        let evidence = self.evidence.iter().map(|name| kind_named(name));
        let evidence: Option<Vec<Kind>> = evidence.collect();
        Ok(Candidate {
            pair: Pair::of(CustomerId(self.older), CustomerId(self.newer)),
            versions: (self.older_version, self.newer_version),
            score_permille: self.score_permille,
            evidence: evidence.ok_or(corrupt("evidence"))?,
            refusal: self.refusal,
            state: state_named(&self.state).ok_or(corrupt("state"))?,
            find_time: self.find_time.to_jiff(),
        })
    }
}

fn corrupt(column: &'static str) -> CorruptRow {
    CorruptRow {
        table: "match_candidates",
        column,
    }
}

const KINDS: [Kind; 10] = [
    Kind::SameEmail,
    Kind::SamePhone,
    Kind::SameIdentifier,
    Kind::SameBirthDate,
    Kind::SameBirthday,
    Kind::SameName,
    Kind::SameSound,
    Kind::SameAddress,
    Kind::OtherBirthDate,
    Kind::OtherGender,
];

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::SameEmail => "same_email",
        Kind::SamePhone => "same_phone",
        Kind::SameIdentifier => "same_identifier",
        Kind::SameBirthDate => "same_birth_date",
        Kind::SameBirthday => "same_birthday",
        Kind::SameName => "same_name",
        Kind::SameSound => "same_sound",
        Kind::SameAddress => "same_address",
        Kind::OtherBirthDate => "other_birth_date",
        Kind::OtherGender => "other_gender",
    }
}

fn kind_named(name: &str) -> Option<Kind> {
    KINDS.into_iter().find(|kind| kind_name(*kind) == name)
}

pub(super) fn state_name(state: State) -> &'static str {
    match state {
        State::Open => "open",
        State::Closed => "closed",
        State::Merged => "merged",
        State::Rejected => "rejected",
    }
}

fn state_named(name: &str) -> Option<State> {
    let all = [State::Open, State::Closed, State::Merged, State::Rejected];
    all.into_iter().find(|state| state_name(*state) == name)
}
