//! The contract of these tests, compiled when they run.

use std::path::Path;
use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};

/// The descriptors, comments and options included.
pub(crate) fn pool() -> DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = [here.join("tests/proto"), here.join("../../proto")];
        let mut compiler = protox::Compiler::new(folders).unwrap();
        compiler.include_source_info(true).include_imports(true);
        compiler.open_file("test/v1/shapes.proto").unwrap();
        DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice()).unwrap()
    });
    POOL.clone()
}

/// A message of `test.v1`.
pub(crate) fn message(name: &str) -> MessageDescriptor {
    pool()
        .get_message_by_name(&format!("test.v1.{name}"))
        .unwrap()
}

/// A `test.v1.Shape` from its JSON.
pub(crate) fn shape(json: serde_json::Value) -> DynamicMessage {
    DynamicMessage::deserialize(message("Shape"), json).unwrap()
}
