//! Callers for each of the services.

use contract::patron::profile::v1::access_file_service_client::AccessFileServiceClient;
use contract::patron::profile::v1::account_manager_service_client::AccountManagerServiceClient;
use contract::patron::profile::v1::activity_service_client::ActivityServiceClient;
use contract::patron::profile::v1::attribute_service_client::AttributeServiceClient;
use contract::patron::profile::v1::consent_service_client::ConsentServiceClient;
use contract::patron::profile::v1::contact_service_client::ContactServiceClient;
use contract::patron::profile::v1::customer_service_client::CustomerServiceClient;
use contract::patron::profile::v1::export_service_client::ExportServiceClient;
use contract::patron::profile::v1::health_service_client::HealthServiceClient;
use contract::patron::profile::v1::identity_service_client::IdentityServiceClient;
use contract::patron::profile::v1::import_service_client::ImportServiceClient;
use contract::patron::profile::v1::interaction_service_client::InteractionServiceClient;
use contract::patron::profile::v1::lifecycle_service_client::LifecycleServiceClient;
use contract::patron::profile::v1::match_service_client::MatchServiceClient;
use contract::patron::profile::v1::privacy_service_client::PrivacyServiceClient;
use contract::patron::profile::v1::quality_service_client::QualityServiceClient;
use contract::patron::profile::v1::restriction_service_client::RestrictionServiceClient;
use contract::patron::profile::v1::retention_service_client::RetentionServiceClient;
use contract::patron::profile::v1::segment_service_client::SegmentServiceClient;
use contract::patron::profile::v1::tag_rule_service_client::TagRuleServiceClient;
use contract::patron::profile::v1::tag_service_client::TagServiceClient;
use testkit::{Bearer, Caller};

use super::Profile;

impl Profile {
    pub(crate) fn operator(&self) -> Bearer {
        Bearer::since(self.start_time, &["operator"])
    }

    pub(crate) fn privacy(&self) -> PrivacyServiceClient<Caller> {
        PrivacyServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn customers(&self) -> CustomerServiceClient<Caller> {
        CustomerServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    /// The customers as somebody else sees them.
    pub(crate) fn customers_as(&self, bearer: Bearer) -> CustomerServiceClient<Caller> {
        CustomerServiceClient::with_interceptor(self.channel.clone(), bearer)
    }

    pub(crate) fn identities(&self) -> IdentityServiceClient<Caller> {
        let bearer = Bearer::of(&["operator"]);
        IdentityServiceClient::with_interceptor(self.channel.clone(), bearer)
    }

    pub(crate) fn accounts(&self) -> AccountManagerServiceClient<Caller> {
        AccountManagerServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn quality(&self) -> QualityServiceClient<Caller> {
        self.quality_as(self.operator())
    }

    /// Data quality as somebody else sees it.
    pub(crate) fn quality_as(&self, bearer: Bearer) -> QualityServiceClient<Caller> {
        QualityServiceClient::with_interceptor(self.channel.clone(), bearer)
    }

    pub(crate) fn matches(&self) -> MatchServiceClient<Caller> {
        MatchServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn activities(&self) -> ActivityServiceClient<Caller> {
        ActivityServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn consents(&self) -> ConsentServiceClient<Caller> {
        ConsentServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn contacts(&self) -> ContactServiceClient<Caller> {
        ContactServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn tags(&self) -> TagServiceClient<Caller> {
        TagServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn attributes(&self) -> AttributeServiceClient<Caller> {
        self.attributes_as(self.operator())
    }

    /// The attributes as somebody else sees them.
    pub(crate) fn attributes_as(&self, bearer: Bearer) -> AttributeServiceClient<Caller> {
        AttributeServiceClient::with_interceptor(self.channel.clone(), bearer)
    }

    pub(crate) fn tag_rules(&self) -> TagRuleServiceClient<Caller> {
        TagRuleServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn segments(&self) -> SegmentServiceClient<Caller> {
        SegmentServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn imports(&self) -> ImportServiceClient<Caller> {
        ImportServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn interactions(&self) -> InteractionServiceClient<Caller> {
        InteractionServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn access_files(&self) -> AccessFileServiceClient<Caller> {
        AccessFileServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn restrictions(&self) -> RestrictionServiceClient<Caller> {
        RestrictionServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn retention(&self) -> RetentionServiceClient<Caller> {
        RetentionServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn exports(&self) -> ExportServiceClient<Caller> {
        ExportServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn lifecycle(&self) -> LifecycleServiceClient<Caller> {
        LifecycleServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }

    pub(crate) fn health(&self) -> HealthServiceClient<Caller> {
        HealthServiceClient::with_interceptor(self.channel.clone(), self.operator())
    }
}
