//! Where pictures are reduced: however many come at once, decoding them takes no more than a bound of memory,
//! and whoever waits for one waits no longer than a bound of time.

use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, OwnedSemaphorePermit, RwLock, Semaphore};

use super::preview::Takes;
use super::{Shown, animation, preview};
use crate::domain::notice::NotShown;

/// What all pictures that are being decoded take together, in KiB.
const MEMORY_KIB: u32 = 256 * 1024;
/// What one of them is counted as at least, so that two are decoded at a time and the rest of the program
/// keeps its share of the processors.
const LEAST_KIB: u32 = MEMORY_KIB / 2;
/// How many files for phones are fetched, made ready and kept at a time. Each is held twice at most.
const PLACES: usize = 3;
/// How long one may take, its turn come.
const PATIENCE: Duration = Duration::from_secs(30);

/// The one place of the program where pictures are decoded. Clones share it.
#[derive(Clone, Debug)]
pub struct Workshop {
    memory: Arc<Semaphore>,
    places: Arc<Semaphore>,
    reading: Arc<RwLock<()>>,
    patience: Duration,
}

/// The right to read a stranger's file, beside others or alone.
#[derive(Debug)]
pub struct Reading {
    _held: Result<OwnedRwLockReadGuard<()>, OwnedRwLockWriteGuard<()>>,
}

impl Default for Workshop {
    fn default() -> Self {
        let memory = Arc::new(Semaphore::new(MEMORY_KIB as usize));
        let (places, reading) = (Arc::new(Semaphore::new(PLACES)), Arc::default());
        Self { memory, places, reading, patience: PATIENCE }
    }
}

impl Workshop {
    /// Makes something of a picture, once it is its turn. `memory` says by its header how much that takes,
    /// and how many pixels it has.
    ///
    /// # Errors
    /// Where its header says that it is too large, or it cannot be made in time.
    pub(super) async fn make<T: Send + 'static>(
        &self,
        (bytes, mime): (Bytes, String),
        memory: fn(&Bytes, &str) -> Result<Takes, NotShown>,
        work: impl FnOnce(&Bytes, &str) -> Result<T, NotShown> + Send + 'static,
    ) -> Result<T, NotShown> {
        let unreadable = NotShown::Unreadable { mime: mime.clone() };
        let (header, mime_of_header) = (bytes.clone(), mime.clone());
        let header = tokio::task::spawn_blocking(move || memory(&header, &mime_of_header)).await;
        let (memory, (width, height)) = header.map_err(|_| unreadable.clone())??;
        let Some(memory) = kib(memory) else { return Err(NotShown::TooLarge { width, height }) };
        self.run(memory, move || work(&bytes, &mime)).await.unwrap_or(Err(unreadable))
    }

    /// The reduced copy of a picture.
    ///
    /// # Errors
    /// As [`Self::make`].
    pub(super) async fn preview(&self, bytes: Bytes, mime: String) -> Result<Shown, NotShown> {
        self.make((bytes, mime), memory_of_copy, copy).await
    }

    /// The right to read a stranger's file. One over which the program may have ended before is read alone,
    /// so that it is known to be the one if that happens again.
    pub async fn reading(&self, alone: bool) -> Reading {
        let reading = Arc::clone(&self.reading);
        Reading {
            _held: if alone { Err(reading.write_owned().await) } else { Ok(reading.read_owned().await) },
        }
    }

    /// A place for one of the files that are made ready for phones: so many of them are held at once.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Does a piece of work that takes this much memory, when there is room for it; `None` where it panics.
    /// Work that takes too long is left to its thread, and keeps its room until it ends.
    async fn run<T: Send + 'static>(
        &self,
        kib: u32,
        work: impl FnOnce() -> Result<T, NotShown> + Send + 'static,
    ) -> Option<Result<T, NotShown>> {
        let room = Arc::clone(&self.memory).acquire_many_owned(kib).await.ok()?;
        let work = tokio::task::spawn_blocking(move || {
            let _room = room;
            work()
        });
        match tokio::time::timeout(self.patience, work).await {
            Ok(done) => done.ok(),
            Err(_) => Some(Err(NotShown::TookTooLong)),
        }
    }
}

/// What making the copy takes, and how many pixels the picture has.
fn memory_of_copy(bytes: &Bytes, mime: &str) -> Result<Takes, NotShown> {
    let (memory, pixels) = preview::memory(bytes, mime)?;
    Ok((memory.max(animation::MEMORY + bytes.len() as u64), pixels))
}

/// The copy of a picture. Where it does not move, or for too long, or what moves is damaged, its first frame
/// is shown.
fn copy(bytes: &Bytes, mime: &str) -> Result<Shown, NotShown> {
    let moving = catch_unwind(|| animation::reduced(bytes)).ok().flatten();
    moving.map_or_else(|| preview::reduced(bytes, mime), Ok)
}

/// What a picture of this many bytes is counted as; nothing for one that is too large at any time.
fn kib(bytes: u64) -> Option<u32> {
    let kib = u32::try_from(bytes.div_ceil(1024)).ok()?;
    (kib <= MEMORY_KIB).then_some(kib.max(LEAST_KIB))
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc;

    use futures_util::future::join_all;
    use image::{DynamicImage, ImageFormat};

    use super::*;

    /// A PNG whose header says that it has this size, and which has next to no pixels.
    pub(in crate::media) fn png_of(width: u32, height: u32) -> Bytes {
        let mut bytes = std::io::Cursor::new(Vec::new());
        DynamicImage::new_rgba8(1, 1).write_to(&mut bytes, ImageFormat::Png).unwrap();
        let mut bytes = bytes.into_inner();
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let step = |crc: u32, byte: &u8| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
        };
        let crc = !bytes[12..29].iter().fold(u32::MAX, step);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        bytes.into()
    }

    #[tokio::test]
    async fn a_picture_too_large_is_refused_by_its_header() {
        let workshop = Workshop::default();
        for (width, height) in [(8192, 8192), (60_000, 60_000)] {
            let refused = workshop.preview(png_of(width, height), "image/png".to_owned()).await.unwrap_err();
            assert_eq!(refused, NotShown::TooLarge { width, height });
        }
        // What a phone takes fits: 48 million pixels as PNG without transparency, 24 million as JPEG.
        assert!(kib(48_000_000 * 3 + 48 * 1024 * 1024).is_some() && kib(24_000_000 * 9).is_some());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn pictures_decoded_at_once_take_no_more_than_the_bound() {
        let workshop = Workshop::default();
        let (held, most) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let sizes = [1_u64, 200, 100, 120, 1, 250, 90, 64, 30, 128, 129, 256];
        let pictures = sizes.map(|mib| {
            let (workshop, held, most) = (workshop.clone(), Arc::clone(&held), Arc::clone(&most));
            async move {
                let work = move || {
                    let now = held.fetch_add(mib, Ordering::SeqCst) + mib;
                    most.fetch_max(now, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    held.fetch_sub(mib, Ordering::SeqCst);
                    Ok(())
                };
                workshop.run(kib(mib << 20).unwrap(), work).await
            }
        });
        let done = join_all(pictures).await;
        assert!(done.iter().all(|done| *done == Some(Ok(()))), "each had its turn");
        assert!(most.load(Ordering::SeqCst) <= u64::from(MEMORY_KIB) / 1024);
        assert_eq!(workshop.memory.available_permits(), MEMORY_KIB as usize);
    }

    #[tokio::test]
    async fn one_that_never_ends_is_given_up_and_keeps_its_room_as_long_as_it_runs() {
        let workshop = Workshop { patience: Duration::from_millis(20), ..Workshop::default() };
        let (end, ended) = mpsc::channel::<()>();
        let endless = workshop.run(kib(1).unwrap(), move || Ok(ended.recv().is_ok())).await;
        assert_eq!(endless, Some(Err(NotShown::TookTooLong)));
        assert_eq!(workshop.memory.available_permits(), LEAST_KIB as usize);
        assert_eq!(workshop.run(kib(1).unwrap(), || Ok(1)).await, Some(Ok(1)), "others go on beside it");
        drop(end);
        let all = workshop.memory.acquire_many(MEMORY_KIB);
        assert!(tokio::time::timeout(Duration::from_secs(20), all).await.is_ok());
    }

    #[tokio::test]
    async fn one_that_panics_gives_its_room_back() {
        let workshop = Workshop::default();
        assert_eq!(
            workshop.run(kib(1).unwrap(), || -> Result<(), NotShown> { panic!("a decoder's") }).await,
            None
        );
        assert_eq!(workshop.memory.available_permits(), MEMORY_KIB as usize);
    }
}
