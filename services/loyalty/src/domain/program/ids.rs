use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// Names of the parts of a program. Cheap to clone; look up by `&str`.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id of this text. Whether it is a sound one was checked with the document.
            pub fn new(text: &str) -> Self {
                Self(Arc::from(text))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, formatter)
            }
        }
    )*};
}

ids! {
    /// A program.
    ProgramId,
    /// An earning rule; unique over the program, those of its campaigns included.
    RuleId,
    /// A campaign.
    CampaignId,
    /// A type of act, for example `sign_in`.
    ActivityType,
    /// A segment of the profile service.
    SegmentId,
    /// A ladder of tiers.
    LadderId,
    /// A tier; unique within its ladder.
    TierId,
    /// A benefit.
    BenefitId,
    /// A reward.
    RewardId,
    /// A kind of coupon.
    TemplateId,
    /// A package.
    PackageId,
    /// A challenge.
    ChallengeId,
    /// A question; unique within its quiz.
    QuestionId,
    /// A badge.
    BadgeId,
    /// A draw.
    DrawId,
    /// A prize; unique within its draw.
    PrizeId,
}
