//! Logs: in the archive while a step runs, and before its Job goes.

use tests::Sandbox;

use crate::world::{flow, when_told};

#[test]
fn a_log_grows_while_its_step_runs_and_is_whole_before_its_job_goes() {
    let sandbox = Sandbox::node();
    let mut configuration = sandbox.configuration();
    configuration["steps"]["keepFinishedJobs"] = "0s".into();
    let _controller = sandbox.controller_with(&configuration);
    let program = format!("echo begun; {}; for i in $(seq 2000); do echo line $i; done", when_told(&sandbox));
    sandbox.pipeline(&flow(&sandbox, 1, &program).to_string());
    sandbox.eventually("the log grows", || sandbox.archived("2026-01-01/make.1.1.log.part") == "begun\n");
    assert_eq!(sandbox.archived("2026-01-01/make.1.1.log"), "");
    sandbox.write("go", "");
    sandbox.eventually("its Job goes", || {
        let is_gone = sandbox.list("jobs").is_empty();
        let log = sandbox.archived("2026-01-01/make.1.1.log");
        assert!(!is_gone || log.ends_with("line 2000\n"), "{log}");
        is_gone
    });
    let log = sandbox.archived("2026-01-01/make.1.1.log");
    assert_eq!(log.lines().count(), 2001);
}
