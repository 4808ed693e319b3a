//! Copies on the server of an object store, each only where nothing is.
//!
//! S3 copies conditionally since 2025, and other servers that speak its protocol ignore the condition and overwrite. So a
//! server is tried once, with an object of our own; where it does not keep the condition, an object is read and written
//! by us, for a conditional write is older. A server that keeps neither is refused.

use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use opendal::{Error, ErrorKind, Operator};
use tokio::sync::OnceCell;

use crate::path::{RESERVED, join};
use crate::publish::{Existing, Published};

/// How much is read and written at once where we copy: the least part of an upload in parts, times two.
const CHUNK: usize = 10 * 1024 * 1024;

/// What copies objects.
#[derive(Debug)]
pub(super) struct Copier {
    operator: Operator,
    way: OnceCell<Way>,
    /// Set once it was seen that the server keeps the condition of a write.
    writes: OnceCell<()>,
}

/// What creates a copy and never replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The server's copy.
    Copy,
    /// Reading and writing.
    Write,
}

impl Copier {
    pub(super) fn new(operator: Operator) -> Self {
        Self { operator, way: OnceCell::new(), writes: OnceCell::new() }
    }

    /// Copies one object, in parts where it is larger than one copy may be.
    pub(super) async fn copy(
        &self,
        (from, to): (&str, &str),
        existing: Existing,
    ) -> Result<Published, Error> {
        let copied = match existing {
            Existing::Replace => self.operator.copy(from, to).await.map(|_| ()),
            Existing::Keep => match self.way().await? {
                Way::Copy => self.operator.copy_with(from, to).if_not_exists(true).await.map(|_| ()),
                Way::Write => self.write(from, to).await,
            },
        };
        created(copied)
    }

    /// Creates one small object with all of its bytes, if nothing is there. A call that had no answer is made again, and
    /// may then find its own object: nobody is told that ours was created where it was not.
    pub(super) async fn create(&self, path: &str, bytes: Vec<u8>) -> Result<Published, Error> {
        self.check_writes().await?;
        let written = self.operator.write_with(path, bytes).if_not_exists(true).await;
        created(written.map(|_| ()))
    }

    /// Tries once what the server does with a condition.
    async fn way(&self) -> Result<Way, Error> {
        self.way.get_or_try_init(|| self.find_way()).await.copied()
    }

    async fn find_way(&self) -> Result<Way, Error> {
        let (from, to) = (join(RESERVED, "probe-of-copies"), join(RESERVED, "probe-of-copies-2"));
        self.operator.write(&from, "").await?;
        self.operator.write(&to, "").await?;
        let copied = self.operator.copy_with(&from, &to).if_not_exists(true).await;
        // Some servers ignore the condition, and some refuse it as unknown: neither can copy conditionally.
        if matches!(created(copied.map(|_| ())), Ok(Published::AlreadyThere)) {
            return Ok(Way::Copy);
        }
        self.check_writes().await?;
        Ok(Way::Write)
    }

    /// Refuses a server that does not keep the condition of a write; tried once.
    async fn check_writes(&self) -> Result<(), Error> {
        self.writes.get_or_try_init(|| self.try_write()).await.copied()
    }

    async fn try_write(&self) -> Result<(), Error> {
        let probe = join(RESERVED, "probe-of-writes");
        self.operator.write(&probe, "").await?;
        let written = self.operator.write_with(&probe, "").if_not_exists(true).await;
        if created(written.map(|_| ()))? == Published::AlreadyThere {
            return Ok(());
        }
        let words = "the server overwrites what a conditional write (If-None-Match) is to keep, so nothing can be published there safely; use one that keeps it";
        Err(Error::new(ErrorKind::Unsupported, words))
    }

    async fn write(&self, from: &str, to: &str) -> Result<(), Error> {
        let bytes = self.operator.stat(from).await?.content_length();
        if bytes <= CHUNK as u64 {
            let whole = self.operator.read(from).await?;
            return self.operator.write_with(to, whole).if_not_exists(true).await.map(|_| ());
        }
        let mut reader =
            self.operator.reader_with(from).chunk(CHUNK).await?.into_futures_async_read(..).await?;
        let writer = self.operator.writer_with(to).if_not_exists(true).chunk(CHUNK).await?;
        let mut writer = writer.into_futures_async_write();
        let mut chunk = vec![0; CHUNK];
        loop {
            match reader.read(&mut chunk).await.map_err(unwrapped)? {
                0 => return writer.close().await.map_err(unwrapped),
                count => writer.write_all(&chunk[..count]).await.map_err(unwrapped)?,
            }
        }
    }
}

/// Whether ours was created, or something was there.
fn created(done: Result<(), Error>) -> Result<Published, Error> {
    match done {
        Ok(()) => Ok(Published::Published),
        Err(error) if matches!(error.kind(), ErrorKind::ConditionNotMatch | ErrorKind::AlreadyExists) => {
            Ok(Published::AlreadyThere)
        }
        Err(error) => Err(error),
    }
}

/// The store's error that went through a stream.
fn unwrapped(error: std::io::Error) -> Error {
    let words = error.to_string();
    let inner = error.into_inner().and_then(|it| it.downcast::<Error>().ok());
    inner.map_or_else(|| Error::new(ErrorKind::Unexpected, words), |it| *it)
}
