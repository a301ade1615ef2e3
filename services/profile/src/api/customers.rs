//! `CustomerService`.

use access::Reach;
use chassis::paging::{PageTokens, Scope, page_size};
use chassis::{Deadline, Refusal, caller, reach};
use contract::exposure::{Class, Exposure, Seen};
use contract::patron::profile::v1 as proto;
use proto::customer_service_server::CustomerService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::deadline;
use super::lists::{DEFAULT_SIZE, MOST_SIZE, answer};
use crate::app::App;
use crate::app::reach::{keep, keep_new};
use crate::app::readers::Readers;
use crate::app::update_customer::Update;
use crate::domain::customer::Customer;
use crate::domain::field::{Field, parse_mask};
use crate::domain::identifier::IdentifierKey;
use crate::domain::ids::CustomerId;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::search::Prefix;
use crate::wire;

const LIST: &str = "patron.profile.v1.CustomerService/ListCustomers";

/// Customers whom a search answers when the caller does not say how many.
const SEARCH_SIZE: u16 = 20;
/// Most of them: who gets more looks for somebody else.
const MOST_FOUND: u16 = 100;

/// The server of `CustomerService`.
#[derive(Clone, Debug)]
pub(crate) struct Customers {
    pub(crate) app: App,
    pub(crate) readers: Readers,
    pub(crate) pages: PageTokens,
}

#[tonic::async_trait]
impl CustomerService for Customers {
    async fn create_customer(
        &self,
        request: Request<proto::CreateCustomerRequest>,
    ) -> Result<Response<proto::Customer>, Status> {
        let deadline = deadline(&request);
        let (caller, reach) = (caller(&request)?.id().to_owned(), reach(&request));
        let request = request.into_inner();
        let sent = request.customer.clone().unwrap_or_default();
        let details = wire::customers::decode(sent, self.app.now());
        let details = details.and_then(|mut details| {
            details.read_points(self.app.country);
            details.check().map(|()| details)
        });
        let details = details.map_err(|invalid| Refusal::from(invalid.within("customer")))?;
        keep_new(&reach, &details)?;
        self.app
            .create_customer(&caller, deadline, &request, details)
            .await
    }

    async fn get_customer(
        &self,
        request: Request<proto::GetCustomerRequest>,
    ) -> Result<Response<proto::Customer>, Status> {
        let id = customer_id(&request.get_ref().customer_id)?;
        let customer = self.readers.customer(id).await?;
        Ok(Response::new(wire::customers::encode(customer)))
    }

    async fn lookup_customer(
        &self,
        request: Request<proto::LookupCustomerRequest>,
    ) -> Result<Response<proto::Customer>, Status> {
        let (deadline, reach) = (deadline(&request), reach(&request));
        let proto::LookupCustomerRequest { kind, value } = request.into_inner();
        wire::text("value", &value).map_err(Refusal::from)?;
        let key = IdentifierKey::stated(kind, value, self.app.country);
        let customer = self.readers.known_as(key).await?;
        let customer = self.app.within(deadline, &reach, customer).await?;
        Ok(Response::new(wire::customers::encode(customer)))
    }

    async fn list_customers(
        &self,
        request: Request<proto::ListCustomersRequest>,
    ) -> Result<Response<proto::ListCustomersResponse>, Status> {
        let (deadline, reach) = (deadline(&request), reach(&request));
        let page = self.list(deadline, request.get_ref(), &reach).await?;
        Ok(Response::new(page))
    }

    async fn search_customers(
        &self,
        request: Request<proto::SearchCustomersRequest>,
    ) -> Result<Response<proto::SearchCustomersResponse>, Status> {
        let (deadline, reach) = (deadline(&request), reach(&request));
        let request = request.into_inner();
        wire::text("query", &request.query).map_err(Refusal::from)?;
        let prefix = Prefix::of(&request.query)
            .ok_or_else(|| Refusal::from(Invalid::new("query", Problem::SearchesForNothing)))?;
        let prefix = match Exposure::current().of(Class::Personal) {
            Seen::Clear => prefix,
            Seen::Masked | Seen::Hidden => prefix.whole(),
        };
        let size = page_size(request.page_size, SEARCH_SIZE, MOST_FOUND);
        let page = self
            .app
            .search_customers(deadline, (&prefix, &reach), size)
            .await?;
        let found = page.items.into_iter().map(wire::customers::encode);
        Ok(Response::new(proto::SearchCustomersResponse {
            customers: found.collect(),
            has_more: page.has_more,
        }))
    }

    async fn update_customer(
        &self,
        request: Request<proto::UpdateCustomerRequest>,
    ) -> Result<Response<proto::Customer>, Status> {
        let deadline = deadline(&request);
        let (caller, reach) = (caller(&request)?.id().to_owned(), reach(&request));
        let request = request.into_inner();
        let update = self.decode_update(&request)?;
        keep(&reach, &update.sent, &update.fields)?;
        self.app
            .update_customer(&caller, deadline, &request, update)
            .await
    }

    async fn get_customer_traits(
        &self,
        request: Request<proto::GetCustomerTraitsRequest>,
    ) -> Result<Response<proto::CustomerTraits>, Status> {
        let deadline = deadline(&request);
        let id = customer_id(&request.get_ref().customer_id)?;
        let computed = self.app.traits(deadline, id).await?;
        Ok(Response::new(wire::traits::encode(computed)))
    }
}

impl Customers {
    async fn list(
        &self,
        deadline: Deadline,
        request: &proto::ListCustomersRequest,
        reach: &Reach,
    ) -> Result<proto::ListCustomersResponse, Refusal> {
        let region = request.region_code.as_str();
        wire::text("region_code", region)?;
        let scope = Scope {
            method: LIST,
            filters: &[region],
        };
        let before = self
            .pages
            .decode::<Uuid>(scope, &request.page_token)?
            .map(CustomerId);
        let size = page_size(request.page_size, DEFAULT_SIZE, MOST_SIZE);
        let region = (!region.is_empty()).then_some(region);
        let (app, whose) = (&self.app, (region, reach));
        let page = app.customers_within(deadline, whose, before, size).await?;
        let place = |customer: &Customer| customer.id.0;
        let (customers, next_page_token) =
            answer(&self.pages, scope, page, place, wire::customers::encode)?;
        Ok(proto::ListCustomersResponse {
            customers,
            next_page_token,
        })
    }

    fn decode_update(&self, request: &proto::UpdateCustomerRequest) -> Result<Update, Refusal> {
        let paths = request
            .update_mask
            .as_ref()
            .map_or(&[][..], |mask| mask.paths.as_slice());
        let fields = parse_mask(paths)?;
        let mut sent = request.customer.clone().unwrap_or_default();
        let id = wire::customer_id("customer.customer_id", &sent.customer_id)?;
        let etag = std::mem::take(&mut sent.etag);
        if !fields.contains(&Field::BirthDate) {
            // What the mask does not name is not looked at.
            sent.birth_date = None;
        }
        let sent = wire::customers::decode(sent, self.app.now());
        let sent = sent.map_err(|invalid| invalid.within("customer"))?;
        Ok(Update {
            id,
            etag,
            fields,
            sent,
        })
    }
}

fn customer_id(text: &str) -> Result<CustomerId, Refusal> {
    Ok(wire::customer_id("customer_id", text)?)
}
