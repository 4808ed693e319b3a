//! What a pipeline in the cluster means for one launch: its inputs, its outputs, and whether they were asked for anew.

use std::sync::Arc;

use planner::calendar::Partition;
use planner::pipeline::{Pipeline, StepId};
use planner::reads;

use crate::apiserver::cluster::Cluster;
use crate::apiserver::object::Object;
use crate::apiserver::resource::{Id, Resource};
use crate::node::LaunchKey;

/// The pipeline as it stands in the cluster now, if it is sound.
pub(crate) fn pipeline(cluster: &Cluster, namespace: &str, name: &str) -> Option<(Pipeline, Arc<Object>)> {
    let object = cluster.get(&Id::new(Resource::Pipelines, namespace, name)).ok()?;
    let read = serde_json::from_value(object.value.clone()).ok()?;
    let (pipeline, _) = authoring::convert(&read, &authoring::Setting::default()).ok()?;
    Some((pipeline, object))
}

/// Which partition and step a launch is for.
pub(crate) fn place(pipeline: &Pipeline, key: &LaunchKey) -> Option<(Partition, StepId)> {
    let partition = pipeline.parts().calendar.parse_key(&key.partition.to_uppercase()).ok()?;
    Some((partition, pipeline.step_named(&key.step)?))
}

/// The paths that a step must find.
pub(crate) fn inputs(pipeline: &Pipeline, partition: Partition, step: StepId) -> Vec<String> {
    let mut paths = Vec::new();
    for input in pipeline.step(step).inputs.iter().filter(|input| !input.optional) {
        let dataset = pipeline.dataset(input.dataset);
        for read in reads::reads(pipeline, input, partition).map(Partition) {
            let initial = input.initial.clone().filter(|_| reads::is_before_start(pipeline, input, read));
            paths.push(initial.unwrap_or_else(|| dataset.path.render(&dataset.calendar, read)));
        }
    }
    paths
}

/// The paths that a step makes.
pub(crate) fn outputs(pipeline: &Pipeline, partition: Partition, step: StepId) -> Vec<String> {
    let outputs = pipeline.step(step).outputs.iter().map(|id| pipeline.dataset(*id));
    outputs.map(|dataset| dataset.path.render(&dataset.calendar, partition)).collect()
}

/// Whether a request to make it anew is still open.
pub(crate) fn is_asked_for_anew(cluster: &Cluster, pipeline: &Pipeline, partition: Partition) -> bool {
    let parts = pipeline.parts();
    let covers = |backfill: &Object| {
        let spec = &backfill.value["spec"];
        let key = |field: &str| parts.calendar.parse_key(spec[field].as_str().unwrap_or_default()).ok();
        spec["rerun"] == true
            && spec["pipelineRef"]["name"] == parts.name.as_str()
            && backfill.condition("Complete") != "True"
            && key("from").is_some_and(|from| from <= partition)
            && key("to").is_some_and(|to| partition <= to)
    };
    cluster.list(Resource::Backfills, None).any(|(_, backfill)| covers(backfill))
}
