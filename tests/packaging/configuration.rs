//! The controller takes what the chart renders for it.

use tests::Project;

use crate::{SETS, documents, of_kind, rendered};

#[test]
fn the_controller_takes_the_configuration_of_every_set_of_values() {
    for set in SETS {
        let rendered = documents(&rendered(set));
        let configuration = &of_kind(&rendered, "ConfigMap")[0]["data"]["controller.json"];
        let project = Project::new();
        project.write("controller.json", configuration.as_str().expect("it is a text"));
        project.daybreak(&["controller", "--config", "controller.json", "--check"]).expect_code(0);
    }
}
