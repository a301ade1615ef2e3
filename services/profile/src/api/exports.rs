//! `ExportService`.

use std::collections::VecDeque;

use chassis::Refusal;
use chassis::paging::{PageTokens, Scope};
use contract::patron::profile::v1 as proto;
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, try_unfold};
use proto::export_service_server::ExportService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::app::App;
use crate::app::export::Exported;
use crate::domain::ids::CustomerId;
use crate::wire;

const EXPORT: &str = "patron.profile.v1.ExportService/ExportCustomers";

/// The server of `ExportService`.
#[derive(Clone, Debug)]
pub(crate) struct Exports {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
}

/// An export on its way.
struct Export {
    server: Exports,
    region_code: String,
    after: CustomerId,
    /// How many may still come.
    left: i64,
    page: VecDeque<Exported>,
    has_more: bool,
}

#[tonic::async_trait]
impl ExportService for Exports {
    type ExportCustomersStream = BoxStream<'static, Result<proto::ExportCustomersResponse, Status>>;

    async fn export_customers(
        &self,
        request: Request<proto::ExportCustomersRequest>,
    ) -> Result<Response<Self::ExportCustomersStream>, Status> {
        let proto::ExportCustomersRequest {
            region_code,
            resume_token,
            limit,
        } = request.into_inner();
        wire::text("region_code", &region_code).map_err(Refusal::from)?;
        let scope = Scope {
            method: EXPORT,
            filters: &[&region_code],
        };
        let after = self.pages.decode::<Uuid>(scope, &resume_token)?;
        let export = Export {
            server: self.clone(),
            after: CustomerId(after.unwrap_or_default()),
            left: if limit == 0 { i64::MAX } else { limit },
            page: VecDeque::new(),
            has_more: true,
            region_code,
        };
        let customers = try_unfold(export, |mut export| async {
            let next = export.next().await.map_err(Status::from)?;
            Ok(next.map(|customer| (customer, export)))
        });
        Ok(Response::new(customers.boxed()))
    }
}

impl Export {
    async fn next(&mut self) -> Result<Option<proto::ExportCustomersResponse>, Refusal> {
        if self.page.is_empty() && self.has_more && self.left > 0 {
            let region = Some(self.region_code.as_str()).filter(|region| !region.is_empty());
            let app = &self.server.app;
            let page = app.customers_after(region, self.after, self.left).await?;
            self.has_more = page.has_more;
            self.page = page.items.into();
        }
        let Some(Exported {
            customer,
            kept,
            known,
        }) = self.page.pop_front()
        else {
            return Ok(None);
        };
        self.after = customer.id;
        self.left = self.left.saturating_sub(1);
        let scope = Scope {
            method: EXPORT,
            filters: &[&self.region_code],
        };
        let resume_token = self.server.pages.encode(scope, &customer.id.0)?;
        Ok(Some(proto::ExportCustomersResponse {
            attributes: wire::attributes::standing(customer.id, &kept, &known).attributes,
            customer: Some(wire::customers::encode(customer)),
            resume_token,
        }))
    }
}
