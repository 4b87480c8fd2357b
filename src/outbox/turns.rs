//! Turns: how many deliveries of each class run at once.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::domain::class::Class;

/// The turns of each class. Within a class they are given in the order of the requests.
pub(super) struct Turns {
    send: Semaphore,
    talk: Semaphore,
    awaited_room: Semaphore,
    room: Semaphore,
    media: Semaphore,
    slow: Semaphore,
}

impl Turns {
    pub(super) fn new() -> Self {
        let of = |class: Class| Semaphore::new(class.at_once());
        Self {
            send: of(Class::Send),
            talk: of(Class::Talk),
            awaited_room: of(Class::AwaitedRoom),
            room: of(Class::Room),
            media: of(Class::Media),
            slow: of(Class::Slow),
        }
    }

    /// Waits for a turn. It ends when the returned guard is dropped.
    pub(super) async fn have(&self, class: Class) -> Option<SemaphorePermit<'_>> {
        let semaphore = match class {
            Class::Send => &self.send,
            Class::Talk => &self.talk,
            Class::AwaitedRoom => &self.awaited_room,
            Class::Room => &self.room,
            Class::Media => &self.media,
            Class::Slow => &self.slow,
        };
        // It is never closed.
        semaphore.acquire().await.ok()
    }
}
