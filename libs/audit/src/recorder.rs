use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::contract::patron::r#type::v1::ErrorReason;
use access::MethodRules;
use chassis::audit::{Asked, Auditor, Begun, Recording};
use chassis::{Clock, Refusal};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::HeaderName;
use tokio::sync::{mpsc, oneshot};
use tonic::Code;

use crate::chain::Entry;
use crate::contract::{Direction, Found, MethodPlan, Plans};
use crate::draft::Draft;
use crate::metrics::Metrics;

/// The metadata in which callers say why they call.
pub const PURPOSE: HeaderName = HeaderName::from_static("patron-purpose");

/// Longest wait for a place, and for an entry to be kept.
const PATIENCE: Duration = Duration::from_secs(5);
/// When a caller may ask again.
const LATER: Duration = Duration::from_secs(1);

/// An entry on its way to the writer.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) entry: Entry,
    /// Who waits for it to be kept; nobody where the call was given up.
    pub(crate) kept: Option<oneshot::Sender<()>>,
}

/// Decides what is put on record, and hands it to the writer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    plans: Plans,
    places: mpsc::Sender<Job>,
    clock: Clock,
    metrics: Metrics,
}

impl Recorder {
    pub(crate) fn new(places: mpsc::Sender<Job>, clock: Clock, metrics: Metrics) -> Self {
        let pool = ::contract::pool();
        #[expect(
            clippy::expect_used,
            reason = "it is the contract of this build, and tests read it"
        )]
        let rules = MethodRules::from_pool(pool).expect("the contract declares who may call what");
        let plans = Plans::of(pool, |path| {
            let method = rules.get(path).filter(|method| !method.booked)?;
            Some(method.permission.clone())
        });
        Self(Arc::new(Inner {
            plans,
            places,
            clock,
            metrics,
        }))
    }
}

impl Auditor for Recorder {
    fn begin(&self, asked: &Asked<'_>) -> Option<Begun> {
        let plan = Arc::clone(self.0.plans.get(&asked.method.path)?);
        let inner = Arc::clone(&self.0);
        let draft = Draft::of(asked, inner.clock.now());
        Some(
            async move {
                let draft = draft?;
                let place = Place {
                    permit: inner.place().await?,
                    draft,
                };
                let recording = Taken {
                    inner,
                    plan,
                    found: Mutex::default(),
                    place: Mutex::new(Some(place)),
                };
                Ok(Arc::new(recording) as Arc<dyn Recording>)
            }
            .boxed(),
        )
    }
}

impl Inner {
    /// A place in the queue of the writer, which is this call's until it has used it.
    async fn place(&self) -> Result<mpsc::OwnedPermit<Job>, Refusal> {
        let places = self.places.clone().reserve_owned();
        match tokio::time::timeout(PATIENCE, places).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => {
                Err(self.refuse("the call was not made: it can't be put on record now"))
            }
        }
    }

    fn refuse(&self, message: &'static str) -> Refusal {
        self.metrics.refused.inc();
        Refusal::new(Code::Unavailable, ErrorReason::AuditUnavailable, message).retry_after(LATER)
    }
}

/// What becomes an entry, and room for it.
struct Place {
    permit: mpsc::OwnedPermit<Job>,
    draft: Draft,
}

/// The record of one call.
struct Taken {
    inner: Arc<Inner>,
    plan: Arc<MethodPlan>,
    found: Mutex<Found>,
    /// Until the entry is handed over.
    place: Mutex<Option<Place>>,
}

impl Taken {
    fn scan(&self, message: usize, bytes: &[u8], way: Direction) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        self.inner
            .plans
            .types()
            .scan(message, bytes, way, &mut found);
    }

    /// Hands the entry over, unless it was before.
    fn hand_over(&self, code: Code, kept: Option<oneshot::Sender<()>>) {
        let place = self
            .place
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(Place { permit, draft }) = place {
            let entry = draft.entry(&self.plan, self.found(), code);
            permit.send(Job { entry, kept });
        }
    }

    fn found(&self) -> Found {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = std::mem::take(&mut *found);
        if self.plan.streams_answers {
            found.read.extend(self.plan.readable.iter().cloned());
            found.is_partial = true;
        }
        found
    }
}

impl Recording for Taken {
    fn asked(&self, message: &[u8]) {
        self.scan(self.plan.input, message, Direction::Asked(self.plan.kind));
    }

    fn answered(&self, message: &[u8]) {
        let way = Direction::Answered(self.plan.kind);
        self.scan(self.plan.output, message, way);
    }

    fn streams_answers(&self) -> bool {
        self.plan.streams_answers
    }

    fn keep(&self, code: Code) -> BoxFuture<'_, Result<(), Refusal>> {
        let (tell, told) = oneshot::channel();
        self.hand_over(code, Some(tell));
        async move {
            match tokio::time::timeout(PATIENCE, told).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(self.inner.refuse(
                    "what was done is not on record yet, and whether it was done is not told before; \
                     repeat the call with the same request_id",
                )),
            }
        }
        .boxed()
    }
}

impl Drop for Taken {
    /// A call that was given up may have had its effect, and is on record like any other.
    fn drop(&mut self) {
        self.hand_over(Code::Cancelled, None);
    }
}
