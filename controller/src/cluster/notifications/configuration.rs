//! What a controller is told of notifications: where they arrive, and by what their senders are known.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

/// Where notifications of buckets arrive, and by what their senders are known.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notifications {
    /// The address that is listened on, for `POST /notifications`. Default: port 8082 of all addresses.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// The file of the token that senders give. Several, one on each line, are good at once while the token is changed.
    pub token_file: PathBuf,
    /// A Service without a selector, in the controller's own namespace, that is to lead to whichever controller is at work.
    /// Absent: whoever sends finds it otherwise.
    #[serde(default)]
    pub service: Option<String>,
}

impl Notifications {
    /// What is wrong with it, each with the path of its field.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.token_file.is_absolute() {
            let file = self.token_file.display();
            faults.push(format!(
                "notifications.tokenFile: {file} is relative; write the absolute path of a file with a token"
            ));
        }
        faults
    }
}

fn listen() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 8082))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Notifications, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn the_least_configuration_names_the_file_of_the_token() {
        let notifications = parsed(r#"{"tokenFile": "/etc/daybreak/notifications/token"}"#).unwrap();
        assert_eq!(notifications.listen.to_string(), "0.0.0.0:8082");
        assert_eq!(notifications.faults(), [""; 0]);
    }

    #[test]
    fn a_fault_says_what_would_be_right() {
        let notifications = parsed(r#"{"listen": "127.0.0.1:9000", "tokenFile": "token"}"#).unwrap();
        assert_eq!(
            notifications.faults(),
            ["notifications.tokenFile: token is relative; write the absolute path of a file with a token"]
        );
        assert!(parsed(r#"{"token": "secret"}"#).is_err(), "a token has no place in it");
        assert!(parsed(r#"{"listen": "127.0.0.1:9000"}"#).is_err(), "nobody is let in without a token");
    }
}
