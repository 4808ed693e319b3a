//! A request from its beginning to its end, whatever that is.

use std::time::{Duration, Instant};

use crate::remote::connect::CALL_TIMEOUT;
use crate::remote::rest::Trouble;
use crate::remote::traffic::Traffic;

/// A call that is given up after this long had its time; before, somebody lost interest in it.
const LONG: Duration = Duration::from_secs(CALL_TIMEOUT.as_secs() / 2);

/// A request that has begun.
#[derive(Debug)]
pub(in crate::remote) struct Call<'a> {
    traffic: &'a Traffic,
    began: Instant,
    is_over: bool,
}

impl<'a> Call<'a> {
    /// It begins now.
    pub(super) fn new(traffic: &'a Traffic) -> Self {
        Self { traffic, began: Instant::now(), is_over: false }
    }

    /// Takes in with which status of HTTP it was answered.
    pub(in crate::remote) fn hear(mut self, status: u16) {
        match status {
            429 | 503 => self.traffic.rest.begin((self.began, Instant::now()), Trouble::TooMany, None),
            500.. => {}
            _ => return self.answered(),
        }
        self.is_over = true;
    }

    /// Takes in that it was answered.
    pub(in crate::remote) fn answered(mut self) {
        *self.traffic.last_answer() = Some(Instant::now());
        self.traffic.rest.end(self.began);
        self.is_over = true;
    }

    /// Takes in that it came to nothing. Whoever tries it again says when it is enough.
    pub(in crate::remote) fn failed(mut self) {
        self.is_over = true;
    }
}

impl Drop for Call<'_> {
    /// What is given up after a long time is not tried again at once, or nobody would hear of it for three times as long.
    fn drop(&mut self) {
        if !self.is_over && self.began.elapsed() >= LONG {
            self.traffic.fail(&format!("no answer within {} s", self.began.elapsed().as_secs()));
        }
    }
}
