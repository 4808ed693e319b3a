//! Whatever a template holds: if it tells partitions apart, each path leads back to its partition.

#![no_main]

use libfuzzer_sys::fuzz_target;
use planner::calendar::{Calendar, Partition};
use planner::command::{CommandTemplate, Scope};
use planner::template::PathTemplate;
use std::sync::LazyLock;

/// A clock of each kind, one of them with dates that it skipped.
static CALENDARS: LazyLock<Vec<Calendar>> = LazyLock::new(|| {
    let clocks =
        [("5m", "UTC"), ("1h", "UTC"), ("1d", "Pacific/Apia"), ("1w", "Europe/Berlin"), ("1mo", "UTC")];
    let calendar = |(every, zone): (&str, &str)| {
        let zone = zone.parse().expect("a time zone");
        Calendar::new(every.parse().expect("a length"), zone).expect("a calendar")
    };
    clocks.map(calendar).into()
});

fuzz_target!(|text: &str| {
    let _ = CommandTemplate::parse(&["program".to_owned(), text.to_owned()], &Scope::default());
    let Ok(template) = PathTemplate::parse(text) else { return };
    for calendar in &*CALENDARS {
        let tells_apart = !template.is_static() && template.check_injective(calendar).is_ok();
        // Around 1970, and around the day that Apia skipped.
        for index in (-40..40).chain(15_330..15_350) {
            let partition = Partition(index);
            let path = template.render(calendar, partition);
            if tells_apart && calendar.exists(partition) {
                assert_eq!(template.matches(calendar, &path), Some(partition), "{text:?} as {path:?}");
            }
        }
    }
});
