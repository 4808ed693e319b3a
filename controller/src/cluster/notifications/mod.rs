//! Notifications: buckets tell of changes over HTTP, so that these are looked at at once and not at the next poll.
//!
//! A notification is a hint, as the file system's are: it says where to look now, and never what is there. Those that come
//! late, twice, in another order or not at all change nothing but how soon something is seen.

mod configuration;
mod inbox;
mod limits;
mod message;
mod receiver;
mod reception;
mod refusal;
mod tokens;

pub use configuration::Notifications;
pub use inbox::Inbox;
pub(crate) use inbox::Slot;
pub use message::{Key, Message, MessageError};
pub use receiver::{Receiver, ReceiverError};
pub use tokens::TokenError;
