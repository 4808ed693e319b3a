//! Counts the calls of a store that does not speak HTTP, and holds them back: HDFS by its own protocol, and memory.

use std::error::Error as _;
use std::sync::Arc;

use hdfs_native::HdfsError;
use opendal::raw::{
    Layer, OpCompose, OpCopy, OpCreateDir, OpDelete, OpList, OpPresign, OpRead, OpRename, OpRestore, OpStat,
    OpWrite, RpCreateDir, RpPresign, RpRename, RpRestore, RpStat, Service, ServiceInfo, Servicer, oio,
};
use opendal::{Buffer, Capability, Error, ErrorKind, Metadata, OperationContext, Result};

use crate::remote::traffic::{Request, Traffic};

/// How many entries of a directory a NameNode gives at once (`dfs.ls.limit`).
const PAGE: u64 = 1_000;

/// What counts.
#[derive(Debug)]
pub(super) struct Counted(pub(super) Arc<Traffic>);

#[derive(Debug)]
struct Watched {
    traffic: Arc<Traffic>,
    inner: Servicer,
}

/// A listing, whose pages the client does not show.
struct Pages {
    traffic: Arc<Traffic>,
    inner: oio::Lister,
    entries: u64,
}

struct Writes(oio::Writer);

struct Removals {
    traffic: Arc<Traffic>,
    inner: oio::Deleter,
}

impl Layer for Counted {
    fn apply_service(&self, inner: Servicer) -> Servicer {
        Arc::new(Watched { traffic: Arc::clone(&self.0), inner })
    }
}

impl Traffic {
    /// Counts a call, and takes in whether it was answered.
    async fn call<T>(&self, request: Request, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let begun = self.begin(request)?;
        let answer = call.await.map_err(told);
        if answer.as_ref().err().is_none_or(|error| error.kind() != ErrorKind::Unexpected) {
            begun.answered();
        } else {
            begun.failed();
        }
        answer
    }
}

/// The error by the kind that it is: the service gives all that a NameNode refuses as unexpected.
fn told(error: Error) -> Error {
    let refusal = match error.source().and_then(|source| source.downcast_ref::<HdfsError>()) {
        Some(HdfsError::RPCError(exception, words)) if exception.ends_with("AccessControlException") => {
            words.clone()
        }
        Some(_) | None => return error,
    };
    Error::new(ErrorKind::PermissionDenied, refusal)
}

impl Service for Watched {
    type Reader = oio::Reader;
    type Writer = Writes;
    type Lister = Pages;
    type Deleter = Removals;
    type Copier = oio::Copier;
    type Composer = oio::Composer;

    fn info(&self) -> ServiceInfo {
        self.inner.info()
    }

    fn capability(&self) -> Capability {
        self.inner.capability()
    }

    async fn create_dir(&self, ctx: &OperationContext, path: &str, args: OpCreateDir) -> Result<RpCreateDir> {
        self.traffic.call(Request::Make, self.inner.create_dir(ctx, path, args)).await
    }

    async fn stat(&self, ctx: &OperationContext, path: &str, args: OpStat) -> Result<RpStat> {
        self.traffic.call(Request::Look, self.inner.stat(ctx, path, args)).await
    }

    fn read(&self, ctx: &OperationContext, path: &str, args: OpRead) -> Result<Self::Reader> {
        self.traffic.count(Request::Read)?;
        self.inner.read(ctx, path, args)
    }

    fn write(&self, ctx: &OperationContext, path: &str, args: OpWrite) -> Result<Self::Writer> {
        self.traffic.count(Request::Write)?;
        self.inner.write(ctx, path, args).map(Writes)
    }

    fn copy(&self, ctx: &OperationContext, from: &str, to: &str, args: OpCopy) -> Result<Self::Copier> {
        self.traffic.count(Request::Copy)?;
        self.inner.copy(ctx, from, to, args)
    }

    fn list(&self, ctx: &OperationContext, path: &str, args: OpList) -> Result<Self::Lister> {
        let inner = self.inner.list(ctx, path, args)?;
        Ok(Pages { traffic: Arc::clone(&self.traffic), inner, entries: 0 })
    }

    fn delete(&self, ctx: &OperationContext) -> Result<Self::Deleter> {
        Ok(Removals { traffic: Arc::clone(&self.traffic), inner: self.inner.delete(ctx)? })
    }

    async fn rename(&self, ctx: &OperationContext, from: &str, to: &str, args: OpRename) -> Result<RpRename> {
        self.traffic.call(Request::Rename, self.inner.rename(ctx, from, to, args)).await
    }

    fn compose(&self, ctx: &OperationContext, to: &str, args: OpCompose) -> Result<Self::Composer> {
        self.inner.compose(ctx, to, args)
    }

    async fn restore(&self, ctx: &OperationContext, path: &str, args: OpRestore) -> Result<RpRestore> {
        self.inner.restore(ctx, path, args).await
    }

    async fn presign(&self, ctx: &OperationContext, path: &str, args: OpPresign) -> Result<RpPresign> {
        self.inner.presign(ctx, path, args).await
    }
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
