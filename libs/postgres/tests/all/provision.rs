//! A deployment's administrator, who is no superuser, can set a service up, and again.

use postgres::embedded::{Address, SUPERUSER};
use postgres::testing::TestCluster;
use postgres::{Provision, provision};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use crate::support::RELEASE;

const PLAN: Provision<'_> = Provision {
    database: "profile",
    owner: "profile_owner",
    app: "profile",
};

async fn connect(address: &Address, database: &str, role: &str) -> PgConnection {
    address
        .options(database, role)
        .connect()
        .await
        .expect("a connection")
}

#[tokio::test]
async fn an_administrator_without_superuser_rights_can_set_up_a_service_twice() {
    let cluster = TestCluster::private().await;
    let address = cluster.address();
    let mut superuser = connect(&address, SUPERUSER, SUPERUSER).await;
    sqlx::raw_sql("CREATE ROLE deployer LOGIN CREATEDB CREATEROLE; CREATE ROLE stranger LOGIN")
        .execute(&mut superuser)
        .await
        .expect("two roles");
    let mut deployer = connect(&address, SUPERUSER, "deployer").await;
    for _ in 0..2 {
        provision(&mut deployer, &PLAN)
            .await
            .expect("a database with its roles");
        let mut owner = connect(&address, PLAN.database, PLAN.owner).await;
        RELEASE.run(&mut owner, PLAN.app).await.expect("a schema");
        owner.close().await.expect("an end");
    }
    let mut app = connect(&address, PLAN.database, PLAN.app).await;
    sqlx::query("INSERT INTO ledger VALUES (1, 1)")
        .execute(&mut app)
        .await
        .expect("a fact");
    let limit: String = sqlx::query_scalar("SHOW idle_in_transaction_session_timeout")
        .fetch_one(&mut app)
        .await
        .expect("a setting");
    assert_eq!(limit, "10s", "a bare session has limits too");
    let stranger = address.options(PLAN.database, "stranger").connect().await;
    assert!(stranger.is_err(), "nobody else may enter");
}
