//! The clock of a pipeline: how long its partitions last, which there are, and which are kept complete.

use super::findings::Findings;
use crate::place::FieldPath;
use crate::suggest::instead;
use chrono_tz::{TZ_VARIANTS, Tz};
use crds::pipeline::{Due as ApiDue, PipelineSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use planner::calendar::{Calendar, CalendarFault, Every, Partition};
use planner::duration::Span;
use planner::limits::DEFAULT_WINDOW_PARTITIONS;
use planner::pipeline::{Due, Window};

/// The clock; what has faults is missing.
pub(super) struct Clock {
    pub(super) calendar: Option<Calendar>,
    pub(super) start: Option<Partition>,
    pub(super) end: Option<Partition>,
    pub(super) due: Due,
    pub(super) delay: Option<Span>,
    pub(super) window: Option<Window>,
    pub(super) late_after: Option<Span>,
}

impl Clock {
    pub(super) fn new(spec: &PipelineSpec, findings: &mut Findings) -> Self {
        let path = FieldPath::SPEC;
        let calendar = calendar((&spec.every, spec.time_zone.as_deref()), &path, findings);
        let mut key = |name, key: &Option<crds::text::Key>| {
            let key = key.as_ref().zip(calendar.as_ref());
            key.and_then(|(key, calendar)| findings.keep(path.field(name), calendar.parse_key(key)))
        };
        let (start, end) = (key("start", &spec.start), key("end", &spec.end));
        if let (Some(start), Some(end)) = (start, end)
            && start >= end
        {
            findings.fault(
                path.field("end"),
                "the end is exclusive, so that there is no partition: write a key after the start",
            );
        }
        Self {
            start,
            end,
            due: match spec.due {
                Some(ApiDue::Start) => Due::Start,
                Some(ApiDue::End) | None => Due::End,
            },
            delay: match &spec.delay {
                Some(delay) => span(delay, &path.field("delay"), findings),
                None => Some(Span::Fixed { seconds: 0 }),
            },
            window: window(spec, calendar.as_ref(), findings),
            late_after: spec
                .late_after
                .as_ref()
                .and_then(|text| span(text, &path.field("lateAfter"), findings)),
            calendar,
        }
    }
}

/// The calendar of a pipeline or a dataset, whose fields lie at `path`.
pub(super) fn calendar(
    (every, zone): (&str, Option<&str>),
    path: &FieldPath<'_>,
    findings: &mut Findings,
) -> Option<Calendar> {
    let every = findings.keep(path.field("every"), every.parse::<Every>());
    let zone = time_zone(zone.unwrap_or("UTC"), &path.field("timeZone"), findings);
    match Calendar::new(every?, zone?) {
        Ok(calendar) => Some(calendar),
        Err(fault @ CalendarFault::Every(_)) => findings.keep(path.field("every"), Err(fault)),
        Err(fault @ CalendarFault::ZoneBelowDay { .. }) => findings.keep(path.field("timeZone"), Err(fault)),
    }
}

pub(super) fn span(text: &str, path: &FieldPath<'_>, findings: &mut Findings) -> Option<Span> {
    findings.keep(path, text.parse())
}

fn time_zone(name: &str, path: &FieldPath<'_>, findings: &mut Findings) -> Option<Tz> {
    let zone = name.parse().map_err(|_| {
        let known = TZ_VARIANTS.iter().map(|zone| zone.name());
        format!("there is no time zone `{name}`: {}", instead(name, known))
    });
    findings.keep(path, zone)
}

fn window(spec: &PipelineSpec, calendar: Option<&Calendar>, findings: &mut Findings) -> Option<Window> {
    let path = FieldPath::SPEC.field("window");
    match spec.window.as_ref() {
        None => Some(Window::Partitions(DEFAULT_WINDOW_PARTITIONS)),
        Some(IntOrString::Int(count)) if *count >= 1 => Some(Window::Partitions(count.unsigned_abs())),
        Some(IntOrString::Int(count)) => {
            findings.fault(path, format!("a window of {count} partitions is empty: write 1 or more"));
            None
        }
        Some(IntOrString::String(text)) if text.parse::<u64>().is_ok() => {
            findings.fault(path, format!("in quotes `{text}` is no count: write it without them"));
            None
        }
        Some(IntOrString::String(text)) => {
            let span = span(text, &path, findings)?;
            if span.seconds() == 0 {
                findings.fault(path, format!("a window of {text} is empty: write a longer one"));
            }
            if calendar.is_some_and(|calendar| calendar.every() == Every::Month) {
                findings.fault(
                    path,
                    format!("months differ in length, so that `{text}` is no number of them: write a count"),
                );
            }
            Some(Window::Time(span))
        }
    }
}
