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

/// For everybody in the process, the ONNX runtime's library too (it finds our `malloc` first). glibc's keeps what a model
/// has left behind; this one has a thread that gives it back to the system within ten seconds.
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
