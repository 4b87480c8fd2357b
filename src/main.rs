//! Arguments only; the work is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;
use switchroom::cli::{self, Args};

/// Gives back what it no longer needs; the system's kept twice as much after a day's rush (`BENCHMARKS.md`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Args::parse()).await.unwrap_or_else(|error| {
        eprintln!("switchroom: {}", cli::chain(error.as_ref()));
        ExitCode::FAILURE
    })
}
