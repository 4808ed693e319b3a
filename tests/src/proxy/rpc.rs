//! HDFS' own protocol, of which nothing is known but that a client waits for the answer to what it sent.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use super::{Fault, Plan, hang_up};

/// How long the answer to a call may take; what is no call, as a greeting is, has none.
const ANSWER: Duration = Duration::from_secs(1);

/// As much as is handed on in one go.
const CHUNK: usize = 16 * 1024;

/// What is known of the way back.
struct Back {
    is_mute: AtomicBool,
    answers: Receiver<()>,
}

/// Hands a connection on until it ends, or is to fail.
pub(super) fn serve(plan: &Plan, (mut client, server): (TcpStream, TcpStream)) {
    let (answered, answers) = channel();
    let back = Back { is_mute: AtomicBool::new(false), answers };
    thread::scope(|scope| {
        let (Ok(from), Ok(to)) = (server.try_clone(), client.try_clone()) else { return };
        let is_mute = &back.is_mute;
        scope.spawn(move || hand_back((from, to), is_mute, &answered));
        let mut buffer = [0; CHUNK];
        while let Ok(count) = client.read(&mut buffer)
            && count > 0
            && hand_on(plan, (&server, &buffer[..count]), &back)
        {}
        hang_up(&client);
        hang_up(&server);
    });
}

/// Hands on what a client sent; says whether the connection is to go on.
fn hand_on(plan: &Plan, (mut server, sent): (&TcpStream, &[u8]), back: &Back) -> bool {
    let fault = plan.next();
    match fault {
        None => return server.write_all(sent).is_ok(),
        Some(Fault::ResetBefore) => return false,
        Some(Fault::KillBefore) => plan.kill(),
        Some(Fault::ResetAfter | Fault::KillAfter) => {
            back.is_mute.store(true, Ordering::Relaxed);
            while back.answers.try_recv().is_ok() {}
            if server.write_all(sent).is_ok() {
                let _ = back.answers.recv_timeout(ANSWER);
            }
        }
        Some(other) => unreachable!("HTTP alone knows {other:?}"),
    }
    if fault == Some(Fault::KillAfter) {
        plan.kill();
    }
    false
}

fn hand_back((mut from, mut to): (TcpStream, TcpStream), is_mute: &AtomicBool, answered: &Sender<()>) {
    let mut buffer = [0; CHUNK];
    while let Ok(count) = from.read(&mut buffer)
        && count > 0
    {
        let _ = answered.send(());
        if !is_mute.load(Ordering::Relaxed) && to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    hang_up(&to);
}
