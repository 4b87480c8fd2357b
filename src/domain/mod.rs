//! The desk's rules, pure: no async, SQL, HTTP, clock or randomness.

pub mod address;
pub mod agent;
pub mod auto_answer;
pub mod block;
pub mod case;
pub mod channel;
pub mod class;
pub mod consent;
pub mod contact;
pub mod conversation;
pub mod counts;
pub mod dead_letter;
pub mod effect;
pub mod erasure;
pub mod find;
pub mod flood;
pub mod hours;
pub mod ids;
pub mod input;
pub mod interaction;
pub mod lane;
pub mod masking;
pub mod media_part;
pub mod notice;
pub mod parked;
pub mod person;
pub mod picture;
pub mod queue;
pub mod readiness;
pub mod reply;
pub mod report;
pub mod route;
pub mod routing;
#[cfg(test)]
mod samples;
pub mod session;
pub mod settings;
mod state_event;
#[cfg(test)]
mod stored_tests;
pub mod tags;
pub mod talk;
pub mod text;
pub mod timer;
pub mod validate;
pub mod when;
pub mod work_channel;
