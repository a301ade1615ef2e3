//! The calls that the service answers, group by group.

use chassis::paging::PageTokens;
use chassis::{Context, Service};
use contract::patron::profile::v1::access_file_service_server::AccessFileServiceServer;
use contract::patron::profile::v1::account_manager_service_server::AccountManagerServiceServer;
use contract::patron::profile::v1::activity_service_server::ActivityServiceServer;
use contract::patron::profile::v1::attribute_service_server::AttributeServiceServer;
use contract::patron::profile::v1::consent_service_server::ConsentServiceServer;
use contract::patron::profile::v1::contact_service_server::ContactServiceServer;
use contract::patron::profile::v1::customer_service_server::CustomerServiceServer;
use contract::patron::profile::v1::export_service_server::ExportServiceServer;
use contract::patron::profile::v1::health_service_server::HealthServiceServer;
use contract::patron::profile::v1::identity_service_server::IdentityServiceServer;
use contract::patron::profile::v1::import_service_server::ImportServiceServer;
use contract::patron::profile::v1::interaction_service_server::InteractionServiceServer;
use contract::patron::profile::v1::lifecycle_service_server::LifecycleServiceServer;
use contract::patron::profile::v1::match_service_server::MatchServiceServer;
use contract::patron::profile::v1::overview_service_server::OverviewServiceServer;
use contract::patron::profile::v1::privacy_service_server::PrivacyServiceServer;
use contract::patron::profile::v1::quality_service_server::QualityServiceServer;
use contract::patron::profile::v1::restriction_service_server::RestrictionServiceServer;
use contract::patron::profile::v1::retention_service_server::RetentionServiceServer;
use contract::patron::profile::v1::segment_service_server::SegmentServiceServer;
use contract::patron::profile::v1::tag_rule_service_server::TagRuleServiceServer;
use contract::patron::profile::v1::tag_service_server::TagServiceServer;
use retention::Removers;

use crate::api::access_files::AccessFiles;
use crate::api::accounts::Accounts;
use crate::api::activities::Activities;
use crate::api::attributes::Attributes;
use crate::api::consents::Consents;
use crate::api::contacts::Contacts;
use crate::api::customers::Customers;
use crate::api::exports::Exports;
use crate::api::health::Healths;
use crate::api::identities::Identities;
use crate::api::imports::Imports;
use crate::api::interactions::Interactions;
use crate::api::matches::Matches;
use crate::api::overview::Overviews;
use crate::api::privacy::Privacy;
use crate::api::quality::Qualities;
use crate::api::ratings::Ratings;
use crate::api::restrictions::Restrictions;
use crate::api::retention::Retention;
use crate::api::segments::Segments;
use crate::api::tag_rules::TagRules;
use crate::api::tags::Tags;
use crate::app::App;
use crate::app::readers::Readers;
use crate::metrics::{Decisions, Intake};
use crate::peers::Peers;

/// Adds every call of the role. Called within a Tokio runtime, in which customers are read.
pub(crate) fn answer(service: Service, app: &App, context: &Context, peers: Peers) -> Service {
    let pages = &context.pages;
    let parts = parts(app, pages, Intake::register(service.metrics()));
    let matches = Matches {
        app: app.clone(),
        pages: pages.clone(),
        balances: peers.balances,
    };
    let service = service.grpc(chassis::tuned!(MatchServiceServer::new(matches)));
    let service = customers(service, app, pages, &parts);
    let service = contact(service, app, pages, &parts);
    let service = sorting(service, app, pages, &parts);
    let service = service.grpc(chassis::tuned!(OverviewServiceServer::new(parts.clone())));
    let service = files(service, app, pages);
    let files = AccessFiles {
        app: app.clone(),
        services: peers.disclosers,
    };
    let service = service.grpc(chassis::tuned!(AccessFileServiceServer::new(files)));
    privacy(service, app, pages, parts.restrictions, peers.removers)
}

/// What all that is known of a customer is told by. Each also answers calls of its own.
fn parts(app: &App, pages: &PageTokens, metrics: Intake) -> Overviews {
    let readers = Readers::start(&app.db, &app.keyring);
    let (app, pages) = (|| app.clone(), || pages.clone());
    Overviews {
        customers: Customers {
            app: app(),
            readers,
            pages: pages(),
        },
        quality: Qualities {
            app: app(),
            pages: pages(),
        },
        ratings: Ratings {
            app: app(),
            pages: pages(),
        },
        health: Healths { app: app() },
        attributes: Attributes {
            app: app(),
            pages: pages(),
        },
        tags: Tags {
            app: app(),
            pages: pages(),
        },
        segments: Segments {
            app: app(),
            pages: pages(),
        },
        accounts: Accounts {
            app: app(),
            pages: pages(),
        },
        consents: Consents {
            app: app(),
            pages: pages(),
        },
        restrictions: Restrictions {
            app: app(),
            pages: pages(),
        },
        activities: Activities {
            app: app(),
            pages: pages(),
            metrics,
        },
    }
}

/// Who they are, which records are one person's, and what they did.
fn customers(service: Service, app: &App, pages: &PageTokens, parts: &Overviews) -> Service {
    let identities = Identities {
        app: app.clone(),
        pages: pages.clone(),
    };
    let interactions = Interactions {
        app: app.clone(),
        metrics: parts.activities.metrics.clone(),
    };
    let (customers, quality) = (parts.customers.clone(), parts.quality.clone());
    let activities = parts.activities.clone();
    service
        .grpc(chassis::tuned!(QualityServiceServer::new(quality)))
        .grpc(chassis::tuned!(CustomerServiceServer::new(customers)))
        .grpc(chassis::tuned!(IdentityServiceServer::new(identities)))
        .grpc(chassis::tuned!(ActivityServiceServer::new(activities)))
        .grpc(chassis::tuned!(InteractionServiceServer::new(interactions)))
}

/// What they allow, and whether they may be contacted.
fn contact(service: Service, app: &App, pages: &PageTokens, parts: &Overviews) -> Service {
    let contacts = Contacts {
        app: app.clone(),
        pages: pages.clone(),
        metrics: Decisions::register(service.metrics()),
    };
    let consents = parts.consents.clone();
    service
        .grpc(chassis::tuned!(ConsentServiceServer::new(consents)))
        .grpc(chassis::tuned!(ContactServiceServer::new(contacts)))
}

/// Into which groups they fall.
fn sorting(service: Service, app: &App, pages: &PageTokens, parts: &Overviews) -> Service {
    let rules = TagRules {
        app: app.clone(),
        pages: pages.clone(),
    };
    let (accounts, tags) = (parts.accounts.clone(), parts.tags.clone());
    let (segments, ratings) = (parts.segments.clone(), parts.ratings.clone());
    let (health, attributes) = (parts.health.clone(), parts.attributes.clone());
    service
        .grpc(chassis::tuned!(AccountManagerServiceServer::new(accounts)))
        .grpc(chassis::tuned!(TagServiceServer::new(tags)))
        .grpc(chassis::tuned!(SegmentServiceServer::new(segments)))
        .grpc(chassis::tuned!(LifecycleServiceServer::new(ratings)))
        .grpc(chassis::tuned!(HealthServiceServer::new(health)))
        .grpc(chassis::tuned!(AttributeServiceServer::new(attributes)))
        .grpc(chassis::tuned!(TagRuleServiceServer::new(rules)))
}

/// Files of customers, in and out.
fn files(service: Service, app: &App, pages: &PageTokens) -> Service {
    let imports = Imports {
        app: app.clone(),
        pages: pages.clone(),
    };
    let exports = Exports {
        app: app.clone(),
        pages: pages.clone(),
    };
    service
        .grpc(chassis::tuned!(ImportServiceServer::new(imports)))
        .grpc(chassis::tuned!(ExportServiceServer::new(exports)))
}

/// What they may ask for about their own data.
fn privacy(
    service: Service,
    app: &App,
    pages: &PageTokens,
    restrictions: Restrictions,
    removers: Removers,
) -> Service {
    let privacy = Privacy {
        app: app.clone(),
        pages: pages.clone(),
    };
    let retention = Retention {
        app: app.clone(),
        pages: pages.clone(),
        removers,
    };
    service
        .grpc(chassis::tuned!(PrivacyServiceServer::new(privacy)))
        .grpc(chassis::tuned!(RestrictionServiceServer::new(restrictions)))
        .grpc(chassis::tuned!(RetentionServiceServer::new(retention)))
}
