//! HTTP: a connection for each request, so that the end of an answer is the end of its connection.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use super::{Fault, PATIENCE, Plan, hang_up};

/// As long as a slow answer takes.
const DELAY: Duration = Duration::from_millis(300);

/// Hands one request on, or lets it fail.
pub(super) fn serve(plan: &Plan, (mut client, mut server): (TcpStream, TcpStream)) {
    let _ = server.set_read_timeout(Some(PATIENCE));
    let Some(request) = request(&mut client) else { return };
    let fault = plan.next();
    match fault {
        Some(Fault::SlowDown) => return refuse(&mut client, "503 Slow Down", "SlowDown"),
        Some(Fault::Broken) => return refuse(&mut client, "500 Internal Server Error", "InternalError"),
        Some(Fault::Forbidden) => return refuse(&mut client, "403 Forbidden", "AccessDenied"),
        Some(Fault::NoBucket) => return refuse(&mut client, "404 Not Found", "NoSuchBucket"),
        Some(Fault::ResetBefore) => return hang_up(&client),
        Some(Fault::KillBefore) => return plan.kill(),
        Some(Fault::Delay) => thread::sleep(DELAY),
        Some(Fault::ResetAfter | Fault::Cut | Fault::KillAfter) | None => {}
    }
    let mut answer = Vec::new();
    if server.write_all(&request).is_err() || server.read_to_end(&mut answer).is_err() {
        return hang_up(&client);
    }
    match fault {
        Some(Fault::ResetAfter) => return hang_up(&client),
        Some(Fault::KillAfter) => return plan.kill(),
        Some(Fault::Cut) => answer.truncate(middle(&answer)),
        Some(_) | None => {}
    }
    let _ = client.write_all(&answer);
    hang_up(&client);
}

/// A request as it is handed on, which asks for the end of the connection.
fn request(client: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    loop {
        if let Some(end) = end_of_head(&bytes)
            && bytes.len() >= end + length(&bytes[..end])
        {
            let line = bytes.iter().position(|byte| *byte == b'\n')? + 1;
            bytes.splice(line..line, *b"connection: close\r\n");
            return Some(bytes);
        }
        match client.read(&mut buffer) {
            Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
            Ok(_) | Err(_) => return None,
        }
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// How long the body is that a head announces.
fn length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_lowercase();
    let value = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or_default()
}

/// The middle of an answer's body; without a body, of its head.
fn middle(answer: &[u8]) -> usize {
    let end = end_of_head(answer).unwrap_or_default();
    if answer.len() > end + 1 { end.midpoint(answer.len()) } else { answer.len() / 2 }
}

fn refuse(client: &mut TcpStream, status: &str, code: &str) {
    let body = format!("<Error><Code>{code}</Code><Message>It is a test.</Message></Error>");
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/xml\r\n");
    let _ = client.write_all(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes());
    hang_up(client);
}
