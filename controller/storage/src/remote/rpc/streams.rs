//! What a call goes on as: the pages of a listing, the parts of a file, removals one by one.

use std::sync::Arc;

use opendal::raw::{OpDelete, oio};
use opendal::{Buffer, Metadata, Result};

use crate::remote::rpc::told;
use crate::remote::traffic::{Request, Traffic};

/// How many entries of a directory a NameNode gives at once (`dfs.ls.limit`).
const PAGE: u64 = 1_000;

/// A listing, whose pages the client does not show.
pub(super) struct Pages {
    pub(super) traffic: Arc<Traffic>,
    pub(super) inner: oio::Lister,
    pub(super) entries: u64,
}

/// A file that is being written.
pub(super) struct Writes(pub(super) oio::Writer);

/// Removals, each of which is a call.
pub(super) struct Removals {
    pub(super) traffic: Arc<Traffic>,
    pub(super) inner: oio::Deleter,
}

impl oio::Write for Writes {
    async fn write(&mut self, bytes: Buffer) -> Result<()> {
        self.0.write(bytes).await.map_err(told)
    }

    async fn close(&mut self) -> Result<Metadata> {
        self.0.close().await.map_err(told)
    }

    async fn abort(&mut self) -> Result<()> {
        self.0.abort().await.map_err(told)
    }
}

impl oio::List for Pages {
    async fn next(&mut self) -> Result<Option<oio::Entry>> {
        let is_page = self.entries.is_multiple_of(PAGE);
        self.entries += 1;
        if is_page {
            return self.traffic.call(Request::List, self.inner.next()).await;
        }
        self.inner.next().await.map_err(told)
    }
}

impl oio::Delete for Removals {
    async fn delete(&mut self, path: &str, args: OpDelete) -> Result<()> {
        self.traffic.call(Request::Remove, self.inner.delete(path, args)).await
    }

    async fn close(&mut self) -> Result<()> {
        self.inner.close().await
    }
}
