//! Arguments only; the work is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use switchroom::check;
use switchroom::cli::{self, Args};

/// The allocator of production builds. It returns unused memory, as `.cargo/config.toml` says; the system's
/// own keeps twice as much after full load with 10,000 open conversations.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Args::parse()).await.unwrap_or_else(|error| {
        eprintln!("switchroom: {}", check::chain(error.as_ref()));
        ExitCode::FAILURE
    })
}
