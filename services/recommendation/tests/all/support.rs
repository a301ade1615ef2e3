//! A running role, the feed that it follows, and its callers.

use std::sync::Arc;
use std::time::Duration;

use access::DevelopmentIssuer;
use chassis::config::{Config, IssuerConfig, IssuerRole};
use chassis::health::HealthState;
use chassis::paging::PageTokens;
use chassis::{Clock, Context, Running};
use contract::patron::profile::v1::{
    Order, OrderLine, OrderRecorded, ProcessingRestricted, ProcessingUnrestricted, Return,
    ReturnRecorded,
};
use contract::patron::recommendation::v1::recommendation_service_client::RecommendationServiceClient;
use contract::patron::recommendation::v1::{
    Basket, BasketItem, BasketResult, BatchRecordBasketsRequest, ListBoughtTogetherRequest,
    ListBoughtTogetherResponse, ListPopularProductsRequest,
};
use events::{Feed, FeedServer, Feeds, NewEvent, Outbox};
use jiff::SignedDuration;
use postgres::Migrations;
use postgres::testing::TestDatabase;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use uuid::Uuid;

pub(crate) type Client = RecommendationServiceClient<InterceptedService<Channel, Bearer>>;

static FEED_TABLES: Migrations = Migrations::new("profile", &[&events::MIGRATIONS]);

/// Adds a token to each call.
#[derive(Clone)]
pub(crate) struct Bearer(String);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let value = MetadataValue::try_from(format!("Bearer {}", self.0)).unwrap();
        request.metadata_mut().insert("authorization", value);
        Ok(request)
    }
}

/// The outbox of a profile service, with nothing else of it.
pub(crate) struct Profile {
    database: TestDatabase,
    outbox: Outbox,
    feed: FeedServer,
}

impl Profile {
    async fn start(clock: &Clock) -> Self {
        let database = TestDatabase::create(&FEED_TABLES).await;
        let outbox = Outbox::new("profile", clock.clone());
        let feed = FeedServer::new(database.db().clone(), outbox.clone());
        Self {
            database,
            outbox,
            feed,
        }
    }

    /// Announces an order.
    pub(crate) async fn sold(&self, customer: Uuid, order: Order) {
        self.announce(NewEvent::about(
            customer,
            Some(customer),
            &OrderRecorded { order: Some(order) },
        ))
        .await;
    }

    /// Announces whether nothing but storing may be done with what is held of a customer.
    pub(crate) async fn restricted(&self, customer: Uuid, is_restricted: bool) {
        let (id, about) = (customer.to_string(), (customer, Some(customer)));
        let event = if is_restricted {
            let (customer_id, customer_ids) = (id.clone(), vec![id]);
            let payload = ProcessingRestricted {
                customer_id,
                customer_ids,
            };
            NewEvent::about(about.0, about.1, &payload)
        } else {
            let (customer_id, customer_ids) = (id.clone(), vec![id]);
            let payload = ProcessingUnrestricted {
                customer_id,
                customer_ids,
            };
            NewEvent::about(about.0, about.1, &payload)
        };
        self.announce(event).await;
    }

    /// Announces a return, with the order as it is now.
    pub(crate) async fn returned(&self, customer: Uuid, order: Order) {
        let event = ReturnRecorded {
            r#return: Some(Return::default()),
            order: Some(order),
        };
        self.announce(NewEvent::about(customer, Some(customer), &event))
            .await;
    }

    async fn announce(&self, event: NewEvent) {
        let mut transaction = self.database.db().begin().await.unwrap();
        self.outbox.append(&mut transaction, event).await.unwrap();
        transaction.commit().await.unwrap();
        self.outbox.committed();
    }
}

/// A role on a database of its own. More replicas can join it.
pub(crate) struct World {
    pub(crate) profile: Profile,
    pub(crate) database: TestDatabase,
    clock: Clock,
    issuer: DevelopmentIssuer,
    stop: CancellationToken,
    _keys: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let clock = Clock::system();
        let keys = tempfile::tempdir().unwrap();
        Self {
            profile: Profile::start(&clock).await,
            database: TestDatabase::create(&recommendation::migrations()).await,
            issuer: DevelopmentIssuer::open(&keys.path().join("key.pem"), "patron").unwrap(),
            clock,
            stop: CancellationToken::new(),
            _keys: keys,
        }
    }

    /// Starts a replica and waits until it is ready.
    pub(crate) async fn replica(&self) -> Running {
        let context = Context {
            clock: self.clock.clone(),
            pages: PageTokens::new(b"a secret of this test"),
        };
        let feed: Arc<dyn Feed> = Arc::new(self.profile.feed.clone());
        let feeds = Feeds::of([("profile", feed)]);
        let service =
            recommendation::service(self.database.db().clone(), &feeds, &context).unwrap();
        let running = chassis::serve(service, &self.config(), self.stop.child_token())
            .await
            .unwrap();
        let mut health = running.health().subscribe();
        health.wait_for(HealthState::is_ready).await.unwrap();
        running
    }

    fn config(&self) -> Config {
        let mut config = Config::defaults().unwrap();
        config.server.listen = "127.0.0.1:0".parse().unwrap();
        config.server.admin_listen = "127.0.0.1:0".parse().unwrap();
        config.access.issuers = vec![IssuerConfig {
            issuer: self.issuer.issuer().to_owned(),
            jwks_file: None,
            jwks: Some(self.issuer.jwks().unwrap()),
            role: IssuerRole::People,
        }];
        config
    }

    /// A client with these roles.
    pub(crate) fn client(&self, running: &Running, roles: &[&str]) -> Client {
        let ttl = SignedDuration::from_mins(10);
        let token = self
            .issuer
            .token("someone", roles, self.clock.now(), ttl)
            .unwrap();
        let endpoint = Endpoint::from_shared(format!("http://{}", running.address())).unwrap();
        let bearer = Bearer(token.expose().to_owned());
        RecommendationServiceClient::with_interceptor(endpoint.connect_lazy(), bearer)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// An order of these products: each as (product, pieces bought, pieces returned).
pub(crate) fn order(order_id: &str, lines: &[(&str, i64, i64)]) -> Order {
    let line = |(number, (product, quantity, returned)): (usize, &(&str, i64, i64))| OrderLine {
        line_id: number.to_string(),
        product_id: (*product).to_owned(),
        product_name: format!("The {product}"),
        quantity: *quantity,
        returned_quantity: *returned,
        ..OrderLine::default()
    };
    Order {
        order_id: order_id.to_owned(),
        order_time: Some(prost_types::Timestamp {
            seconds: 1_300_000_000,
            nanos: 0,
        }),
        lines: lines.iter().enumerate().map(line).collect(),
        ..Order::default()
    }
}

/// A basket of these products.
pub(crate) fn basket(basket_id: &str, products: &[&str]) -> Basket {
    let item = |product: &&str| BasketItem {
        product_id: (*product).to_owned(),
        product_name: format!("The {product}"),
    };
    Basket {
        basket_id: basket_id.to_owned(),
        purchase_time: Some(prost_types::Timestamp {
            seconds: 1_300_000_000,
            nanos: 0,
        }),
        items: products.iter().map(item).collect(),
    }
}

pub(crate) async fn record(client: &mut Client, baskets: Vec<Basket>) -> Vec<BasketResult> {
    let request = BatchRecordBasketsRequest { baskets };
    client
        .batch_record_baskets(request)
        .await
        .unwrap()
        .into_inner()
        .results
}

pub(crate) async fn together(
    client: &mut Client,
    product: &str,
) -> Result<ListBoughtTogetherResponse, Status> {
    let request = ListBoughtTogetherRequest {
        product_id: product.to_owned(),
        min_basket_count: 1,
        ..ListBoughtTogetherRequest::default()
    };
    Ok(client.list_bought_together(request).await?.into_inner())
}

/// Each product with its baskets, most first.
pub(crate) async fn popular(client: &mut Client) -> Vec<(String, i64)> {
    let answer = client
        .list_popular_products(ListPopularProductsRequest::default())
        .await;
    let products = answer.unwrap().into_inner().products.into_iter();
    products
        .map(|sold| (sold.product.unwrap().product_id, sold.basket_count))
        .collect()
}

/// Waits until the popular products are these: what was written is seen a moment later.
pub(crate) async fn until_popular(client: &mut Client, expected: &[(&str, i64)]) {
    let expected: Vec<(String, i64)> = expected
        .iter()
        .map(|(product, count)| ((*product).to_owned(), *count))
        .collect();
    let mut last = Vec::new();
    for _ in 0..1000 {
        last = popular(client).await;
        if last == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("expected {expected:?}, still {last:?}");
}
