//! The contact policy.

use calendar::{Unit, Zone};
use contract::patron::profile::v1 as proto;
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};
use proto::contact_cap::{CalendarWindow, Window as WireWindow};
use proto::contact_purpose::Priority as WirePriority;

use crate::domain::contact::caps::{Cap, CapId, Window};
use crate::domain::contact::policy::{Policy, Priority, PurposeRule};
use crate::domain::contact::quiet::QuietHours;
use crate::domain::contact::topic::{Channel, Purpose};
use crate::domain::invalid::{Invalid, Problem};
use crate::wire::time;

/// How times of the day are written.
const CLOCK: &str = "%H:%M";

/// A policy that was sent, when it makes sense in itself.
pub(crate) fn decode(sent: proto::ContactPolicy) -> Result<Policy, Invalid> {
    let zone = Zone::parse(&sent.default_time_zone);
    let zone = zone.map_err(|_| Invalid::new("default_time_zone", Problem::UnknownTimeZone))?;
    let numbered =
        |name: &'static str, at: usize| move |it: Invalid| it.within(format!("{name}[{at}]"));
    let quiet_hours = (0..)
        .zip(sent.quiet_hours)
        .map(|(at, hours)| decode_hours(hours).map_err(numbered("quiet_hours", at)));
    let quiet_hours = quiet_hours.collect::<Result<_, _>>()?;
    let caps = (0..)
        .zip(sent.caps)
        .map(|(at, cap)| decode_cap(cap).map_err(numbered("caps", at)));
    let policy = Policy {
        channels: channels(sent.channels),
        purposes: sent.purposes.into_iter().map(decode_purpose).collect(),
        quiet_hours,
        caps: caps.collect::<Result<_, _>>()?,
        default_zone: zone,
        reservation: SignedDuration::from_secs(sent.reservation_seconds.into()),
        opt_in: SignedDuration::from_hours(sent.opt_in_hours.into()),
    };
    policy.check()?;
    Ok(policy)
}

/// A policy with its version, 0 for the one that Patron begins with.
pub(crate) fn encode(
    policy: &Policy,
    version: i64,
    update_time: Option<Timestamp>,
) -> proto::ContactPolicy {
    proto::ContactPolicy {
        channels: names(&policy.channels),
        purposes: policy.purposes.iter().map(encode_purpose).collect(),
        quiet_hours: policy.quiet_hours.iter().map(encode_hours).collect(),
        caps: policy.caps.iter().map(encode_cap).collect(),
        default_time_zone: policy.default_zone.name().to_owned(),
        reservation_seconds: whole(policy.reservation.as_secs()),
        opt_in_hours: whole(policy.opt_in.as_hours()),
        etag: version.to_string(),
        update_time: update_time.map(time::encode),
    }
}

fn decode_purpose(sent: proto::ContactPurpose) -> PurposeRule {
    let priority = match sent.priority() {
        WirePriority::Unspecified | WirePriority::Campaign => Priority::Campaign,
        WirePriority::Survey => Priority::Survey,
        WirePriority::Complaint => Priority::Complaint,
        WirePriority::Transactional => Priority::Transactional,
    };
    PurposeRule {
        purpose: Purpose(sent.purpose),
        priority,
        needs_consent: sent.consent_required,
        double_opt_in: channels(sent.double_opt_in_channels),
        ignores_quiet_hours: sent.ignores_quiet_hours,
        ignores_caps: sent.ignores_caps,
    }
}

fn encode_purpose(rule: &PurposeRule) -> proto::ContactPurpose {
    let priority = match rule.priority {
        Priority::Campaign => WirePriority::Campaign,
        Priority::Survey => WirePriority::Survey,
        Priority::Complaint => WirePriority::Complaint,
        Priority::Transactional => WirePriority::Transactional,
    };
    proto::ContactPurpose {
        purpose: rule.purpose.0.clone(),
        priority: priority.into(),
        consent_required: rule.needs_consent,
        double_opt_in_channels: names(&rule.double_opt_in),
        ignores_quiet_hours: rule.ignores_quiet_hours,
        ignores_caps: rule.ignores_caps,
    }
}

fn decode_hours(sent: proto::QuietHours) -> Result<QuietHours, Invalid> {
    let clock = |field: &str, text: &str| {
        Time::strptime(CLOCK, text).map_err(|_| Invalid::new(field, Problem::NotATime))
    };
    Ok(QuietHours {
        start: clock("start_time", &sent.start_time)?,
        end: clock("end_time", &sent.end_time)?,
        channels: channels(sent.channels),
    })
}

fn encode_hours(hours: &QuietHours) -> proto::QuietHours {
    let clock = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
    proto::QuietHours {
        channels: names(&hours.channels),
        start_time: clock(hours.start),
        end_time: clock(hours.end),
    }
}

fn decode_cap(sent: proto::ContactCap) -> Result<Cap, Invalid> {
    let window = match sent.window {
        Some(WireWindow::RollingHours(hours)) => Window::Rolling {
            hours: u16::try_from(hours).unwrap_or(u16::MAX),
        },
        Some(WireWindow::Calendar(window)) => {
            let window = CalendarWindow::try_from(window).unwrap_or_default();
            let unit = unit_of(window);
            Window::Calendar(unit.ok_or_else(|| Invalid::new("calendar", Problem::Missing))?)
        }
        None => return Err(Invalid::new("window", Problem::Missing)),
    };
    Ok(Cap {
        id: CapId(sent.cap_id),
        channels: channels(sent.channels),
        purposes: sent.purposes.into_iter().map(Purpose).collect(),
        limit: usize::try_from(sent.limit).unwrap_or(1).max(1),
        window,
    })
}

fn unit_of(window: CalendarWindow) -> Option<Unit> {
    match window {
        CalendarWindow::Unspecified => None,
        CalendarWindow::Day => Some(Unit::Day),
        CalendarWindow::Week => Some(Unit::Week),
        CalendarWindow::Month => Some(Unit::Month),
    }
}

fn encode_cap(cap: &Cap) -> proto::ContactCap {
    let window = match cap.window {
        Window::Rolling { hours } => WireWindow::RollingHours(hours.into()),
        Window::Calendar(Unit::Day) => WireWindow::Calendar(CalendarWindow::Day.into()),
        Window::Calendar(Unit::Week) => WireWindow::Calendar(CalendarWindow::Week.into()),
        // No other is ever made.
        Window::Calendar(_) => WireWindow::Calendar(CalendarWindow::Month.into()),
    };
    proto::ContactCap {
        cap_id: cap.id.0.clone(),
        channels: names(&cap.channels),
        purposes: cap.purposes.iter().map(|it| it.0.clone()).collect(),
        limit: i32::try_from(cap.limit).unwrap_or(i32::MAX),
        window: Some(window),
    }
}

fn channels(sent: Vec<String>) -> Vec<Channel> {
    sent.into_iter().map(Channel).collect()
}

fn names(channels: &[Channel]) -> Vec<String> {
    channels.iter().map(|it| it.0.clone()).collect()
}

fn whole(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_the_same_after_a_journey() {
        let policy = Policy::initial(Zone::parse("Asia/Shanghai").unwrap());
        let sent = encode(&policy, 7, None);
        assert_eq!(
            (sent.etag.as_str(), sent.quiet_hours[0].end_time.as_str()),
            ("7", "08:00")
        );
        assert_eq!(decode(sent.clone()), Ok(policy));
        let elsewhere = proto::ContactPolicy {
            default_time_zone: "Atlantis".to_owned(),
            ..sent
        };
        let refused = Invalid::new("default_time_zone", Problem::UnknownTimeZone);
        assert_eq!(decode(elsewhere), Err(refused));
    }
}
