//! A look at stores that answer over a network, made without the catalogue.

use crate::remote::{self, ask};

/// A look at stores that answer over a network, prepared: whoever holds the catalogue can let go of it meanwhile.
#[derive(Debug, Default)]
pub struct Look(pub(super) Vec<(String, remote::Look)>);

impl Look {
    /// Asks the stores, all at once.
    pub async fn make(self) -> Self {
        if self.is_empty() { self } else { ask(self.make_here()).await }
    }

    /// Whether every store answered about every path.
    pub fn is_whole(&self) -> bool {
        self.0.iter().all(|(_, look)| look.is_whole())
    }

    pub(super) async fn make_here(self) -> Self {
        let looks = self.0.into_iter().map(|(store, look)| async move { (store, look.make().await) });
        Self(futures::future::join_all(looks).await)
    }

    /// Whether there is nothing to look at.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
