//! What a launch takes of a machine.

use super::findings::Findings;
use crate::place::FieldPath;
use crate::suggest::instead;
use crds::step::Resources as ApiResources;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use planner::pipeline::Resources;
use planner::quantity::{QuantityFault, bytes, millicores};
use std::collections::BTreeMap;

/// A kind of resource that launches are packed by.
type Kind = (&'static str, fn(&str) -> Result<u64, QuantityFault>, fn(&mut Resources) -> &mut u64);

const KINDS: [Kind; 3] = [
    ("cpu", millicores, |resources| &mut resources.cpu_millis),
    ("memory", bytes, |resources| &mut resources.memory_bytes),
    ("ephemeral-storage", bytes, |resources| &mut resources.disk_bytes),
];

/// What a launch needs: its requests, and where there is none, the limit.
pub(super) fn resources(
    resources: Option<&ApiResources>,
    machine: Option<Resources>,
    path: &FieldPath<'_>,
    findings: &mut Findings,
) -> Resources {
    let Some(resources) = resources else { return Resources::default() };
    let (at_requests, at_limits) = (path.field("requests"), path.field("limits"));
    let limits = amounts(&resources.limits, &at_limits, findings);
    let requests = amounts(&resources.requests, &at_requests, findings);
    for (name, _) in
        requests.iter().filter(|(name, amount)| limits.get(*name).is_some_and(|limit| limit < amount))
    {
        findings.fault(
            at_requests.field(name),
            format!("the request of {name} is above its limit: lower it, or raise the limit"),
        );
    }
    let mut needed = Resources::default();
    let mut available = machine;
    for (name, _, field) in KINDS {
        let (amount, path) = match (requests.get(name), limits.get(name)) {
            (Some(amount), _) => (*amount, &at_requests),
            (None, Some(limit)) => (*limit, &at_limits),
            (None, None) => continue,
        };
        *field(&mut needed) = amount;
        if let Some(most) = available.as_mut().map(|machine| *field(machine)).filter(|most| amount > *most) {
            let (amount, most) = (shown(name, amount), shown(name, most));
            findings.fault(
                path.field(name),
                format!(
                    "no launch would ever start: it needs {amount}, and the machine has {most}; ask for less"
                ),
            );
        }
    }
    needed
}

fn amounts<'a>(
    quantities: &'a BTreeMap<String, Quantity>,
    path: &FieldPath<'_>,
    findings: &mut Findings,
) -> BTreeMap<&'a str, u64> {
    let mut amounts = BTreeMap::new();
    for (name, quantity) in quantities {
        let path = path.field(name);
        let kind = KINDS.iter().find(|(kind, ..)| kind == name);
        let read = kind.map_or(bytes as fn(&str) -> _, |(_, read, _)| *read);
        if kind.is_none() && !name.contains('/') && !name.starts_with("hugepages-") {
            let known = KINDS.map(|(kind, ..)| kind);
            findings.fault(path, format!("there is no resource `{name}`: {}", instead(name, known)));
            continue;
        }
        if kind.is_none() {
            findings
                .note(path, format!("plain processes are not counted by {name}: only Kubernetes does that"));
        }
        if let Some(amount) = findings.keep(path, read(&quantity.0)) {
            amounts.insert(name.as_str(), amount);
        }
    }
    amounts
}

/// An amount in the unit that people write it in.
fn shown(name: &str, amount: u64) -> String {
    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;
    match name {
        "cpu" if amount.is_multiple_of(1000) => (amount / 1000).to_string(),
        "cpu" => format!("{amount}m"),
        _ if amount.is_multiple_of(GIB) => format!("{}Gi", amount / GIB),
        _ => format!("{}Mi", amount.div_ceil(MIB)),
    }
}
