//! Counts the calls of a store that does not speak HTTP, and holds them back: HDFS by its own protocol, and memory.

mod streams;

use std::error::Error as _;
use std::sync::Arc;

use hdfs_native::HdfsError;
use opendal::raw::{
    Layer, OpCompose, OpCopy, OpCreateDir, OpList, OpPresign, OpRead, OpRename, OpRestore, OpStat, OpWrite,
    RpCreateDir, RpPresign, RpRename, RpRestore, RpStat, Service, ServiceInfo, Servicer, oio,
};
use opendal::{Capability, Error, ErrorKind, OperationContext, Result};

use crate::remote::rpc::streams::{Pages, Removals, Writes};
use crate::remote::traffic::{Request, Traffic};

/// What counts.
#[derive(Debug)]
pub(super) struct Counted(pub(super) Arc<Traffic>);

#[derive(Debug)]
struct Watched {
    traffic: Arc<Traffic>,
    inner: Servicer,
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
