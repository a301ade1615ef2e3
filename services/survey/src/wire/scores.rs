use chassis::Refusal;
use contract::patron::survey::v1 as wire;
use contract::time::instant;
use jiff::Timestamp;

use super::fields::invalid;
use super::questionnaires::metric;
use crate::domain::Metric;
use crate::domain::score::{Classes, LEVEL, Score};

/// A period: from the first instant until before the second; `None` leaves that end open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
}

/// The period that a request asks for.
pub(crate) fn period(request: &wire::GetScoreRequest) -> Result<Period, Refusal> {
    let start = bound("start_time", request.start_time.as_ref())?;
    let end = bound("end_time", request.end_time.as_ref())?;
    if start.zip(end).is_some_and(|(start, end)| end < start) {
        return Err(invalid("end_time", "must not be before start_time"));
    }
    Ok(Period { start, end })
}

fn bound(field: &str, time: Option<&prost_types::Timestamp>) -> Result<Option<Timestamp>, Refusal> {
    /// 0001-01-01T00:00:00Z, the first instant of a protobuf timestamp.
    const FIRST_SECOND: i64 = -62_135_596_800;
    time.map(|time| {
        let read = instant(time).filter(|instant| instant.as_second() >= FIRST_SECOND);
        read.ok_or_else(|| invalid(field, "must be between the years 1 and 9999"))
    })
    .transpose()
}

/// The score as callers see it.
pub(crate) fn score(questionnaire_id: &str, score: &Score) -> wire::Score {
    let estimate = score.estimate.ok();
    // The contract tells these for NPS only.
    let classes = match score.metric {
        Metric::Nps => score.classes,
        Metric::Csat | Metric::Ces => Classes::default(),
    };
    wire::Score {
        questionnaire_id: questionnaire_id.to_owned(),
        metric: metric(score.metric).into(),
        response_count: count(score.count),
        value: estimate.map(|estimate| estimate.value),
        lower: estimate.map(|estimate| estimate.lower),
        upper: estimate.map(|estimate| estimate.upper),
        confidence_level: LEVEL,
        promoter_count: count(classes.promoters),
        passive_count: count(classes.passives),
        detractor_count: count(classes.detractors),
        withheld_reason: score
            .estimate
            .err()
            .map(|why| why.to_string())
            .unwrap_or_default(),
    }
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::score::Ratings;

    fn period_of(start: i64, end: i64) -> Result<Period, Refusal> {
        let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        period(&wire::GetScoreRequest {
            start_time: time(start),
            end_time: time(end),
            ..Default::default()
        })
    }

    #[test]
    fn a_period_may_be_empty_but_not_turned_round_or_outside_of_time() {
        assert!(period_of(5, 5).is_ok());
        assert!(period_of(5, 4).is_err());
        assert!(period_of(-62_135_596_801, 0).is_err());
        assert!(period_of(0, i64::MAX).is_err());
    }

    #[test]
    fn a_withheld_score_says_why_and_gives_no_figure() {
        let withheld = score(
            "nps-order",
            &Score::of(Metric::Nps, &Ratings::from_iter([(3, 9)])),
        );
        assert_eq!(
            (withheld.value, withheld.lower, withheld.upper),
            (None, None, None)
        );
        assert_eq!((withheld.response_count, withheld.detractor_count), (9, 9));
        assert!(!withheld.withheld_reason.is_empty());
    }

    #[test]
    fn only_the_nps_has_promoters() {
        let csat = score(
            "csat-case",
            &Score::of(Metric::Csat, &Ratings::from_iter([(5, 10)])),
        );
        assert_eq!((csat.value, csat.promoter_count), (Some(100.0), 0));
        assert!(csat.withheld_reason.is_empty());
    }
}
