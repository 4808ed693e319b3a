//! Paths below a store's root: which are lawful, and how they fall into directory and leaf.

/// The directory below each root that belongs to Daybreak itself.
pub(crate) const RESERVED: &str = ".daybreak";

/// Why a text is no path below a root.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` is no path below a store's root: {fault}")]
pub struct BadPath {
    path: String,
    fault: &'static str,
}

/// `path` without the slash that marks a directory.
pub(crate) fn bare(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

/// The directory that `path` lies in, empty for the root, and its last component with the slash it may have.
pub(crate) fn split(path: &str) -> (&str, &str) {
    bare(path).rfind('/').map_or(("", path), |slash| (&path[..slash], &path[slash + 1..]))
}

/// The place of `name` in `directory`, the root being empty.
pub(crate) fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// Whether a path below a root is Daybreak's own.
pub fn is_reserved(path: &str) -> bool {
    bare(path).split('/').next() == Some(RESERVED)
}

/// Refuses what could leave the root, meet our own directory, or have two spellings.
pub(crate) fn check(path: &str) -> Result<(), BadPath> {
    let fault = if path.starts_with('/') {
        "it must not begin with a slash"
    } else if path.contains('\0') {
        "it contains a NUL"
    } else if bare(path).split('/').any(str::is_empty) {
        "it has an empty component"
    } else if bare(path).split('/').any(|component| component == "." || component == "..") {
        "`.` and `..` have no place in it"
    } else if is_reserved(path) {
        "`.daybreak` holds Daybreak's own files"
    } else {
        return Ok(());
    };
    Err(BadPath { path: path.to_owned(), fault })
}

#[cfg(test)]
mod tests {
    use super::{check, split};

    #[test]
    fn a_path_falls_into_directory_and_leaf() {
        assert_eq!(split("a"), ("", "a"));
        assert_eq!(split("a/b/c.txt"), ("a/b", "c.txt"));
        assert_eq!(split("a/dt=1/"), ("a", "dt=1/"));
    }

    #[test]
    fn unusual_names_are_lawful() {
        for path in ["a b/ü\n", "...", "a..b", "dt=2026-01-05/", "-rf", "a:b\\c", ".hidden", "x/.daybreak"] {
            assert!(check(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn whatever_could_leave_the_root_is_refused() {
        for path in ["", "/", "/etc/passwd", "..", "a/../b", "./a", "a//b", "a/", "a//", "a\0", ".daybreak/x"]
        {
            assert_eq!(check(path).is_ok(), path == "a/", "{path}");
        }
    }
}
