//! The Synapse that the other stories run on.

use matrix_sdk::Client;
use secrecy::ExposeSecret as _;
use switchroom::demo::synapse::{RateLimits, Synapse, SynapseConfig, SynapseError};

use crate::harness::homeserver::venv;

async fn logged_in(synapse: &Synapse, password: &str) -> Client {
    let client = Client::builder().homeserver_url(synapse.url()).build().await.unwrap();
    client.matrix_auth().login_username("alice", password).send().await.unwrap();
    client
}

#[tokio::test]
async fn synapse_keeps_its_users_over_a_restart_and_a_kill() {
    let (venv, dir) = (venv().await, tempfile::tempdir().unwrap());
    let mut synapse = Synapse::start(&venv, &SynapseConfig::new(dir.path(), "desk.test")).await.unwrap();
    let account = synapse.register_user("alice", "secret words", false).await.unwrap();
    assert_eq!(account.user_id, "@alice:desk.test");
    assert!(!account.access_token.expose_secret().is_empty());

    let client = logged_in(&synapse, "secret words").await;
    synapse.restart().await.unwrap();
    assert_eq!(client.whoami().await.unwrap().user_id.as_str(), "@alice:desk.test");

    synapse.kill().await.unwrap();
    assert!(client.whoami().await.is_err());
    synapse.start_again().await.unwrap();
    assert_eq!(client.whoami().await.unwrap().user_id.as_str(), "@alice:desk.test");
    synapse.stop().await.unwrap();
}

#[tokio::test]
async fn a_user_who_exists_is_logged_in_with_their_own_password_only() {
    let (venv, dir) = (venv().await, tempfile::tempdir().unwrap());
    let config =
        SynapseConfig { rate_limits: RateLimits::Default, ..SynapseConfig::new(dir.path(), "desk.test") };
    let synapse = Synapse::start(&venv, &config).await.unwrap();
    let first = synapse.register_user("alice", "secret words", true).await.unwrap();
    let again = synapse.register_user("alice", "secret words", true).await.unwrap();
    assert_eq!(first.user_id, again.user_id);
    assert_ne!(first.device_id, again.device_id);
    let refused = synapse.register_user("alice", "guessed words", true).await.unwrap_err();
    assert!(matches!(refused, SynapseError::Refused { .. }), "{refused}");
}

#[tokio::test]
async fn a_synapse_that_cannot_start_says_why() {
    let (venv, dir) = (venv().await, tempfile::tempdir().unwrap());
    let mut config = SynapseConfig::new(dir.path(), "desk.test");
    config.registrations.push(dir.path().join("missing.yaml"));
    let error = Synapse::start(&venv, &config).await.unwrap_err();
    assert!(matches!(&error, SynapseError::Ended { output } if output.contains("missing.yaml")), "{error}");
}
