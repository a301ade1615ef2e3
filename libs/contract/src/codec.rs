//! Requests are checked where they are decoded, so no handler can see one that breaks the contract; answers
//! are masked where they are encoded, so no handler can forget it.

use std::marker::PhantomData;

use prost::Message;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use crate::checks::{Checked, refuse_malformed};
use crate::exposure::{Exposed, Exposure};

/// Protobuf encoding that answers INVALID_ARGUMENT, naming each field, for a request that its
/// `buf.validate` rules refuse.
#[derive(Debug, Clone, Copy)]
pub struct CheckedCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for CheckedCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for CheckedCodec<T, U>
where
    T: Message + Exposed + Send + 'static,
    U: Message + Default + Checked + Exposed + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = CoveringEncoder<T>;
    type Decoder = CheckedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        CoveringEncoder(PhantomData)
    }

    fn decoder(&mut self) -> Self::Decoder {
        CheckedDecoder(PhantomData)
    }
}

/// Encodes one message as whoever is asking may see it.
#[derive(Debug, Clone, Copy)]
pub struct CoveringEncoder<T>(PhantomData<T>);

impl<T: Message + Exposed> Encoder for CoveringEncoder<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, mut message: T, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        let exposure = Exposure::current();
        if !exposure.is_all() {
            message.cover(exposure);
        }
        let written = message.encode(buffer);
        written.map_err(|error| Status::internal(error.to_string()))
    }
}

/// Decodes one message and checks it when it is a request.
#[derive(Debug, Clone, Copy)]
pub struct CheckedDecoder<U>(PhantomData<U>);

impl<U: Message + Default + Checked + Exposed> Decoder for CheckedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let mut message = U::decode(buffer).map_err(|error| refuse_malformed(&error))?;
        message.check()?;
        let exposure = Exposure::current();
        if !exposure.is_all() {
            message.admit(exposure)?;
        }
        Ok(Some(message))
    }
}
