//! Whether a file is UTF-8.

use std::io::{self, Read};

/// Longest beginning of a letter that a piece may end in, in bytes.
const MOST_LEFT: usize = 3;

/// True when all of it is UTF-8. Read to its end: the first wrong letter may be the last.
pub(crate) fn is_utf8(mut text: impl Read) -> io::Result<bool> {
    let mut buffer = vec![0; 256 * 1024];
    let mut left = 0_usize;
    loop {
        let space = buffer.get_mut(left..).unwrap_or_default();
        let count = text.read(space)?;
        let filled = left.saturating_add(count);
        let read = buffer.get(..filled).unwrap_or_default();
        if count == 0 {
            return Ok(str::from_utf8(read).is_ok());
        }
        let valid = match str::from_utf8(read) {
            Ok(_) => filled,
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Ok(false),
        };
        left = filled.saturating_sub(valid).min(MOST_LEFT);
        buffer.copy_within(valid..filled, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = 1.min(buffer.len()).min(self.0.len());
            self.0.read(buffer.get_mut(..size).unwrap_or_default())
        }
    }

    #[test]
    fn letters_may_be_cut_anywhere() {
        assert!(is_utf8(Drops("姓名,é".as_bytes())).unwrap());
        assert!(!is_utf8(Drops(b"a,\xd0\xd5\xc3\xfb")).unwrap());
        assert!(!is_utf8(Drops("姓".as_bytes().get(..2).unwrap())).unwrap());
        assert!(is_utf8(Drops(b"")).unwrap());
    }
}
