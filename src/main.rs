//! Arguments only; the work is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use switchroom::check;
use switchroom::cli::{self, Args};
use tikv_jemallocator::Jemalloc;

/// Gives back what is no longer needed, as `.cargo/config.toml` says; the system's own keeps twice as much after full
/// load with 10,000 open conversations.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Args::parse()).await.unwrap_or_else(|error| {
        eprintln!("switchroom: {}", check::chain(error.as_ref()));
        ExitCode::FAILURE
    })
}
