//! The controller takes what the chart renders for it.

use tests::Project;

use crate::{SETS, documents, of_kind, rendered};

#[test]
fn the_controller_takes_the_arguments_and_the_configuration_of_every_set_of_values() {
    for set in SETS {
        let rendered = documents(&rendered(set));
        let configuration = &of_kind(&rendered, "ConfigMap")[0]["data"]["controller.json"];
        let project = Project::new();
        project.write("controller.json", configuration.as_str().expect("it is a text"));
        let pod = &of_kind(&rendered, "Deployment")[0]["spec"]["template"]["spec"];
        let arguments = pod["containers"][0]["args"].as_array().expect("the container has arguments");
        let here = |argument: &str| argument.replace("/etc/daybreak/", "");
        let mut arguments: Vec<_> = arguments.iter().filter_map(|it| it.as_str().map(here)).collect();
        arguments.push("--check".to_owned());
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        project.daybreak(&arguments).expect_code(0);
    }
}
