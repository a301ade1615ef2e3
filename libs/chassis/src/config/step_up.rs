use access::{Caller, Method, StepUp};
use contract::patron::r#type::v1::ErrorReason;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tonic::Code;

use crate::Refusal;

/// `[access.step_up]`; each setting is described in [`super::DEFAULTS`].
#[expect(
    missing_docs,
    reason = "described beside their defaults, which are the documentation"
)]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepUpConfig {
    pub acr_values: Vec<String>,
    pub max_age_s: Option<u32>,
}

impl StepUpConfig {
    /// Refuses a caller who has proven less than the method asks for, and says what is to be proven.
    pub(crate) fn require(
        &self,
        method: &Method,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(declared) = method.step_up else {
            return Ok(());
        };
        let configured = self
            .max_age_s
            .map(|age| SignedDuration::from_secs(age.into()));
        let step_up = StepUp {
            max_age: configured.unwrap_or(declared.max_age),
            ..declared
        };
        if step_up.is_met(caller, &self.acr_values, now) {
            return Ok(());
        }
        let message = "this takes a caller who has authenticated strongly and lately";
        let (code, reason) = (Code::Unauthenticated, ErrorReason::StepUpRequired);
        Err(Refusal::new(code, reason, message)
            .metadata("acr_values", self.acr_values.join(" "))
            .metadata("max_age", step_up.max_age.as_secs().to_string()))
    }
}
