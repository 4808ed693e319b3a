//! The charts render what was reviewed, and carry what the code says.

use serde_json::{Value, json};

use crate::{
    KUBERNETES, RESOURCES, SETS, documents, golden, must, of_kind, read, rendered, run, template, tool,
};

const CHARTS: [&str; 2] = ["charts/daybreak", "charts/daybreak-crds"];

#[test]
fn helm_has_nothing_to_say_against_the_charts() {
    for set in SETS {
        let mut helm = tool("helm");
        helm.args([
            "lint",
            "--strict",
            "--quiet",
            "--kube-version",
            KUBERNETES,
            "charts/daybreak",
            "--values",
        ]);
        helm.arg(format!("tests/packaging/values/{set}.yaml"));
        assert_eq!(run(helm), Ok(String::new()), "{set}");
    }
    let mut helm = tool("helm");
    helm.args(["lint", "--strict", "--quiet", "--kube-version", KUBERNETES, "charts/daybreak-crds"]);
    assert_eq!(run(helm), Ok(String::new()));
}

#[test]
fn each_set_of_values_renders_what_was_reviewed() {
    for set in SETS {
        golden(&format!("tests/packaging/golden/{set}.yaml"), &rendered(set));
    }
}

#[test]
fn what_the_controller_would_not_take_the_chart_refuses() {
    let url = "configuration.stores.lake.url=s3://acme-lake/daily?";
    let rendered = |settings: &[&str]| {
        let settings = settings.iter().flat_map(|setting| ["--set-string", setting]);
        template("charts/daybreak", &settings.collect::<Vec<_>>())
    };
    let image = "configuration.steps.image=example";
    must("it renders", rendered(&[image, &format!("{url}region=eu-central-1&endpoint=http://storage:9000")]));
    for (settings, right) in [
        ([image, &format!("{url}endpont=http://storage:9000")], "endpoint|region|profile|role_arn"),
        ([&format!("{url}region=eu-central-1"), "configuration.archive.store=lak"], "write one of lake"),
    ] {
        let refused = rendered(&settings).expect_err("it is written wrong");
        assert!(refused.contains(right), "{refused}");
    }
}

#[test]
fn the_chart_carries_the_custom_resources_of_the_types() {
    let definitions = RESOURCES.map(|name| {
        let yaml = read(&format!("crds/generated/{name}.yaml"));
        let path = format!("charts/daybreak-crds/files/{name}.yaml");
        assert!(read(&path) == yaml, "{path} is out of date: run `make generate`");
        yaml
    });
    let expected = documents(&definitions.join("\n---\n"));
    let mut actual = documents(&template("charts/daybreak-crds", &[]).expect("the chart renders"));
    for definition in &mut actual {
        assert_eq!(definition["metadata"]["annotations"], json!({"helm.sh/resource-policy": "keep"}));
        definition["metadata"] = json!({"name": definition["metadata"]["name"]});
    }
    let by_name = |it: &Value| it["metadata"]["name"].to_string();
    actual.sort_by_key(by_name);
    assert!(actual == expected, "rendering changes a definition");
}

#[test]
fn the_custom_resources_go_with_their_release_only_if_asked() {
    let rendered = template("charts/daybreak-crds", &["--set", "keep=false"]).expect("the chart renders");
    let annotations = documents(&rendered).into_iter().map(|it| it["metadata"]["annotations"].clone());
    assert_eq!(annotations.collect::<Vec<_>>(), [Value::Null, Value::Null, Value::Null]);
}

#[test]
fn the_charts_carry_the_version_of_the_program() {
    for path in CHARTS {
        let chart = &documents(&read(&format!("{path}/Chart.yaml")))[0];
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!([&chart["version"], &chart["appVersion"]], [version, version], "{path}");
    }
}

#[test]
fn another_configuration_is_another_pod() {
    let checksum = |arguments: &[&str]| {
        let arguments = [&["--values", "tests/packaging/values/minimal.yaml"], arguments].concat();
        let rendered = template("charts/daybreak", &arguments).expect("the chart renders");
        let line = rendered.lines().find(|line| line.contains("checksum/configuration")).map(str::to_owned);
        line.expect("the pod carries a checksum")
    };
    assert_eq!(checksum(&[]), checksum(&["--set", "replicas=2"]));
    assert_ne!(checksum(&[]), checksum(&["--set", "configuration.slots=3"]));
}

/// What the container mounts in the place of `path`.
fn mounted(arguments: &[&str], path: &str) -> Value {
    let arguments = [&["--values", "tests/packaging/values/minimal.yaml"], arguments].concat();
    let rendered = template("charts/daybreak", &arguments).expect("the chart renders");
    let pod = &of_kind(&documents(&rendered), "Deployment")[0]["spec"]["template"]["spec"];
    let mounts = pod["containers"][0]["volumeMounts"].as_array().expect("there are mounts");
    mounts.iter().find(|mount| mount["mountPath"] == path).map_or(Value::Null, |mount| mount["name"].clone())
}

#[test]
fn logs_get_room_on_the_node_where_the_archive_is_in_a_service_and_nothing_else_is_mounted_there() {
    let lake = ["--set", "configuration.stores.lake.url=s3://lake,configuration.archive.store=lake"];
    let volume = ["--set", "configuration.stores.lake.url=s3://lake,configuration.archive.store=warehouse"];
    let own = ["--set", "extraVolumeMounts[0].name=own,extraVolumeMounts[0].mountPath=/tmp"];
    assert_eq!(mounted(&lake, "/tmp"), "spool");
    assert_eq!(mounted(&volume, "/tmp"), Value::Null);
    assert_eq!(mounted(&[], "/tmp"), Value::Null);
    assert_eq!(mounted(&[&lake[..], &own].concat(), "/tmp"), "own");
}

#[test]
fn every_metric_of_the_alerts_is_one_of_the_controller() {
    let alerts = documents(&read("charts/daybreak/alerts.yaml"));
    let alerts = alerts[0].as_array().expect("they are a list");
    let expressions: Vec<_> = alerts.iter().filter_map(|it| it["expr"].as_str()).collect();
    let words = expressions.iter().flat_map(|it| it.split(|it: char| !it.is_alphanumeric() && it != '_'));
    let metrics: Vec<_> = words.filter_map(|it| it.strip_prefix("daybreak_")).collect();
    assert!(metrics.len() >= 4, "{metrics:?}");
    let code = read("controller/src/seat/metrics.rs");
    let is_there = |metric: &&&str| code.contains(&format!("\"{}\"", metric.trim_end_matches("_total")));
    let missing: Vec<_> = metrics.iter().filter(|it| !is_there(it)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
