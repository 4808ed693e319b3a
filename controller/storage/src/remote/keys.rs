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
#[derive(Clone, Debug)]
pub(super) struct FolderKeys {
    folder: PathBuf,
}

impl FolderKeys {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Why there are no keys. Whoever asks for them tries others then, and tells no more than that there are none.
    pub(super) fn fault(&self) -> Option<String> {
        let needed = ["accessKeyId", "secretAccessKey"].into_iter();
        needed.filter_map(|name| self.needed(name).err()).map(|error| error.to_string()).next()
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

#[cfg(test)]
mod tests {
    use std::fs;

    use reqsign_core::time::Timestamp;
    use reqsign_core::{Context, ProvideCredential as _};

    use super::{FolderKeys, VALID};

    #[tokio::test]
    async fn keys_are_read_anew_and_hold_for_minutes() {
        let folder = tempfile::tempdir().expect("there is room");
        let keys = FolderKeys::new(folder.path().to_owned());
        let write = |file: &str, key: &str| {
            fs::write(folder.path().join(file), key).expect("the folder is ours");
        };
        write("secretAccessKey", "secret");
        for name in ["old", "new"] {
            write("accessKeyId", name);
            let given = keys.provide_credential(&Context::new()).await.expect("they are there");
            let given = given.expect("they are there");
            assert_eq!(given.access_key_id, name);
            let until = given.expires_in.expect("they are not for ever");
            assert!(until <= Timestamp::now() + VALID);
        }
    }

    #[tokio::test]
    async fn a_folder_without_a_key_is_told() {
        let folder = tempfile::tempdir().expect("there is room");
        let keys = FolderKeys::new(folder.path().to_owned());
        keys.provide_credential(&Context::new()).await.expect_err("there is none");
        let fault = keys.fault().expect("there is none");
        assert!(fault.contains("the Secret needs the entries"), "{fault}");
    }
}
