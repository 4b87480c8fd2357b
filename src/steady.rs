//! What must never end goes on after a panic: the program is not half dead in silence.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;

/// The pause after a panic.
const PAUSE: Duration = Duration::from_secs(1);
/// Panics of the program's own tasks, counted since the start.
pub(crate) const PANICS: &str = "switchroom_panics_total";

/// Runs something until it ends by itself. A panic in it is told and counted, and after a pause it begins
/// anew.
pub(crate) async fn keep_going<F: Future<Output = ()>>(what: &'static str, mut begin: impl FnMut() -> F) {
    while let Err(why) = caught(begin()).await {
        tracing::error!(what, why, "panicked, and begins anew");
        tokio::time::sleep(PAUSE).await;
    }
}

/// What comes of something; or why it panicked.
pub(crate) fn caught<F: Future>(work: F) -> impl Future<Output = Result<F::Output, String>> {
    // What may panic is large now and then, and would be moved from future to future.
    let work = Box::pin(work);
    async move {
        AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| {
            metrics::counter!(PANICS).increment(1);
            words(panic.as_ref())
        })
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it does not say why").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_panics_begins_anew_until_it_ends_by_itself() {
        let mut begun = 0;
        keep_going("a test", || {
            begun += 1;
            let number = begun;
            async move { assert!(number > 2, "not yet") }
        })
        .await;
        assert_eq!(begun, 3);
    }

    #[tokio::test]
    async fn a_panic_says_why() {
        let formatted = 7;
        let why = |outcome: Result<(), String>| outcome.unwrap_err();
        assert_eq!(why(caught(async { panic!("number {formatted}") }).await), "number 7");
        assert_eq!(why(caught(async { panic!("plain") }).await), "plain");
        assert_eq!(caught(async { 1 }).await, Ok(1));
    }
}
