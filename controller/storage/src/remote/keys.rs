//! Keys of a store's own, in the files of a folder: a Secret that is mounted. Whoever changes the Secret changes the keys.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use reqsign_aws_v4::Credential;
use reqsign_core::time::Timestamp;
use reqsign_core::{Context, Error, ProvideCredential, Result};

/// For how long keys are taken for valid. They are read again two minutes before, so about every minute: as often as a
/// kubelet brings a changed Secret.
const VALID: Duration = Duration::from_mins(3);

/// Keys in the files of a folder.
#[derive(Debug)]
pub(super) struct FolderKeys {
    folder: PathBuf,
}

impl FolderKeys {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The content of a file without white space around it; none where it is absent.
    fn read(&self, name: &str) -> Result<Option<String>> {
        let path = self.folder.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let words = format!("cannot read the key {}: {error}", path.display());
                Err(Error::credential_invalid(words))
            }
        }
    }

    fn needed(&self, name: &str) -> Result<String> {
        self.read(name)?.filter(|key| !key.is_empty()).ok_or_else(|| {
            let path = self.folder.join(name);
            let words = format!(
                "there is no key in {}: the Secret needs the entries accessKeyId and secretAccessKey",
                path.display()
            );
            Error::credential_invalid(words)
        })
    }
}

impl ProvideCredential for FolderKeys {
    type Credential = Credential;

    async fn provide_credential(&self, _: &Context) -> Result<Option<Credential>> {
        Ok(Some(Credential {
            access_key_id: self.needed("accessKeyId")?,
            secret_access_key: self.needed("secretAccessKey")?,
            session_token: self.read("sessionToken")?,
            expires_in: Some(Timestamp::now() + VALID),
        }))
    }
}
