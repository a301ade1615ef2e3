/// What a questionnaire measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    /// Net promoter score: would recommend, 0 to 10.
    Nps,
    /// Customer satisfaction: share of the top boxes, 1 to 5.
    Csat,
    /// Customer effort: how easy it was, 1 to 7.
    Ces,
}

/// What a rating says of the customer, by the metric's own classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sentiment {
    Detractor,
    Passive,
    Promoter,
}

impl Metric {
    #[cfg(test)]
    pub(crate) const ALL: &[Self] = &[Self::Nps, Self::Csat, Self::Ces];

    /// The metric that is stored under this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "nps" => Some(Self::Nps),
            "csat" => Some(Self::Csat),
            "ces" => Some(Self::Ces),
            _ => None,
        }
    }

    /// The class of a rating.
    pub(crate) fn sentiment(self, rating: i32) -> Sentiment {
        // The lowest passive rating and the lowest promoter of each scale.
        let (passive, promoter) = match self {
            Self::Nps => (7, 9),
            Self::Csat => (3, 4),
            Self::Ces => (5, 5),
        };
        match rating {
            _ if rating >= promoter => Sentiment::Promoter,
            _ if rating >= passive => Sentiment::Passive,
            _ => Sentiment::Detractor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(metric: Metric, scale: std::ops::RangeInclusive<i32>) -> String {
        scale
            .map(|rating| match metric.sentiment(rating) {
                Sentiment::Detractor => 'd',
                Sentiment::Passive => 'p',
                Sentiment::Promoter => 'P',
            })
            .collect()
    }

    #[test]
    fn each_metric_has_its_own_classes() {
        assert_eq!(classes(Metric::Nps, 0..=10), "dddddddppPP");
        assert_eq!(classes(Metric::Csat, 1..=5), "ddpPP");
        assert_eq!(classes(Metric::Ces, 1..=7), "ddddPPP");
    }
}
