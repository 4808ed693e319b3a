//! Naming the cluster: where its flags may stand, and which command has no use for them.

use std::process::Command;

use crate::shop::Shop;

#[test]
fn the_program_itself_means_a_cluster_when_one_is_named() {
    let shop = Shop::at_work();
    let kubeconfig = shop.sandbox.cluster().kubeconfig();
    let mut daybreak = Command::new(tests::binary());
    daybreak.arg("status").arg("--kubeconfig").arg(kubeconfig).args(["-n", shop.sandbox.namespace()]);
    shop.outcome(&mut daybreak).expect_code(0).expect_text(&["shop   1d      2026-01-01..2026-01-04"]);
    shop.daybreak(&["status", "--dir", "flow"])
        .expect_code(2)
        .expect_text(&["--dir is about this machine, and not about a cluster"]);
}

#[test]
fn the_flags_of_a_cluster_stand_before_the_command_or_after_it() {
    let shop = Shop::at_work();
    let kubeconfig = shop.sandbox.cluster().kubeconfig().display().to_string();
    let mine = ["-n", shop.sandbox.namespace()];
    let after = shop.ask(&[&["status", "shop"], &mine[..]].concat()).expect_code(0).stdout;
    assert!(after.contains("2026-01-03   False"), "{after}");
    let before = shop.ask(&[&mine[..], &["status", "shop"]].concat()).expect_code(0);
    assert_eq!(before.stdout, after);
    let around = [&["--kubeconfig", &kubeconfig], &["status", "shop"][..], &mine].concat();
    assert_eq!(shop.ask(&around).expect_code(0).stdout, after);
    let nearest = [&["-n", "elsewhere", "status", "shop"], &mine[..]].concat();
    assert_eq!(shop.ask(&nearest).expect_code(0).stdout, after);
    shop.ask(&["--context", "elsewhere", "status"]).expect_code(2).expect_text(&["elsewhere"]);
    shop.ask(&["-A", "status"]).expect_code(0).expect_text(&["NAMESPACE"]);

    let mut daybreak = Command::new(tests::binary());
    daybreak.arg("--kubeconfig").arg(kubeconfig).args(mine).args(["explain", "shop", "2026-01-03"]);
    shop.outcome(&mut daybreak).expect_code(0).expect_text(&["shop 2026-01-03\n"]);
}

#[test]
fn a_flag_that_a_command_has_no_use_for_is_refused_with_the_reason() {
    let refused = |arguments: &[&str], why: &str| {
        let output = Command::new(tests::binary()).args(arguments).output().expect("it starts");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.starts_with(&format!("error: {why}\n")), "{told}");
    };
    let lint = "lint has no use for --namespace: it is not about a cluster";
    refused(&["-n", "ads", "lint", "flow"], lint);
    refused(&["lint", "flow", "-n", "ads"], lint);
    let explain = "explain has no use for --all-namespaces: it looks at one namespace, and -n names it";
    refused(&["-A", "explain", "shop", "2026-01-03"], explain);
    refused(&["explain", "shop", "2026-01-03", "-A"], explain);
    let both = "--namespace names one namespace, and --all-namespaces means all: give one of them";
    refused(&["-n", "ads", "status", "-A"], both);
    refused(&["status", "-n", "ads", "-A"], both);
    refused(
        &["-n", "ads", "status", "--dir", "flow"],
        "--dir is about this machine, and not about a cluster",
    );
}
