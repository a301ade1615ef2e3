use ::contract::checks::At;
use contract::package::Occasion;
use contract::patron::loyalty::v1 as contract;

use super::Reader;
use super::values::whole;
use crate::domain::program::{Package, PackageId, PackageOccasion};

impl<'d> Reader<'d> {
    pub(super) fn package(
        &mut self,
        at: &At<'_>,
        package: &'d contract::Package,
    ) -> Option<Package> {
        let occasion = self.occasion(at, package);
        let gates = self.gates(at, "gates", &package.gates);
        let grants = self.list(at, "grants", &package.grants, Self::grant);
        Some(Package {
            package_id: PackageId::new(&package.package_id),
            display_name: package.display_name.clone(),
            occasion: occasion?,
            lead_days: whole(package.lead_days),
            gates: gates?,
            grants: grants?,
        })
    }

    fn occasion(&mut self, at: &At<'_>, package: &'d contract::Package) -> Option<PackageOccasion> {
        let occasion = match package.occasion() {
            Occasion::Unspecified => return self.missing(at, "occasion"),
            Occasion::Welcome => PackageOccasion::Welcome,
            Occasion::Birthday => PackageOccasion::Birthday,
            Occasion::Anniversary => PackageOccasion::Anniversary,
            Occasion::TierReached => PackageOccasion::TierReached,
        };
        let is_dated = matches!(
            occasion,
            PackageOccasion::Birthday | PackageOccasion::Anniversary
        );
        let is_stray = package.lead_days != 0 && !is_dated;
        self.only_with(
            is_stray,
            at,
            "lead_days",
            "OCCASION_BIRTHDAY and OCCASION_ANNIVERSARY",
        );
        if occasion == PackageOccasion::TierReached && package.gates.is_empty() {
            return self.missing(at, "gates");
        }
        Some(occasion)
    }
}
