//! How large segments are: the number that is kept, with its bound, and all members counted one by one.

use std::time::Duration;

use contract::patron::profile::v1::GetSegmentSizeRequest;
use contract::patron::profile::v1::segment_service_client::SegmentServiceClient;
use tonic::transport::Channel;

use super::segments::ids;
use super::{World, authorised};
use crate::load::{self, Load};
use crate::report::{Figure, Report};

const KEPT: Load = Load {
    callers: 16,
    duration: Duration::from_secs(6),
    rate: Some(200.0),
};
/// Counting is asked for now and then, by one.
const COUNTED: Load = Load {
    callers: 1,
    duration: Duration::from_secs(10),
    rate: Some(2.0),
};
const BOUND_MS: f64 = 10.0;

pub(super) async fn measure(world: &World, report: &mut Report) -> anyhow::Result<()> {
    let kept = percentiles(world, KEPT, false).await?;
    report.add(Figure::new("profile/segment_size_p50", kept[0], "ms"));
    let p99 = Figure::new("profile/segment_size_p99", kept[1], "ms");
    report.add(p99.aiming("< 10 ms", |it| it.value < BOUND_MS));
    let counted = percentiles(world, COUNTED, true).await?;
    report.add(Figure::new("profile/segment_count_p50", counted[0], "ms"));
    report.add(Figure::new("profile/segment_count_p99", counted[1], "ms"));
    Ok(())
}

/// How long half of the calls took at most, and 99 of 100, each about another segment.
async fn percentiles(world: &World, load: Load, exact: bool) -> anyhow::Result<[f64; 2]> {
    let (ids, bearer) = (ids(), world.bearer.clone());
    let call = move |channel: Channel, (caller, turn): (u32, u32)| {
        let place = usize::try_from(caller * 7 + turn).unwrap_or_default();
        let segment_id = ids.get(place % ids.len()).cloned().unwrap_or_default();
        let request = authorised(GetSegmentSizeRequest { segment_id, exact }, &bearer);
        async move {
            let mut client = SegmentServiceClient::new(channel);
            client.get_segment_size(request).await.map(drop)
        }
    };
    let seen = load::run(&world.service.address, load, call).await?;
    Ok([0.5, 0.99].map(|share| seen.percentile_ms(share)))
}
