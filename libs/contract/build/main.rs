//! Compiles `proto/` without protoc: messages, clients, servers, request checks and the descriptor
//! set, all from one reading of the files.

#![expect(clippy::print_stdout, reason = "cargo is told by printing")]
#![expect(
    clippy::disallowed_methods,
    reason = "OUT_DIR is how cargo tells where to write"
)]

mod personal;
mod render;
mod rules;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_reflect::DescriptorPool;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed={}", root.display());

    let files = proto_files(&root.join("patron"))?;
    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_source_info(true).include_imports(true);
    compiler.open_files(&files)?;

    // Whole: with comments, for reflection and documentation. Its extension bytes are kept as
    // written, which re-encoding through prost types would lose.
    let descriptor_path = out.join("patron.bin");
    std::fs::write(&descriptor_path, compiler.encode_file_descriptor_set())?;
    let descriptors =
        prost_types::FileDescriptorSet::decode(compiler.encode_file_descriptor_set().as_slice())?;

    let mut config = prost_build::Config::new();
    config
        .include_file("patron.rs")
        .btree_map(["."])
        .bytes(["."])
        // Its comments hold code of other languages, which would be taken for examples in ours.
        .disable_comments(["google.api.HttpBody"])
        // Options only: read from the descriptors, never as messages.
        .extern_path(".google.api.Http", "::unused::Http")
        .extern_path(".google.api.HttpRule", "::unused::HttpRule")
        .extern_path(".google.api.CustomHttpPattern", "::unused::CustomHttpPattern")
        .extern_path(".google.api.FieldBehavior", "::unused::FieldBehavior")
        .extern_path(".buf.validate", "::unused")
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .enable_type_names();
    config.service_generator(
        tonic_prost_build::configure()
            .codec_path("crate::codec::CheckedCodec")
            .service_generator(),
    );
    config.compile_fds(descriptors.clone())?;

    let pool = DescriptorPool::decode(std::fs::read(&descriptor_path)?.as_slice())?;
    std::fs::write(out.join("rules.rs"), render::render(&pool)?)?;
    std::fs::write(out.join("checked.rs"), checked_impls(&descriptors))?;
    let holders = personal::holders(&pool);
    let personal = personal::render(&pool, &holders);
    std::fs::write(out.join("personal.rs"), personal)?;
    std::fs::write(out.join("exposed.rs"), exposed_impls(&pool, &holders)?)?;
    Ok(())
}

/// `impl Checked` for the messages of all RPCs: requests are checked, answers are not (an answer of
/// a newer release must stay readable).
fn checked_impls(descriptors: &prost_types::FileDescriptorSet) -> String {
    let methods = || {
        descriptors
            .file
            .iter()
            .flat_map(|file| &file.service)
            .flat_map(|service| &service.method)
    };
    let requests: BTreeSet<&str> = methods()
        .map(prost_types::MethodDescriptorProto::input_type)
        .collect();
    let answers: BTreeSet<&str> = methods()
        .map(prost_types::MethodDescriptorProto::output_type)
        .collect();
    let checked = requests
        .iter()
        .map(|name| format!("checked!({});\n", rust_path(name)));
    let unchecked = answers
        .difference(&requests)
        .map(|name| format!("unchecked!({});\n", rust_path(name)));
    checked.chain(unchecked).collect()
}

/// `impl Exposed` for the messages of all RPCs: answers are covered and requests are looked through. Clients
/// send requests by the same codec, so what were both would be covered on its way to another service.
fn exposed_impls(pool: &DescriptorPool, holders: &personal::Holders) -> Result<String, String> {
    let methods = || {
        pool.services()
            .flat_map(|service| service.methods().collect::<Vec<_>>())
    };
    let requests: BTreeSet<String> = methods()
        .map(|method| method.input().full_name().to_owned())
        .collect();
    let answers: BTreeSet<String> = methods()
        .map(|method| method.output().full_name().to_owned())
        .collect();
    if let Some(both) = requests
        .intersection(&answers)
        .find(|it| holders.contains(*it))
    {
        return Err(format!(
            "{both} holds personal data and is both a request and an answer: give one of them a message of its own"
        ));
    }
    let line = |name: &String| {
        let kind = match (holders.contains(name), requests.contains(name)) {
            (false, _) => "impersonal",
            (true, true) if has_mask(pool, name) => "update",
            (true, true) => "asked",
            (true, false) => "answered",
        };
        format!("{kind}!({});\n", rust_path(name))
    };
    Ok(requests.union(&answers).map(line).collect())
}

/// Whether a request names the fields that it changes.
fn has_mask(pool: &DescriptorPool, name: &str) -> bool {
    let message = pool.get_message_by_name(name);
    message.is_some_and(|message| message.get_field_by_name("update_mask").is_some())
}

/// `.patron.type.v1.Money` → `patron::r#type::v1::Money`.
fn rust_path(full_name: &str) -> String {
    full_name
        .trim_start_matches('.')
        .split('.')
        .map(|part| if part == "type" { "r#type" } else { part })
        .collect::<Vec<_>>()
        .join("::")
}

fn proto_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(proto_files(&path)?);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
