//! How many descriptors the system lets the program have, and how they are shared out: connections, files and
//! requests of our own take one each, and without one nothing goes in or out any more.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::http::Bounds;

/// As many are asked for; what is allowed beyond is of no use.
const WANTED: u64 = 16_384;
/// As many are for what is not a connection to us: requests under way to homeserver and provider, the
/// database's connections with up to three files each, media.
const OURS: u64 = 256;

/// The bounds of the house on this machine: its ordinary ones, and no more connections than leave descriptors
/// for us.
pub(super) fn bounds() -> Bounds {
    let bounds = Bounds::default();
    let theirs =
        raised().map_or(usize::MAX, |limit| usize::try_from(for_connections(limit)).unwrap_or(usize::MAX));
    Bounds { connections: bounds.connections.min(theirs), ..bounds }
}

/// Of so many descriptors: all but ours, and never less than half.
fn for_connections(limit: u64) -> u64 {
    limit.saturating_sub(OURS).max(limit / 2)
}

/// Raises the limit as far as is wanted and allowed, and returns what it is; `None` where there is none.
fn raised() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current?;
    let wanted = limit.maximum.map_or(WANTED, |most| most.min(WANTED));
    if wanted <= current {
        return Some(current);
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }) {
        Ok(()) => Some(wanted),
        Err(error) => {
            tracing::info!(%error, current, "the limit of open files stays as it is");
            Some(current)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_our_own_requests() {
        for (limit, connections) in [(64, 32), (256, 128), (1024, 768), (16_384, 16_128)] {
            assert_eq!(for_connections(limit), connections);
        }
        let bounds = bounds();
        assert!(bounds.connections <= Bounds::default().connections && bounds.connections > 0);
    }
}
