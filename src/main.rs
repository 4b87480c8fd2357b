//! Arguments only; the work is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use switchroom::cli::{self, Args};

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Args::parse()).await.unwrap_or_else(|error| {
        eprintln!("switchroom: {}", cli::chain(error.as_ref()));
        ExitCode::FAILURE
    })
}
