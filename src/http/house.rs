//! The house behind all doors: how many connections it holds, how long each may take, and who has to go when
//! it is full.
//!
//! Anybody can open connections, and say little over them. So each one has a time: for the head of a request,
//! for the whole of a request with its answer, and between two requests. And all of them together have a
//! bound, which leaves descriptors for our own requests and the database. A house that is full takes in a new
//! connection all the same and closes another: of those that have proved nothing (no token of the homeserver,
//! no signature of the provider) the oldest of the address that has most of them; else the one that has been
//! idle longest. A request of who has proved themselves is never closed for another's sake. Behind a reverse
//! proxy all come from one address, and it is the oldest then.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::observe;

/// What of a request's head, and of what is read ahead of its body, is held for one connection. Heads of
/// homeservers and providers take up a tenth of it.
const BUFFER_BYTES: usize = 16 * 1024;
/// The pause after the system had no connection for us.
const NONE_TO_BE_HAD: Duration = Duration::from_millis(100);

/// What the house bears. Every bound can be set, for tests and benches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at once, of all doors together.
    pub connections: usize,
    /// How long a connection that has proved nothing may be without a request whose head is whole.
    pub head_time: Duration,
    /// The same for one that has. Longer than a homeserver keeps its idle connections, so that it is the one
    /// who closes them, never just as it uses one.
    pub idle_time: Duration,
    /// How long a request with its answer may take, whatever its door allows. Streams of a built-in
    /// provider's page end then, and the page begins them anew.
    pub exchange_time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 1024,
            head_time: Duration::from_secs(10),
            // Synapse keeps its own for two minutes.
            idle_time: Duration::from_secs(150),
            exchange_time: Duration::from_mins(10),
        }
    }
}

/// Serves HTTP/1 until it is stopped, then finishes the requests under way.
pub async fn serve(listener: TcpListener, router: Router, bounds: Bounds, stop: CancellationToken) {
    let house = Arc::new(House { bounds, seats: Mutex::default(), next: AtomicU64::new(0) });
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(seated) = house.seat(peer.ip()) else { continue };
                connections.spawn(attend(stream, router.clone(), seated, stop.clone()));
            }
            // What went wrong with that one connection says nothing of the next.
            Err(error) if error.raw_os_error().is_none_or(|code| !is_want(code)) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken");
                tokio::time::sleep(NONE_TO_BE_HAD).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Whether an error of accepting means that the system, not the other side, lacks something.
fn is_want(code: i32) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM].iter().any(|want| want.raw_os_error() == code)
}

/// Answers the requests of one connection, for as long as it has.
async fn attend(stream: TcpStream, router: Router, seated: Seated, stop: CancellationToken) {
    // Answers are short and awaited.
    let _ = stream.set_nodelay(true);
    let seat = seated.seat.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, visit) = (router.clone(), Visit(Some(seat.clone())));
        let exchange = Exchange::begin(&seat);
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(visit);
            let answer = router.oneshot(request).await?;
            Ok::<_, Infallible>(answer.map(|body| Answer { body, _exchange: exchange }))
        }
    });
    let mut builder = http1::Builder::new();
    builder.max_buf_size(BUFFER_BYTES);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut is_ending = false;
    loop {
        tokio::select! {
            // Of a broken connection its other end knows more than we.
            _ = connection.as_mut() => break,
            why = seated.until_over() => {
                metrics::counter!(observe::CLOSED, "why" => why).increment(1);
                break;
            }
            () = stop.cancelled(), if !is_ending => {
                is_ending = true;
                connection.as_mut().graceful_shutdown();
                if seated.seat.state().doing == Doing::Nothing {
                    break;
                }
            }
        }
    }
}

/// All connections.
struct House {
    bounds: Bounds,
    seats: Mutex<HashMap<u64, Arc<Seat>>>,
    next: AtomicU64,
}

/// A connection among the others.
#[derive(Debug)]
struct Seat {
    peer: IpAddr,
    state: Mutex<State>,
    /// It has to make room for another.
    leave: CancellationToken,
}

#[derive(Clone, Copy, Debug)]
struct State {
    doing: Doing,
    since: Instant,
    has_proved: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// No request is there, or not the whole of its head.
    Nothing,
    /// A request is read or answered.
    Exchange,
}

/// A seat that is taken, until this is dropped.
struct Seated {
    house: Arc<House>,
    number: u64,
    seat: Arc<Seat>,
}

impl House {
    /// A seat for a new connection, someone else's if need be; none if all are at work for who has proved
    /// themselves.
    fn seat(self: &Arc<Self>, peer: IpAddr) -> Option<Seated> {
        let state = State { doing: Doing::Nothing, since: Instant::now(), has_proved: false };
        let seat =
            Arc::new(Seat { peer: network(peer), state: Mutex::new(state), leave: CancellationToken::new() });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut seats = self.seats();
        if seats.len() >= self.bounds.connections {
            let Some(victim) = victim(&seats) else {
                metrics::counter!(observe::CLOSED, "why" => "not let in").increment(1);
                return None;
            };
            if let Some(seat) = seats.remove(&victim) {
                seat.leave.cancel();
            }
        }
        seats.insert(number, seat.clone());
        gauge(seats.len());
        drop(seats);
        Some(Seated { house: self.clone(), number, seat })
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<u64, Arc<Seat>>> {
        // Each change is one insertion or removal: nothing is ever half done.
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seated {
    fn drop(&mut self) {
        let mut seats = self.house.seats();
        seats.remove(&self.number);
        gauge(seats.len());
    }
}

fn gauge(taken: usize) {
    metrics::gauge!(observe::CONNECTIONS).set(f64::from(u32::try_from(taken).unwrap_or(u32::MAX)));
}

/// Who has to go when the house is full.
fn victim(seats: &HashMap<u64, Arc<Seat>>) -> Option<u64> {
    let seen: Vec<(u64, IpAddr, State)> =
        seats.iter().map(|(number, seat)| (*number, seat.peer, seat.state())).collect();
    let mut strangers: HashMap<IpAddr, usize> = HashMap::new();
    for (_, peer, _) in seen.iter().filter(|(.., state)| !state.has_proved) {
        *strangers.entry(*peer).or_default() += 1;
    }
    let most = strangers.values().copied().max();
    let of_the_most =
        |(_, peer, state): &&(u64, IpAddr, State)| !state.has_proved && strangers.get(peer).copied() == most;
    let idle = |(.., state): &&(u64, IpAddr, State)| state.has_proved && state.doing == Doing::Nothing;
    let oldest = |among: &dyn Fn(&&(u64, IpAddr, State)) -> bool| {
        seen.iter()
            .filter(|seat| among(seat))
            .min_by_key(|(.., state)| state.since)
            .map(|(number, ..)| *number)
    };
    oldest(&of_the_most).or_else(|| oldest(&idle))
}

/// What one party has of addresses: one of the fourth version, a network of the sixth.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(peer) => IpAddr::V4(peer),
        IpAddr::V6(peer) => {
            let [a, b, c, d, ..] = peer.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

impl Seat {
    fn state(&self) -> State {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn_to(&self, doing: Doing) {
        let mut state = self.lock();
        state.doing = doing;
        state.since = Instant::now();
    }
}

impl Seated {
    /// Returns when the connection is to be closed, with the reason.
    async fn until_over(&self) -> &'static str {
        loop {
            let deadline = self.deadline();
            let now = Instant::now();
            if now >= deadline {
                return "late";
            }
            // It may turn to something that has less time.
            let look_again = deadline.min(now + self.house.bounds.head_time);
            tokio::select! {
                () = tokio::time::sleep_until(look_again) => {}
                () = self.seat.leave.cancelled() => return "full",
            }
        }
    }

    fn deadline(&self) -> Instant {
        let (state, bounds) = (self.seat.state(), &self.house.bounds);
        let time = match state.doing {
            Doing::Exchange => bounds.exchange_time,
            Doing::Nothing if state.has_proved => bounds.idle_time,
            Doing::Nothing => bounds.head_time,
        };
        state.since + time
    }
}

/// Whose request it is: what a door finds out of it is known of its connection from then on.
#[derive(Clone, Debug)]
pub(super) struct Visit(Option<Arc<Seat>>);

impl Visit {
    /// The visit that brought a request; of none where the request came over no connection of ours.
    pub(super) fn of(parts: &Parts) -> Self {
        parts.extensions.get::<Self>().cloned().unwrap_or(Self(None))
    }

    /// They proved who they are, by a token or a signature.
    pub(super) fn has_proved_itself(&self) {
        if let Some(seat) = &self.0 {
            seat.lock().has_proved = true;
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

/// A request under way, until its answer is.
struct Exchange(Arc<Seat>);

impl Exchange {
    fn begin(seat: &Arc<Seat>) -> Self {
        seat.turn_to(Doing::Exchange);
        Self(seat.clone())
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.turn_to(Doing::Nothing);
    }
}

/// An answer's body, which ends the exchange when it is through.
struct Answer {
    body: Body,
    _exchange: Exchange,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(peer: &str, age_secs: u64, doing: Doing, has_proved: bool) -> Arc<Seat> {
        let since = Instant::now() + Duration::from_hours(1) - Duration::from_secs(age_secs);
        let state = Mutex::new(State { doing, since, has_proved });
        Arc::new(Seat { peer: network(peer.parse().unwrap()), state, leave: CancellationToken::new() })
    }

    #[tokio::test]
    async fn in_a_full_house_the_strangers_of_the_busiest_address_go_first() {
        let mut seats = HashMap::from([
            (1, seat("10.0.0.1", 50, Doing::Exchange, true)),
            (2, seat("10.0.0.1", 60, Doing::Nothing, true)),
            (3, seat("10.0.0.2", 40, Doing::Nothing, false)),
            (4, seat("2001:db8::1", 10, Doing::Nothing, false)),
            (5, seat("2001:db8::2", 20, Doing::Exchange, false)),
        ]);
        let mut gone = Vec::new();
        while let Some(number) = victim(&seats) {
            seats.remove(&number);
            gone.push(number);
        }
        assert_eq!(gone, [5, 3, 4, 2], "the request of who has proved themselves stays");
    }
}
