//! A gateway with its usual settings, and the bare server behind it.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;

use access::DevelopmentIssuer;
use jiff::SignedDuration;
use tempfile::TempDir;
use tonic::metadata::{Ascii, MetadataValue};

use crate::processes::{Binary, Process, echo, free_port};

/// Callers with a token of their own each.
const TOKENS: u32 = 64;

/// The processes at work.
pub(super) struct Front {
    pub(super) gateway: Process,
    pub(super) echo: Process,
    /// `authorization` headers of callers.
    pub(super) bearers: Arc<[MetadataValue<Ascii>]>,
    _folder: TempDir,
}

impl Front {
    pub(super) async fn start(binary: &Binary) -> anyhow::Result<Self> {
        Self::start_with(binary, BTreeMap::new()).await
    }

    /// Starts it with settings (as environment variables) besides the usual.
    pub(super) async fn start_with(
        binary: &Binary,
        settings: BTreeMap<&str, String>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("patron-bench-").tempdir()?;
        let key = folder.path().join("key.pem");
        let issuer = DevelopmentIssuer::open(&key, "patron")?;
        let echo = echo().await?;
        let log = folder.path().join("gateway.log");
        let file = std::fs::File::create(&log)?;
        let issuers = format!(
            "[{{issuer = {:?}, jwks = {:?}}}]",
            issuer.issuer(),
            issuer.jwks()?
        );
        let mut command = binary.command();
        command
            .args(["serve", "gateway"])
            .env("PATRON__ACCESS__SERVICE_KEY_FILE", &key)
            .env("PATRON__ACCESS__ISSUERS", issuers)
            .env("PATRON__PEERS__LOYALTY", &echo.address)
            // Counted as always, and never reached: a few callers make all the load here.
            .env("PATRON__GATEWAY__RATE_LIMITS__PER_SECOND", "1000000")
            .env("PATRON__GATEWAY__RATE_LIMITS__BURST", "1000000")
            .envs(settings)
            .stdout(Stdio::null())
            .stderr(file);
        let gateway = Process::start(&mut command, free_port()?, free_port()?)?;
        gateway.ready("gateway", &log).await?;
        Ok(Self {
            gateway,
            echo,
            bearers: bearers(&issuer)?,
            _folder: folder,
        })
    }
}

fn bearers(issuer: &DevelopmentIssuer) -> anyhow::Result<Arc<[MetadataValue<Ascii>]>> {
    let now = chassis::Clock::system().now();
    let bearers = (0..TOKENS).map(|number| {
        let subject = format!("caller-{number}");
        let token = issuer.token(&subject, &["operator"], now, SignedDuration::from_hours(2))?;
        Ok(format!("Bearer {}", token.expose()).parse()?)
    });
    bearers.collect()
}
