//! Datasets: where they lie, by which clock, and when they are complete.

use super::findings::Findings;
use super::{World, clock, completeness, names};
use crate::place::FieldPath;
use crds::dataset::{Dataset as ApiDataset, OnMissing as ApiOnMissing, Publish as ApiPublish};
use crds::text::TimeZone;
use planner::calendar::Calendar;
use planner::command::substitute_params;
use planner::name::Name;
use planner::pipeline::{Dataset, OnMissing, Publish};
use planner::template::PathTemplate;

/// A dataset, if it has no faults.
pub(super) fn dataset(
    world: &World<'_>,
    dataset: &ApiDataset,
    path: &FieldPath<'_>,
    findings: &mut Findings,
) -> Option<Dataset> {
    let before = findings.faults.len();
    let name = findings.keep(path.field("name"), dataset.name.parse::<Name>());
    let store = store(world, dataset, path, findings);
    let calendar = calendar(world, dataset, path, findings);
    let template = template(world, &dataset.path, &path.field("path"), findings);
    let complete = template
        .as_ref()
        .and_then(|template| completeness::completeness(dataset.complete.as_ref(), template, path, findings));
    let expected_for = dataset
        .expected_for
        .as_ref()
        .and_then(|text| clock::span(text, &path.field("expectedFor"), findings));
    let converted = Dataset {
        name: name?,
        store: store?,
        calendar: calendar?,
        path: template?,
        complete: complete?,
        on_missing: match dataset.on_missing {
            Some(ApiOnMissing::OnDemand) => OnMissing::OnDemand,
            Some(ApiOnMissing::Rebuild) | None => OnMissing::Rebuild,
        },
        expected_for,
        publish: match dataset.publish {
            Some(ApiPublish::Direct) => Publish::Direct,
            Some(ApiPublish::Staged) | None => Publish::Staged,
        },
    };
    (findings.faults.len() == before).then_some(converted)
}

fn store(
    world: &World<'_>,
    dataset: &ApiDataset,
    path: &FieldPath<'_>,
    findings: &mut Findings,
) -> Option<Name> {
    match (&dataset.store, &world.spec.store) {
        (Some(own), _) => names::store(world, own, &path.field("store"), findings),
        // Its faults are told where it is written.
        (None, Some(shared)) => shared.parse().ok(),
        (None, None) => {
            let message = format!(
                "the dataset `{}` has no store: name one here, or in `spec.store` for all",
                dataset.name
            );
            findings.fault(path.field("store"), message);
            None
        }
    }
}

fn calendar(
    world: &World<'_>,
    dataset: &ApiDataset,
    path: &FieldPath<'_>,
    findings: &mut Findings,
) -> Option<Calendar> {
    if dataset.every.is_none() && dataset.time_zone.is_none() {
        return world.clock.calendar.clone();
    }
    let every = dataset.every.as_ref().unwrap_or(&world.spec.every);
    let zone = dataset.time_zone.as_ref().or(world.spec.time_zone.as_ref());
    clock::calendar((every, zone.map(TimeZone::as_str)), path, findings)
}

/// A path template with the parameters put in.
pub(super) fn template(
    world: &World<'_>,
    text: &str,
    path: &FieldPath<'_>,
    findings: &mut Findings,
) -> Option<PathTemplate> {
    let text = findings.keep(path, substitute_params(text, &world.params))?;
    findings.keep(path, PathTemplate::parse(&text))
}
