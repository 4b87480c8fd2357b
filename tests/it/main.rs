//! The integration tests: real programs, real wire.

#![expect(clippy::unwrap_used, reason = "in a test a panic is how a failure is told")]

mod agents;
mod browser;
mod compared;
mod files;
mod fuzz;
mod harness;
mod phone;
mod phone_numbers;
mod segments;
mod spelling;
mod store;
mod stories;
mod synapse;
