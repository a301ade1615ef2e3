//! Asking the profile service for what does not travel in events.

use std::sync::Arc;

use async_trait::async_trait;
use calendar::{MonthDay, Zone};
use chassis::client::Connection;
use contract::patron::profile::v1::customer_service_client::CustomerServiceClient;
use contract::patron::profile::v1::{Customer, GetCustomerRequest};
use tonic::Status;
use uuid::Uuid;

use crate::app::packages::{Profile, Profiles};

struct Remote(CustomerServiceClient<Connection>);

/// The profiles of the service at the other end of a connection.
pub fn profiles(connection: Connection) -> Arc<dyn Profiles> {
    Arc::new(Remote(CustomerServiceClient::new(connection)))
}

#[async_trait]
impl Profiles for Remote {
    async fn profile(&self, customer_id: Uuid) -> Result<Profile, Status> {
        let request = GetCustomerRequest {
            customer_id: customer_id.to_string(),
        };
        let customer = self.0.clone().get_customer(request).await?.into_inner();
        Ok(read(&customer))
    }
}

/// What of a customer is kept here: not the year of birth. What can't be read counts as not known.
fn read(customer: &Customer) -> Profile {
    let birthday = customer.birth_date.as_ref().and_then(|date| {
        let month = i8::try_from(date.month).ok()?;
        let day = i8::try_from(date.day).ok()?;
        MonthDay::new(month, day).ok()
    });
    Profile {
        birthday,
        zone: Zone::parse(&customer.time_zone).ok(),
    }
}

#[cfg(test)]
mod tests {
    use contract::google::r#type::Date;

    use super::*;

    fn profile(year: i32, month: i32, day: i32, time_zone: &str) -> Profile {
        read(&Customer {
            birth_date: Some(Date { year, month, day }),
            time_zone: time_zone.to_owned(),
            ..Customer::default()
        })
    }

    #[test]
    fn month_and_day_are_read_with_and_without_a_year_and_nonsense_is_not_known() {
        let birthday = MonthDay::new(2, 29).ok();
        assert_eq!(profile(1988, 2, 29, "").birthday, birthday);
        assert_eq!(profile(0, 2, 29, "").birthday, birthday);
        assert_eq!(profile(1988, 0, 0, "").birthday, None);
        assert_eq!(profile(1988, 13, 1, "").birthday, None);
        assert_eq!(read(&Customer::default()), Profile::default());
    }

    #[test]
    fn a_zone_that_is_none_is_not_known() {
        let zone = profile(0, 1, 1, "Asia/Shanghai").zone;
        assert_eq!(zone.unwrap().name(), "Asia/Shanghai");
        assert_eq!(profile(0, 1, 1, "Shanghai").zone, None);
    }
}
