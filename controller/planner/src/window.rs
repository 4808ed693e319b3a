//! The window: which partitions are due, and which of them are kept complete.

use std::ops::Range;

use crate::calendar::{Calendar, Instant, Partition};
use crate::duration::Span;
use crate::pipeline::{Due, Parts, Window};

/// The moment from which a partition is wanted.
pub fn due_at(parts: &Parts, partition: Partition) -> Instant {
    let edge = match parts.due {
        Due::Start => parts.calendar.start(partition),
        Due::End => parts.calendar.end(partition),
    };
    parts.delay.after(edge, parts.calendar.zone())
}

/// The newest partition that is due, whatever `start` and `end` say.
pub fn newest_due(parts: &Parts, now: Instant) -> Partition {
    let calendar = &parts.calendar;
    let mut newest = calendar.at(parts.delay.before(now, calendar.zone()));
    // A delay of calendar days and a zone's changes can each be off by one interval.
    newest = calendar.shift(newest, 1);
    while due_at(parts, newest) > now {
        let earlier = calendar.shift(newest, -1);
        if earlier == newest {
            break;
        }
        newest = earlier;
    }
    newest
}

/// The partitions that are kept complete: the newest due ones, counted back from now, or from `end` once that is past.
pub fn window(parts: &Parts, now: Instant) -> Range<i64> {
    let due_end = parts.calendar.shift(newest_due(parts, now), 1).0;
    let end = parts.end.map_or(due_end, |end| end.0.min(due_end));
    let first = match parts.window {
        Window::Partitions(count) => parts.calendar.shift(Partition(end), -i64::from(count)).0,
        Window::Time(span) => end - partitions_in(&parts.calendar, Partition(end), span),
    };
    let first = parts.start.map_or(first, |start| first.max(start.0));
    first.min(end)..end
}

/// How many partitions fit a time before `end`, rounded up.
fn partitions_in(calendar: &Calendar, end: Partition, span: Span) -> i64 {
    let edge = calendar.start(end);
    let from = span.before(edge, calendar.zone());
    end.0 - calendar.at(from).0
}

/// When the next partition becomes due, if one still will.
pub fn next_due(parts: &Parts, now: Instant) -> Option<Instant> {
    let after_newest = parts.calendar.shift(newest_due(parts, now), 1);
    let next = parts.start.map_or(after_newest, |start| after_newest.max(start));
    let exists = parts.end.is_none_or(|end| next < end);
    exists.then(|| due_at(parts, next))
}

/// Whether the partition lies between `start` and `end` and its date exists.
pub fn exists(parts: &Parts, partition: Partition) -> bool {
    parts.start.is_none_or(|start| start <= partition)
        && parts.end.is_none_or(|end| partition < end)
        && parts.calendar.exists(partition)
}
