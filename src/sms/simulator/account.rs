//! The simulator as a provider that the config names. The key of its account is made anew at every start, and
//! known to nobody else.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use url::Url;

use super::config::SimulatorConfig;
use super::server::Simulator;
use crate::clock;
use crate::domain::address::Channel;
use crate::sms::account::{Account, BuiltIn, Kind, OpenError, Opened, Problem, Surroundings};
use crate::sms::callback;
use crate::sms::twilio::{self, TwilioAccount};
use crate::sms::webhook::Door;

/// Its account. It stays the same, because the addresses of pictures name it.
const ACCOUNT: &str = "AC00000000000000000000000000000000";
/// How fast its messages are delivered.
const PACE: Duration = Duration::from_millis(400);

/// The simulator.
pub const KIND: Kind = Kind {
    name: "simulator",
    title: "Simulator",
    channels: &Channel::ALL,
    longest: twilio::LONGEST,
    media: twilio::KIND.media,
    opt_outs: twilio::KIND.opt_outs,
    calls: true,
    is_outside: false,
    read: |_, _| Some(Arc::new(SimulatorAccount)),
};

/// The simulator inside the program, which is asked over HTTP as Twilio is.
#[derive(Clone, Copy, Debug)]
pub struct SimulatorAccount;

impl Account for SimulatorAccount {
    fn api_url(&self) -> Option<&Url> {
        None
    }

    fn media_hosts(&self) -> &'static [&'static str] {
        twilio::TWILIO.media_hosts
    }

    fn check(&self) -> BoxFuture<'_, Result<String, Problem>> {
        async { Ok("simulator: no text leaves this machine".to_owned()) }.boxed()
    }

    fn open(&self, around: Surroundings) -> BoxFuture<'_, Result<Opened, OpenError>> {
        async move {
            let auth_token = SecretString::from(clock::random_hex());
            let account = TwilioAccount {
                api_url: local_url(around.listen).map_err(OpenError::because)?,
                account_sid: ACCOUNT.to_owned(),
                signing_keys: vec![auth_token.clone()],
                auth_token,
                dialect: &twilio::TWILIO,
            };
            let doors = &around.doors;
            let simulator = Simulator::open(SimulatorConfig {
                account_sid: account.account_sid.clone(),
                auth_token: account.auth_token.clone(),
                api_url: account.api_url.clone(),
                inbound_url: callback::door(&doors.public_url, doors.provider, Door::Inbound.name()),
                numbers: around.numbers.clone(),
                file: around.file.clone(),
                pace: PACE,
                clock: around.clock.clone(),
            })
            .await
            .map_err(OpenError::because)?;
            let opened = account.open(around).await?;
            Ok(Opened { built_in: Some(Arc::new(simulator)), ..opened })
        }
        .boxed()
    }
}

impl BuiltIn for Simulator {
    fn router(&self) -> Router {
        Self::router(self)
    }

    fn stop(&self) {
        Self::stop(self);
    }
}

/// How this machine reaches a listener of its own: one that listens everywhere is asked on loopback.
fn local_url(listen: SocketAddr) -> Result<Url, url::ParseError> {
    let mut address = listen;
    if address.ip().is_unspecified() {
        let loopback =
            if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        address.set_ip(loopback);
    }
    Url::parse(&format!("http://{address}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simulator_is_asked_where_it_listens() {
        let made = |listen: &str| local_url(listen.parse().unwrap()).unwrap();
        assert_eq!(made("127.0.0.1:4711").as_str(), "http://127.0.0.1:4711/");
        assert_eq!(made("0.0.0.0:4711").as_str(), "http://127.0.0.1:4711/");
        assert_eq!(made("[::]:4711").as_str(), "http://[::1]:4711/");
    }
}
