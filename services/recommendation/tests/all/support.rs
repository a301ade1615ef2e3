//! A running role, the feed that it follows, and its callers.

use chassis::paging::PageTokens;
use chassis::{Clock, Context};
use contract::patron::profile::v1::{
    Order, OrderLine, OrderRecorded, ProcessingRestricted, ProcessingUnrestricted, Return,
    ReturnRecorded,
};
use contract::patron::recommendation::v1::recommendation_service_client::RecommendationServiceClient;
use contract::patron::recommendation::v1::{
    Basket, BasketItem, BasketResult, BatchRecordBasketsRequest, ListBoughtTogetherRequest,
    ListBoughtTogetherResponse, ListPopularProductsRequest,
};
use events::{Feeds, NewEvent};
use postgres::testing::TestDatabase;
use testkit::{Bearer, Caller, Role, Source, keyring, until};
use tonic::Status;
use uuid::Uuid;

pub(crate) type Client = RecommendationServiceClient<Caller>;

/// The outbox of a profile service, with nothing else of it.
pub(crate) struct Profile(Source);

impl Profile {
    /// Announces an order.
    pub(crate) async fn sold(&self, customer: Uuid, order: Order) {
        let event = OrderRecorded { order: Some(order) };
        let event = NewEvent::about(customer, Some(customer), &event);
        self.0.announce(event).await;
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
        self.0.announce(event).await;
    }

    /// Announces a return, with the order as it is now.
    pub(crate) async fn returned(&self, customer: Uuid, order: Order) {
        let event = ReturnRecorded {
            r#return: Some(Return::default()),
            order: Some(order),
        };
        let event = NewEvent::about(customer, Some(customer), &event);
        self.0.announce(event).await;
    }
}

/// A role on a database of its own. More replicas can join it.
pub(crate) struct World {
    pub(crate) profile: Profile,
    pub(crate) database: TestDatabase,
    clock: Clock,
}

impl World {
    pub(crate) async fn new() -> Self {
        let clock = Clock::system();
        Self {
            profile: Profile(Source::start("profile", &clock).await),
            database: TestDatabase::create(&recommendation::migrations()).await,
            clock,
        }
    }

    /// Starts a replica and waits until it is ready.
    pub(crate) async fn replica(&self) -> Role {
        let context = Context {
            clock: self.clock.clone(),
            pages: PageTokens::new(b"a secret of this test"),
        };
        let feeds = Feeds::of([("profile", self.profile.0.feed())]);
        let service =
            recommendation::service(self.database.db().clone(), &feeds, &keyring(), &context)
                .unwrap();
        let role = Role::start(service).await;
        until("the replica is ready", async || {
            role.is_ready().then_some(())
        })
        .await;
        role
    }
}

/// A client with these roles.
pub(crate) fn client(replica: &Role, roles: &[&str]) -> Client {
    RecommendationServiceClient::with_interceptor(replica.channel(), Bearer::of(roles))
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
    until(
        &format!("the popular products are {expected:?}"),
        async || (popular(client).await == expected).then_some(()),
    )
    .await;
}
