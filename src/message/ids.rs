//! Row numbers, each of a type of its own.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(i64);

        impl $name {
            /// Wraps a row number of the store.
            #[must_use]
            pub const fn new(row: i64) -> Self {
                Self(row)
            }

            /// The row number.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// An accepted message.
    MessageId,
    /// A drawing in the FIFO.
    DrawingId,
    /// A reply in the outbox.
    ReplyId,
}
