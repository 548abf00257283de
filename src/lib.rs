//! AIsaac: a self-hosted assistant that understands, answers and draws, offline.
//!
//! The rooms stand here in the order in which a message travels through them; `ARCHITECTURE.md` tells the journey.
#![recursion_limit = "256"]

pub mod message;
pub mod phrases;
pub mod media;
pub mod messenger;
pub mod inbox;
pub mod access;
pub mod assistant;
pub mod speech;
pub mod conversation;
pub mod intent;
pub mod drawing;
pub mod outbox;
pub mod store;
pub mod backup;
pub mod models;
pub mod inference;
pub mod app;
