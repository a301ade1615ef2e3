//! What the service hands out of people, for people who ask.

use std::sync::Arc;

use disclosure::{
    DisclosureServer, KEY_OF_CUSTOMER, Kind, Origin, SealedTable, SealedTables, Shape,
};
use postgres::Database;
use seal::Keyring;

use crate::store::sealed::{ANSWER, INVITATION};

/// Invitations, and what was answered.
static SHAPE: Shape = Shape {
    purpose: "asking customers how content they are",
    origin: Origin::Derived,
    kinds: &[
        Kind {
            besides: KEY_OF_CUSTOMER,
            ..Kind::of("invitations", Origin::Derived)
        },
        Kind::of("responses", Origin::Provided),
        Kind {
            besides: KEY_OF_CUSTOMER,
            ..Kind::of("answers", Origin::Provided)
        },
    ],
    // The scored answers once more.
    left_out: &["ratings"],
};

/// What is sealed in them.
static SEALED: [SealedTable; 2] = [
    SealedTable {
        column: INVITATION,
        row: "invitation_id",
        version: "trigger_occasion",
    },
    SealedTable {
        column: ANSWER,
        row: "invitation_id",
        version: "ordinal",
    },
];

/// Tells what is held in the service's database, opened by the keyring.
pub(crate) fn server(db: &Database, keyring: &Keyring) -> DisclosureServer {
    let opener = SealedTables {
        keyring: keyring.clone(),
        tables: &SEALED,
    };
    DisclosureServer::new(db.clone(), &SHAPE).opening(Arc::new(opener))
}

#[cfg(test)]
mod tests {
    use contract::patron::privacy::v1::{DisclosePersonRequest, PersonalRecord};
    use disclosure::Discloser as _;
    use futures_util::TryStreamExt as _;
    use prost_types::value::Kind as Told;

    use super::*;
    use crate::testing::{Bench, rating, text};

    fn read<'a>(records: &'a [PersonalRecord], kind: &str, field: &str) -> Vec<&'a str> {
        let records = records.iter().filter(|record| record.kind == kind);
        let values = records.filter_map(|record| record.data.as_ref()?.fields.get(field));
        let texts = values.filter_map(|value| match value.kind.as_ref()? {
            Told::StringValue(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    #[tokio::test]
    async fn what_is_sealed_is_told_to_whom_it_is_of() {
        let bench = Bench::new().await;
        let invitation = bench.invite().await;
        let answers = vec![rating("recommend", 3), text("why", "It broke.")];
        bench.submit(&invitation, answers).await.unwrap();
        let request = DisclosePersonRequest {
            customer_ids: vec![invitation.customer_id],
            provided_only: false,
        };
        let server = server(&bench.app.db, &bench.app.keyring);
        let records = server.disclose(request).await.unwrap();
        let records: Vec<PersonalRecord> = records.try_collect().await.unwrap();
        assert_eq!(read(&records, "answers", "written"), ["It broke."]);
        let reference = invitation.trigger.unwrap().reference;
        assert_eq!(
            read(&records, "invitations", "triggerReference"),
            [reference]
        );
    }
}
