//! Account managers: assignment by hand and by load, hand-over, merges.

use contract::patron::profile::v1::account_manager::State;
use contract::patron::profile::v1::{
    AccountAssignment, AccountManager, AccountManagerAssigned, AssignAccountManagerRequest,
    Customer, GetAccountAssignmentRequest, HandOverAccountsRequest, HandOverAccountsResponse,
    KeyAccountLevel, ListAccountAssignmentsRequest, ListAccountManagersRequest,
    PutAccountManagerRequest,
};
use tonic::Status;

use crate::harness::{Profile, at_once, reason, request_id};
use crate::identities::{link, make, unmerge};

pub(crate) fn manager(id: &str, regions: &[&str], capacity: i32) -> AccountManager {
    AccountManager {
        manager_id: id.to_owned(),
        regions: regions.iter().map(|&it| it.to_owned()).collect(),
        capacity,
        state: State::Active.into(),
        ..AccountManager::default()
    }
}

pub(crate) async fn put(profile: &Profile, manager: AccountManager) -> AccountManager {
    let request = PutAccountManagerRequest {
        account_manager: Some(manager),
        request_id: request_id(),
    };
    let put = profile.accounts().put_account_manager(request).await;
    put.unwrap().into_inner()
}

async fn of_region(profile: &Profile, region: &str) -> String {
    let customer = Customer {
        region_code: region.to_owned(),
        ..Customer::default()
    };
    make(profile, customer).await.customer_id
}

pub(crate) fn asking(customer_id: &str, manager_id: &str) -> AssignAccountManagerRequest {
    AssignAccountManagerRequest {
        customer_id: customer_id.to_owned(),
        manager_id: manager_id.to_owned(),
        reason: "a new customer".to_owned(),
        request_id: request_id(),
        ..AssignAccountManagerRequest::default()
    }
}

pub(crate) async fn assign(
    profile: &Profile,
    request: AssignAccountManagerRequest,
) -> Result<AccountAssignment, Status> {
    let assigned = profile.accounts().assign_account_manager(request).await?;
    Ok(assigned.into_inner())
}

/// The person whose id it is, and who looks after it.
pub(crate) async fn manager_of(profile: &Profile, customer_id: &str) -> (String, String) {
    let request = GetAccountAssignmentRequest {
        customer_id: customer_id.to_owned(),
    };
    let assignment = profile.accounts().get_account_assignment(request).await;
    let assignment = assignment.unwrap().into_inner();
    (assignment.customer_id, assignment.manager_id)
}

async fn loads(profile: &Profile) -> Vec<(String, i32)> {
    let (mut loads, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListAccountManagersRequest {
            page_size: 2,
            page_token,
        };
        let page = profile.accounts().list_account_managers(request).await;
        let page = page.unwrap().into_inner();
        let managers = page.account_managers.into_iter();
        loads.extend(managers.map(|it| (it.manager_id, it.load)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return loads;
        }
    }
}

fn load(manager: &str, load: i32) -> (String, i32) {
    (manager.to_owned(), load)
}

fn handing(from: &str, to: &str) -> HandOverAccountsRequest {
    HandOverAccountsRequest {
        manager_id: from.to_owned(),
        to_manager_id: to.to_owned(),
        reason: "on leave".to_owned(),
        request_id: request_id(),
        ..HandOverAccountsRequest::default()
    }
}

async fn hand_over(
    profile: &Profile,
    request: HandOverAccountsRequest,
) -> HandOverAccountsResponse {
    let done = profile.accounts().hand_over_accounts(request).await;
    done.unwrap().into_inner()
}

#[tokio::test]
async fn a_customer_gets_whoever_is_of_the_region_and_has_the_most_room() {
    let profile = Profile::start().await;
    for it in [
        manager("ann", &["GB"], 2),
        manager("bob", &["GB", "DE"], 4),
        manager("eve", &["IE"], 9),
    ] {
        put(&profile, it).await;
    }
    let mut got = Vec::new();
    let mut last = String::new();
    for _ in 0..6 {
        last = of_region(&profile, "GB").await;
        got.push(
            assign(&profile, asking(&last, ""))
                .await
                .unwrap()
                .manager_id,
        );
    }
    assert_eq!(got, ["ann", "bob", "bob", "ann", "bob", "bob"]);
    let nobody = of_region(&profile, "GB").await;
    let refused = assign(&profile, asking(&nobody, "")).await.unwrap_err();
    assert_eq!(reason(&refused), "NO_ACCOUNT_MANAGER_FITS");
    for (named, why) in [
        ("ann", "ACCOUNT_MANAGER_FULL"),
        ("nobody", "ACCOUNT_MANAGER_NOT_FOUND"),
    ] {
        let refused = assign(&profile, asking(&nobody, named)).await.unwrap_err();
        assert_eq!(reason(&refused), why);
    }
    // By hand the region does not matter; who fits already stays.
    let strategic = AssignAccountManagerRequest {
        level: KeyAccountLevel::Strategic.into(),
        ..asking(&last, "eve")
    };
    let assigned = assign(&profile, strategic).await.unwrap();
    assert_eq!(assigned.previous_manager_id, "bob");
    assert_eq!(assigned.level(), KeyAccountLevel::Strategic);
    let expected = [load("ann", 2), load("bob", 3), load("eve", 1)];
    assert_eq!(loads(&profile).await, expected);
    let again = assign(&profile, asking(&last, "")).await.unwrap();
    assert_eq!(
        (again.manager_id.as_str(), again.level()),
        ("bob", KeyAccountLevel::Strategic)
    );
    let again = assign(&profile, asking(&last, "")).await.unwrap();
    assert_eq!(again.manager_id, "bob");

    let request = ListAccountAssignmentsRequest {
        customer_id: last.clone(),
        ..ListAccountAssignmentsRequest::default()
    };
    let history = profile.accounts().list_account_assignments(request).await;
    let history = history.unwrap().into_inner().assignments;
    let managers: Vec<_> = history.iter().map(|it| it.manager_id.as_str()).collect();
    assert_eq!(managers, ["bob", "eve", "bob"]);
    let events: Vec<AccountManagerAssigned> = profile.payloads(&last).await;
    let managers: Vec<_> = events.iter().map(|it| it.manager_id.as_str()).collect();
    assert_eq!(managers, ["bob", "eve", "bob"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_as_there_is_room_for_are_assigned_however_many_come_at_once() {
    let profile = Profile::start().await;
    put(&profile, manager("ann", &[], 6)).await;
    put(&profile, manager("bob", &[], 4)).await;
    let mut customers = Vec::new();
    for _ in 0..32 {
        customers.push(of_region(&profile, "GB").await);
    }
    let calls = customers.iter().enumerate().map(|(nth, customer)| {
        // Half of them by hand.
        let named = ["", "ann", "", "bob"][nth % 4];
        let (mut client, request) = (profile.accounts(), asking(customer, named));
        async move { client.assign_account_manager(request).await.is_ok() }
    });
    let done = at_once(calls).await;
    assert_eq!(done.into_iter().filter(|done| *done).count(), 10);
    assert_eq!(loads(&profile).await, [load("ann", 6), load("bob", 4)]);
}

#[tokio::test]
async fn a_manager_hands_over_and_the_absent_get_nobody() {
    let profile = Profile::start().await;
    put(&profile, manager("ann", &[], 5)).await;
    let mut customers = Vec::new();
    for region in ["GB", "GB", "DE"] {
        let customer = of_region(&profile, region).await;
        assign(&profile, asking(&customer, "ann")).await.unwrap();
        customers.push(customer);
    }
    put(&profile, manager("bob", &["GB"], 1)).await;
    put(&profile, manager("eve", &["DE"], 9)).await;
    let away = AccountManager {
        state: State::Absent.into(),
        ..manager("ann", &[], 5)
    };
    assert_eq!(put(&profile, away).await.load, 3);
    // One of region GB finds bob, who is full then; the one of DE finds eve.
    let request = handing("ann", "");
    let done = hand_over(&profile, request.clone()).await;
    assert_eq!((done.moved, done.unplaced), (2, 1));
    assert_eq!(done.next_page_token, "");
    let expected = [load("ann", 1), load("bob", 1), load("eve", 1)];
    assert_eq!(loads(&profile).await, expected);
    assert_eq!(hand_over(&profile, request).await, done, "once per request");
    // By hand the region does not matter.
    let done = hand_over(&profile, handing("ann", "eve")).await;
    assert_eq!((done.moved, done.unplaced), (1, 0));
    assert_eq!(manager_of(&profile, &customers[1]).await.1, "eve");
    for (from, to, why) in [
        ("eve", "ann", "ACCOUNT_MANAGER_ABSENT"),
        ("eve", "nobody", "ACCOUNT_MANAGER_NOT_FOUND"),
        ("nobody", "eve", "ACCOUNT_MANAGER_NOT_FOUND"),
        ("eve", "eve", "INVALID_ARGUMENT"),
    ] {
        let mut accounts = profile.accounts();
        let refused = accounts.hand_over_accounts(handing(from, to)).await;
        assert_eq!(reason(&refused.unwrap_err()), why, "{from} {to}");
    }
    let refused = assign(&profile, asking(&customers[1], "ann")).await;
    assert_eq!(reason(&refused.unwrap_err()), "ACCOUNT_MANAGER_ABSENT");
}

#[tokio::test]
async fn a_hand_over_goes_on_where_it_stopped_also_past_those_whom_nobody_has_room_for() {
    let profile = Profile::start().await;
    put(&profile, manager("ann", &[], 300)).await;
    put(&profile, manager("bob", &[], 2)).await;
    let many = sqlx::query(
        "WITH made AS (
             SELECT ('0190a000-0000-7000-8000-' || lpad(nth::text, 12, '0'))::uuid AS id
             FROM generate_series(1, 203) AS nth)
         INSERT INTO account_assignments
         SELECT id, 'ann', 'standard', '', 'user:eve', now(), true FROM made",
    );
    many.execute(profile.database.owner_pool()).await.unwrap();
    let mut customers = Vec::new();
    for _ in 0..2 {
        let customer = of_region(&profile, "GB").await;
        assign(&profile, asking(&customer, "ann")).await.unwrap();
        customers.push(customer);
    }
    let first = hand_over(&profile, handing("ann", "")).await;
    assert_eq!((first.moved, first.unplaced), (0, 200));
    let next = HandOverAccountsRequest {
        page_token: first.next_page_token,
        ..handing("ann", "")
    };
    let elsewhere = HandOverAccountsRequest {
        manager_id: "bob".to_owned(),
        ..next.clone()
    };
    let refused = profile.accounts().hand_over_accounts(elsewhere).await;
    assert_eq!(reason(&refused.unwrap_err()), "PAGE_TOKEN_INVALID");
    let second = hand_over(&profile, next).await;
    assert_eq!((second.moved, second.unplaced), (2, 3));
    assert_eq!(second.next_page_token, "");
    assert_eq!(loads(&profile).await, [load("ann", 203), load("bob", 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn assigning_handing_over_joining_and_parting_at_once_wait_for_each_other_and_count_right() {
    let profile = Profile::start().await;
    for id in ["ann", "bob", "eve", "kim"] {
        put(&profile, manager(id, &[], 40)).await;
    }
    let mut pairs = Vec::new();
    for nth in 0..8 {
        let (older, newer) = (
            of_region(&profile, "GB").await,
            of_region(&profile, "GB").await,
        );
        // Of half of the pairs, joining lets go of the manager who comes first, of the others of the last.
        let names = if nth % 2 == 0 {
            ["ann", "kim"]
        } else {
            ["kim", "ann"]
        };
        assign(&profile, asking(&older, names[0])).await.unwrap();
        assign(&profile, asking(&newer, names[1])).await.unwrap();
        pairs.push((older, newer));
    }
    let profile = std::sync::Arc::new(profile);
    let calls = pairs.iter().enumerate().map(|(nth, (older, newer))| {
        let (profile, older, newer) = (profile.clone(), older.clone(), newer.clone());
        async move {
            for _ in 0..3 {
                let joined = link(&profile, &older, &newer).await;
                assign(&profile, asking(&newer, "")).await.unwrap();
                let (from, to) =
                    [("ann", "kim"), ("kim", "ann"), ("bob", ""), ("eve", "")][nth % 4];
                hand_over(&profile, handing(from, to)).await;
                unmerge(&profile, &older, &joined).await.unwrap();
            }
        }
    });
    at_once(calls).await;
    let wrong = "SELECT count(*) FROM account_managers WHERE load <> (
        SELECT count(*) FROM account_assignments AS known
        WHERE known.manager_id = account_managers.manager_id AND counts)";
    assert_eq!(profile.count(wrong).await, 0);
    let waiting = "SELECT count(*) FROM account_assignments WHERE NOT counts";
    assert_eq!(
        profile.count(waiting).await,
        0,
        "each is a person of its own again"
    );
}

#[tokio::test]
async fn no_more_managers_are_at_work_than_one_can_be_chosen_among() {
    let profile = Profile::start().await;
    let many = sqlx::query(
        "INSERT INTO account_managers (manager_id, regions, brands, capacity, state)
         SELECT 'm' || nth, '{}', '{}', 1, 'active' FROM generate_series(1, 1000) AS nth",
    );
    many.execute(profile.database.owner_pool()).await.unwrap();
    let request = |manager| PutAccountManagerRequest {
        account_manager: Some(manager),
        request_id: request_id(),
    };
    let one_more = request(manager("ann", &[], 1));
    let refused = profile.accounts().put_account_manager(one_more).await;
    assert_eq!(reason(&refused.unwrap_err()), "ACCOUNT_MANAGER_LIMIT");
    let away = AccountManager {
        state: State::Absent.into(),
        ..manager("m7", &[], 1)
    };
    put(&profile, manager("m7", &["GB"], 2)).await;
    put(&profile, away).await;
    put(&profile, manager("ann", &[], 1)).await;
}

#[tokio::test]
async fn a_person_has_one_manager_and_parted_each_has_its_own() {
    let profile = Profile::start().await;
    put(&profile, manager("ann", &[], 5)).await;
    put(&profile, manager("bob", &[], 5)).await;
    let older = of_region(&profile, "GB").await;
    let newer = of_region(&profile, "GB").await;
    assign(&profile, asking(&older, "ann")).await.unwrap();
    assign(&profile, asking(&newer, "bob")).await.unwrap();
    let joined = link(&profile, &older, &newer).await;
    for id in [&older, &newer] {
        let expected = (older.clone(), "ann".to_owned());
        assert_eq!(manager_of(&profile, id).await, expected);
    }
    assert_eq!(loads(&profile).await, [load("ann", 1), load("bob", 0)]);
    unmerge(&profile, &older, &joined).await.unwrap();
    assert_eq!(manager_of(&profile, &older).await.1, "ann");
    assert_eq!(manager_of(&profile, &newer).await.1, "bob");
    assert_eq!(loads(&profile).await, [load("ann", 1), load("bob", 1)]);
    // What is handed over while they are joined stays with each.
    link(&profile, &older, &newer).await;
    let done = hand_over(&profile, handing("bob", "ann")).await;
    assert_eq!(done.moved, 1);
    assert_eq!(loads(&profile).await, [load("ann", 1), load("bob", 0)]);
    let events: Vec<AccountManagerAssigned> = profile.payloads(&newer).await;
    let managers: Vec<_> = events.iter().map(|it| it.manager_id.as_str()).collect();
    assert_eq!(managers, ["bob", "ann"]);
    // Who goes is looked after by nobody.
    let forgotten = sqlx::query("SELECT erase_person(ARRAY[$1::text::uuid, $2::text::uuid])");
    let forgotten = forgotten.bind(&older).bind(&newer);
    forgotten
        .execute(profile.database.owner_pool())
        .await
        .unwrap();
    assert_eq!(loads(&profile).await, [load("ann", 0), load("bob", 0)]);
}
