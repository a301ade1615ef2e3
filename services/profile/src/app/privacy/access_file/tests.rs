use contract::patron::privacy::v1::PersonalRecord;
use futures_util::stream;

use super::*;

/// A service that tells so many records, and then ends or breaks off; or does not answer.
struct Fake {
    records: usize,
    breaks: bool,
}

#[tonic::async_trait]
impl Discloser for Fake {
    async fn disclose(&self, _: DisclosePersonRequest) -> Result<Records, Status> {
        if self.records == 0 && self.breaks {
            return Err(Status::unavailable("down"));
        }
        let told = (0..self.records).map(|_| Ok(PersonalRecord::default()));
        let end = self.breaks.then(|| Err(Status::unavailable("gone")));
        Ok(stream::iter(told.chain(end).collect::<Vec<_>>()).boxed())
    }
}

async fn written(services: &[(&str, usize, bool)]) -> Vec<String> {
    let fakes = services.iter().map(|(name, records, breaks)| {
        let fake = Fake {
            records: *records,
            breaks: *breaks,
        };
        ((*name).to_owned(), Arc::new(fake) as Arc<dyn Discloser>)
    });
    let mut file = AccessFile::new(proto::AccessFileHead::default(), fakes.collect());
    let mut parts = Vec::new();
    while let Some(part) = file.next().await {
        parts.push(match part {
            Part::Head(head) => format!("head {}", head.services.join(" ")),
            Part::Record(record) => format!("record {}", record.service),
            Part::Section(section) => {
                let state = section.state().as_str_name();
                format!("{} {state} {}", section.service, section.record_count)
            }
            Part::End(end) => format!("end {} {}", end.complete, end.pending_services.join(" ")),
        });
    }
    parts
}

#[tokio::test]
async fn the_file_has_a_head_the_records_of_each_service_and_an_end() {
    assert_eq!(
        written(&[("profile", 2, false), ("survey", 0, false)]).await,
        [
            "head profile survey",
            "record profile",
            "record profile",
            "profile STATE_COMPLETE 2",
            "survey STATE_COMPLETE 0",
            "end true ",
        ]
    );
}

#[tokio::test]
async fn a_service_that_is_down_or_breaks_off_is_named_and_the_others_are_told() {
    assert_eq!(
        written(&[
            ("loyalty", 0, true),
            ("survey", 1, true),
            ("profile", 1, false)
        ])
        .await,
        [
            "head loyalty survey profile",
            "loyalty STATE_UNAVAILABLE 0",
            "record survey",
            "survey STATE_UNAVAILABLE 1",
            "record profile",
            "profile STATE_COMPLETE 1",
            "end false loyalty survey",
        ]
    );
}
