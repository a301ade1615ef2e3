use std::fmt::Display;

use super::AppError;

/// What became of one of several in a task that takes turns. True: it is done. False: it is at fault
/// itself; it is set aside until the next turn, and keeps nobody else waiting. Where the database is
/// away or busy nobody is at fault, and the turn ends.
pub(crate) fn set_aside(
    outcome: Result<(), AppError>,
    what: &'static str,
    which: impl Display,
) -> Result<bool, AppError> {
    match outcome {
        Ok(()) => Ok(true),
        Err(error) if error.is_passing() => Err(error),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                loyalty.which = %which,
                "{what} can't be done; it is tried again"
            );
            Ok(false)
        }
    }
}
