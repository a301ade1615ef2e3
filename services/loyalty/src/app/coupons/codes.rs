use super::CouponsError;
use crate::domain::coupons::Code;

/// Bytes that are drawn at once; those that favour some characters are thrown away.
const DRAWN: usize = 256;

/// The system's source of chance, as codes need it: nobody who has seen codes can tell the next.
pub(super) struct Chance {
    drawn: [u8; DRAWN],
    next: usize,
}

impl Chance {
    pub(super) fn new() -> Self {
        Self {
            drawn: [0; DRAWN],
            next: DRAWN,
        }
    }

    /// A new code.
    pub(super) fn code(&mut self, length: u8) -> Result<Code, CouponsError> {
        let mut failed = None;
        let code = {
            let mut bytes = std::iter::from_fn(|| match self.byte() {
                Ok(byte) => Some(byte),
                Err(error) => {
                    failed = Some(error);
                    None
                }
            });
            Code::from_random(length, &mut bytes)
        };
        match (code, failed) {
            (Some(code), _) => Ok(code),
            (None, Some(error)) => Err(error.into()),
            (None, None) => Err(CouponsError::NoFreeCodes),
        }
    }

    fn byte(&mut self) -> Result<u8, getrandom::Error> {
        if self.next == DRAWN {
            getrandom::fill(&mut self.drawn)?;
            self.next = 0;
        }
        let byte = self.drawn.get(self.next).copied().unwrap_or_default();
        self.next += 1;
        Ok(byte)
    }
}
