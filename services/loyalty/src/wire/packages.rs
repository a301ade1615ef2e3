use contract::package::Occasion;
use contract::patron::loyalty::v1 as contract;
use uuid::Uuid;

use crate::domain::program::{Package, PackageOccasion};

/// A member was given a package.
pub(crate) fn granted(customer_id: Uuid, package: &Package, key: &str) -> contract::PackageGranted {
    contract::PackageGranted {
        customer_id: customer_id.to_string(),
        package_id: package.package_id.to_string(),
        occasion: occasion(package.occasion).into(),
        occasion_key: key.to_owned(),
    }
}

fn occasion(occasion: PackageOccasion) -> Occasion {
    match occasion {
        PackageOccasion::Welcome => Occasion::Welcome,
        PackageOccasion::Birthday => Occasion::Birthday,
        PackageOccasion::Anniversary => Occasion::Anniversary,
        PackageOccasion::TierReached => Occasion::TierReached,
    }
}
