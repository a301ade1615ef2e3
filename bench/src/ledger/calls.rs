//! Calls to the ledger.

use std::sync::Arc;

use chassis::Clock;
use contract::patron::loyalty::v1::accrual_service_client::AccrualServiceClient;
use contract::patron::loyalty::v1::member_service_client::MemberServiceClient;
use contract::patron::loyalty::v1::{
    Accrual, CreateAccrualRequest, CreateRedemptionRequest, GetMemberRequest, Redemption,
};
use futures_util::future::BoxFuture;
use sqlx::{ConnectOptions as _, Connection as _};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::processes::Cluster;

/// Points of one credit or redemption.
const POINTS: i64 = 1_000;
/// Points that each member begins with, in so many lots.
const FUNDS: [i64; 4] = [1_500, 2_500, 3_500, 1_000_000];
/// Calls at once while members are funded.
const AT_ONCE: usize = 128;

/// Something that a caller does again and again.
pub(super) trait Call:
    Fn(Channel, (u32, u32)) -> BoxFuture<'static, Result<(), Status>> + Clone + Send + 'static
{
}

impl<F> Call for F where
    F: Fn(Channel, (u32, u32)) -> BoxFuture<'static, Result<(), Status>> + Clone + Send + 'static
{
}

/// Members with points.
#[derive(Clone)]
pub(super) struct Members {
    ids: Arc<[String]>,
    bearer: MetadataValue<Ascii>,
    clock: Clock,
}

impl Members {
    pub(super) async fn create(cluster: &Cluster, count: usize) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let ids: Vec<_> = (0..count).map(|_| clock.new_id()).collect();
        let mut db = cluster.superuser("loyalty").connect().await?;
        sqlx::query(
            "INSERT INTO holders (holder_id, kind, program_id, state, enrolled_at)
             SELECT id, 1, 'default', 1, now() FROM unnest($1::uuid[]) AS id",
        )
        .bind(&ids)
        .execute(&mut db)
        .await?;
        db.close().await?;
        Ok(Self {
            ids: ids.iter().map(ToString::to_string).collect(),
            bearer: cluster.bearer()?,
            clock,
        })
    }

    /// Gives each member its first points.
    pub(super) async fn fund(&self, address: &str) -> anyhow::Result<()> {
        use futures_util::{StreamExt as _, TryStreamExt as _};
        let channel = Endpoint::from_shared(address.to_owned())?.connect().await?;
        let credits = self
            .ids
            .iter()
            .flat_map(|id| FUNDS.map(|points| (id, points)));
        let calls = credits.map(|(id, points)| self.earn(channel.clone(), id, points));
        futures_util::stream::iter(calls)
            .buffer_unordered(AT_ONCE)
            .try_for_each(|()| async { Ok(()) })
            .await?;
        Ok(())
    }

    /// Credits and redemptions in turn, on members who are far from each other.
    pub(super) fn all(&self) -> impl Call + use<> {
        let members = self.clone();
        move |channel, (caller, number)| {
            // A multiplier that shares no factor with the number of members visits all of them.
            let place = u64::from(caller) * 7_919 + u64::from(number) * 104_729;
            let place = usize::try_from(place).unwrap_or_default();
            let id = members.ids.get(place % members.ids.len());
            members.act(channel, id.cloned().unwrap_or_default(), number)
        }
    }

    /// The same, all on one.
    pub(super) fn one(&self) -> impl Call + use<> {
        let members = self.clone();
        move |channel, (_, number)| {
            let id = members.ids.first().cloned().unwrap_or_default();
            members.act(channel, id, number)
        }
    }

    /// Reads balances.
    pub(super) fn read(&self) -> impl Call + use<> {
        let members = self.clone();
        move |channel, (caller, number)| {
            let place = u64::from(caller) * 7_919 + u64::from(number) * 104_729;
            let place = usize::try_from(place).unwrap_or_default();
            let id = members.ids.get(place % members.ids.len());
            let request = GetMemberRequest {
                customer_id: id.cloned().unwrap_or_default(),
            };
            let request = members.request(request);
            Box::pin(async move {
                MemberServiceClient::new(channel)
                    .get_member(request)
                    .await
                    .map(drop)
            })
        }
    }

    /// A caller begins with a credit, so on one member there is always enough.
    fn act(
        &self,
        channel: Channel,
        id: String,
        number: u32,
    ) -> BoxFuture<'static, Result<(), Status>> {
        if number.is_multiple_of(2) {
            self.earn(channel, &id, POINTS)
        } else {
            self.spend(channel, id)
        }
    }

    fn earn(
        &self,
        channel: Channel,
        id: &str,
        points: i64,
    ) -> BoxFuture<'static, Result<(), Status>> {
        let request = self.request(CreateAccrualRequest {
            accrual: Some(Accrual {
                customer_id: id.to_owned(),
                points,
                reference: "order-20250601-1234".to_owned(),
                ..Accrual::default()
            }),
            request_id: self.clock.new_id().to_string(),
            validate_only: false,
        });
        Box::pin(async move {
            AccrualServiceClient::new(channel)
                .create_accrual(request)
                .await
                .map(drop)
        })
    }

    fn spend(&self, channel: Channel, id: String) -> BoxFuture<'static, Result<(), Status>> {
        let request = self.request(CreateRedemptionRequest {
            redemption: Some(Redemption {
                customer_id: id,
                points: POINTS,
                reference: "reward-20250601-1234".to_owned(),
                ..Redemption::default()
            }),
            request_id: self.clock.new_id().to_string(),
            validate_only: false,
        });
        Box::pin(async move {
            MemberServiceClient::new(channel)
                .create_redemption(request)
                .await
                .map(drop)
        })
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert("authorization", self.bearer.clone());
        request
    }
}
