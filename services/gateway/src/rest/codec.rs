//! Messages of any type in and out of a gRPC call.

use bytes::{BufMut as _, Bytes};
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// Sends encoded messages, receives decoded ones.
#[derive(Debug, Clone)]
pub(super) struct AnyMessage {
    pub(super) answer: MessageDescriptor,
}

/// Writes bytes that are a message already: a retry sends them again.
#[derive(Debug)]
pub(super) struct Encoded;

impl Codec for AnyMessage {
    type Encode = Bytes;
    type Decode = DynamicMessage;
    type Encoder = Encoded;
    type Decoder = Self;

    fn encoder(&mut self) -> Encoded {
        Encoded
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for AnyMessage {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        DynamicMessage::decode(self.answer.clone(), buffer)
            .map(Some)
            .map_err(|error| Status::internal(error.to_string()))
    }
}
