//! Just enough of the protobuf wire format to take a message apart into its fields.
//! See <https://protobuf.dev/programming-guides/encoding/>.

/// One field as it stands in an encoded message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    pub(crate) number: u32,
    /// The value without its key; without its length, too, when it has one.
    pub(crate) value: &'a [u8],
}

/// The fields of an encoded message in the order of the encoding. Ends early at bytes that are no
/// message, which an encoder never writes.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).ok()?;
        let length = match key & 7 {
            0 => self.varint_length()?,
            1 => 8,
            2 => usize::try_from(self.varint()?).ok()?,
            5 => 4,
            _ => return None,
        };
        let value = self.take(length)?;
        Some(Field { number, value })
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Bytes of the varint that comes next.
    fn varint_length(&self) -> Option<usize> {
        let last = self.0.iter().take(10).position(|byte| byte & 0x80 == 0)?;
        Some(last + 1)
    }

    fn varint(&mut self) -> Option<u64> {
        let length = self.varint_length()?;
        let bytes = self.take(length)?;
        let low_first = bytes.iter().rev();
        Some(low_first.fold(0, |value, byte| (value << 7) | u64::from(byte & 0x7f)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
        Fields(bytes)
            .map(|field| (field.number, field.value.to_vec()))
            .collect()
    }

    #[test]
    fn a_message_comes_apart_into_its_fields() {
        // 1: varint 150, 2: "testing", 16: fixed32, 3: fixed64.
        let encoded = b"\x08\x96\x01\x12\x07testing\x85\x01abcd\x19abcdefgh";
        assert_eq!(
            fields(encoded),
            [
                (1, b"\x96\x01".to_vec()),
                (2, b"testing".to_vec()),
                (16, b"abcd".to_vec()),
                (3, b"abcdefgh".to_vec()),
            ]
        );
    }

    #[test]
    fn bytes_that_are_no_message_end_the_walk() {
        for broken in [&b"\x08"[..], b"\x12\x07test", b"\x0b", b"\xff\xff"] {
            assert_eq!(fields(broken), [], "{broken:?}");
        }
    }
}
