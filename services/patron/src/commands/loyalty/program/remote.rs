//! Programs as the server has them.

use anyhow::Context as _;
use bytes::Bytes;
use chassis::Clock;
use loyalty::program_file::ProgramFile;
use serde_json::{Value, json};

use super::super::super::access::Target;
use super::super::super::path::{encoded, query};
use crate::cli::Access;
use crate::client::{Client, ClientError};
use crate::output::say;

/// Rows of a page, and pages that are read at most.
const PAGE: &str = "500";
const MAX_PAGES: usize = 100;

/// The server.
pub(super) struct Remote(Client);

impl Remote {
    /// The server that the command line names.
    pub(super) fn find(access: &Access) -> anyhow::Result<Self> {
        Ok(Self(Target::find(access)?.client()?))
    }

    /// The programs.
    pub(super) async fn programs(&self) -> anyhow::Result<Vec<Value>> {
        self.pages("/v1/programs", "programs").await
    }

    /// The versions of a program, the latest first.
    pub(super) async fn versions(&self, program: &str) -> anyhow::Result<Vec<Value>> {
        let path = format!("/v1/programs/{}/versions", encoded(program));
        self.pages(&path, "programVersions").await
    }

    /// The document of a version; without a number, of the one in force.
    pub(super) async fn document(
        &self,
        program: &str,
        version: Option<i64>,
    ) -> anyhow::Result<ProgramFile> {
        let number = version.unwrap_or_default();
        let path = format!("/v1/programs/{}/versions/{number}", encoded(program));
        let answer = self.0.get(&path).await?.json()?;
        // JSON is YAML; a document that this release can't read is another release's.
        let document = answer.get("document").unwrap_or(&Value::Null).to_string();
        ProgramFile::read(&document).map_err(|problems| {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            anyhow::anyhow!(
                "the server's document can't be read: {}",
                problems.join("; ")
            )
        })
    }

    /// Whether there is a program with a version in force.
    pub(super) async fn is_there(&self, program: &str) -> anyhow::Result<bool> {
        let path = format!("/v1/programs/{}", encoded(program));
        match self.0.get(&path).await {
            Ok(_) => Ok(true),
            Err(ClientError::Refused { error, .. }) if error.reason() == "PROGRAM_NOT_FOUND" => {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Tells what a version would change.
    pub(super) async fn preview(&self, program: &str, version: i64) -> anyhow::Result<()> {
        let path = format!(
            "/v1/programs/{}/versions/{version}:preview",
            encoded(program)
        );
        let preview = self.0.get(&path).await?.json()?;
        let list = |name: &str| preview.get(name).and_then(Value::as_array).cloned();
        for change in list("changes").unwrap_or_default() {
            let text = |field| text(&change, field);
            let sign = match text("kind").as_str() {
                "KIND_ADDED" => '+',
                "KIND_REMOVED" => '-',
                _ => '~',
            };
            let (path, before, after) = (text("path"), text("before"), text("after"));
            say(format_args!("{sign} {path}: {before} → {after}"));
        }
        for warning in list("warnings").unwrap_or_default() {
            say(format_args!("! {}", warning.as_str().unwrap_or_default()));
        }
        for problem in list("problems").unwrap_or_default() {
            let (field, why) = (text(&problem, "field"), text(&problem, "description"));
            say(format_args!("✗ {field}: {why}"));
        }
        Ok(())
    }

    /// Asks for a change of a program: `place` is what follows the program in the path.
    pub(super) async fn post(
        &self,
        program: &str,
        place: &str,
        mut body: Value,
    ) -> Result<Value, ClientError> {
        let request_id = Clock::system().new_id().to_string();
        // A body that is the resource itself leaves the other fields to the query.
        let query = if place == "/versions" {
            query(&[("request_id", &request_id)])
        } else {
            if let Some(fields) = body.as_object_mut() {
                fields.insert("requestId".to_owned(), json!(request_id));
            }
            String::new()
        };
        let path = match program {
            "" => format!("/v1/programs{place}{query}"),
            program => format!("/v1/programs/{}{place}{query}", encoded(program)),
        };
        self.0
            .post(&path, Bytes::from(body.to_string()))
            .await?
            .json()
    }

    async fn pages(&self, path: &str, list: &str) -> anyhow::Result<Vec<Value>> {
        let (mut rows, mut page_token) = (Vec::new(), String::new());
        for _ in 0..MAX_PAGES {
            let query = query(&[("pageSize", PAGE), ("pageToken", &page_token)]);
            let mut page = self.0.get(&format!("{path}{query}")).await?.json()?;
            page_token = text(&page, "nextPageToken");
            if let Some(Value::Array(found)) = page.get_mut(list).map(Value::take) {
                rows.extend(found);
            }
            if page_token.is_empty() {
                return Ok(rows);
            }
        }
        Err(anyhow::anyhow!("more than {MAX_PAGES} pages")).context(path.to_owned())
    }
}

/// A field as text; empty when it is not there.
pub(super) fn text(value: &Value, field: &str) -> String {
    match value.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}
