//! The tokens by which senders are known. Of a token only its digest is kept, so it can't get into a log.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cluster::notifications::limits::TOKEN_MIN;

/// The tokens that are good at a moment.
pub(crate) struct Tokens(Vec<blake3::Hash>);

/// Why nobody can be let in.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file can't be read.
    #[error("cannot read the token of notifications in {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It has a token that can be guessed, or none.
    #[error("{} has no token, or one that can be guessed: write {TOKEN_MIN} letters or more on a line", path.display())]
    Weak {
        /// The file.
        path: PathBuf,
    },
}

impl Tokens {
    /// Reads the file: a token on each line.
    pub(crate) fn read(path: &Path) -> Result<Self, TokenError> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| TokenError::Read { path: path.to_owned(), source })?;
        let tokens: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if tokens.is_empty() || tokens.iter().any(|token| token.len() < TOKEN_MIN) {
            return Err(TokenError::Weak { path: path.to_owned() });
        }
        Ok(Self(tokens.into_iter().map(|token| blake3::hash(token.as_bytes())).collect()))
    }

    /// Whether what stands in `Authorization` has one of them.
    pub(crate) fn admit(&self, authorization: &[u8]) -> bool {
        let Some(token) = given(authorization) else { return false };
        // Digests are compared, and in equal time: how long it takes tells nothing of a token.
        self.0.contains(&blake3::hash(&token))
    }
}

/// The token in `Authorization`: that of `Bearer`, or the password of `Basic`, whoever the user is.
fn given(authorization: &[u8]) -> Option<Vec<u8>> {
    let space = authorization.iter().position(|byte| *byte == b' ')?;
    let (scheme, rest) = (&authorization[..space], authorization[space..].trim_ascii());
    if scheme.eq_ignore_ascii_case(b"bearer") {
        return Some(rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return None;
    }
    let both = STANDARD.decode(rest).ok()?;
    let colon = both.iter().position(|byte| *byte == b':')?;
    Some(both[colon + 1..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "correct horse:battery";

    fn tokens(text: &str) -> Result<Tokens, TokenError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, text).unwrap();
        Tokens::read(&path)
    }

    fn basic(user_and_password: &str) -> String {
        format!("Basic {}", STANDARD.encode(user_and_password))
    }

    #[test]
    fn a_token_is_taken_in_both_forms_and_nothing_else_is() {
        let tokens = tokens(&format!("{TOKEN}\n")).unwrap();
        let good = [
            format!("Bearer {TOKEN}"),
            format!("bearer  {TOKEN} "),
            basic(&format!("any:{TOKEN}")),
            basic(&format!(":{TOKEN}")),
        ];
        for header in good {
            assert!(tokens.admit(header.as_bytes()), "{header}");
        }
        let bad = [
            String::new(),
            TOKEN.to_owned(),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            format!("Bearer {TOKEN}x"),
            format!("Bearer {}", &TOKEN[1..]),
            format!("Digest {TOKEN}"),
            format!("Basic {TOKEN}"),
            basic(TOKEN),
            basic(&format!("any:{TOKEN}x")),
            basic(&format!("{TOKEN}:any")),
            "Basic ====".to_owned(),
        ];
        for header in bad {
            assert!(!tokens.admit(header.as_bytes()), "{header}");
        }
        assert!(!tokens.admit(b"Bearer \xff\xfe"));
    }

    #[test]
    fn while_it_is_changed_the_old_and_the_new_token_are_good() {
        let tokens = tokens("the-token-of-yesterday\r\n\n  the-token-of-tomorrow").unwrap();
        assert!(tokens.admit(b"Bearer the-token-of-yesterday"));
        assert!(tokens.admit(b"Bearer the-token-of-tomorrow"));
        assert!(!tokens.admit(b"Bearer "));
    }

    #[test]
    fn a_file_without_a_good_token_lets_nobody_in_and_is_told_without_it() {
        for text in ["", "\n \n", "short", "the-token-of-yesterday\nshort\n"] {
            let error = tokens(text).err().unwrap().to_string();
            assert!(
                error.ends_with("write 16 letters or more on a line") && !error.contains("short"),
                "{error}"
            );
        }
        let error = Tokens::read(Path::new("/nowhere/token")).err().unwrap();
        assert_eq!(error.to_string(), "cannot read the token of notifications in /nowhere/token");
    }
}
