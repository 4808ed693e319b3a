//! HDFS' own protocol, of which nothing is known but that a client waits for the answer to what it sent.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use super::{Fault, Plan, hang_up};

/// How long the answer to a call may take; what is no call, as a greeting is, has none.
const ANSWER: Duration = Duration::from_secs(1);

/// Hands a connection on until it ends, or is to fail.
pub(super) fn serve(plan: &Plan, mut client: TcpStream, mut server: TcpStream) {
    let (answered, answers) = channel();
    let is_mute = AtomicBool::new(false);
    thread::scope(|scope| {
        let (Ok(from), Ok(to)) = (server.try_clone(), client.try_clone()) else { return };
        scope.spawn(|| hand_back((from, to), &is_mute, answered));
        let mut buffer = [0; 64 * 1024];
        while let Ok(count) = client.read(&mut buffer)
            && count > 0
        {
            let fault = plan.next();
            match fault {
                Some(Fault::KillBefore) => plan.kill(),
                Some(Fault::ResetAfter | Fault::KillAfter) => is_mute.store(true, Ordering::Relaxed),
                Some(Fault::ResetBefore) | None => {}
                Some(other) => unreachable!("HTTP alone knows {other:?}"),
            }
            if matches!(fault, Some(Fault::ResetBefore | Fault::KillBefore)) {
                break;
            }
            while answers.try_recv().is_ok() {}
            if server.write_all(&buffer[..count]).is_err() {
                break;
            }
            if fault.is_some() {
                let _ = answers.recv_timeout(ANSWER);
                if fault == Some(Fault::KillAfter) {
                    plan.kill();
                }
                break;
            }
        }
        hang_up(&client);
        hang_up(&server);
    });
}

fn hand_back((mut from, mut to): (TcpStream, TcpStream), is_mute: &AtomicBool, answered: Sender<()>) {
    let mut buffer = [0; 64 * 1024];
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
