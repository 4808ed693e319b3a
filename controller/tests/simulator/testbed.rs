//! A real control plane of the testbed, for one test alone.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use kube::api::{Api, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::conditions::is_crd_established;
use kube::runtime::wait::await_condition;
use kube::{Client, Config};

/// A control plane without nodes; it ends with this.
#[derive(Debug)]
pub(crate) struct Testbed(tempfile::TempDir);

impl Testbed {
    fn script() -> Command {
        Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/testbed/cluster"))
    }

    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let started = Self::script().arg("up").arg(folder.path()).status();
        assert!(started.is_ok_and(|it| it.success()), "tests/testbed/cluster up: the testbed is not there");
        Self(folder)
    }

    /// A client of an administrator, at a server that knows our kinds.
    pub(crate) async fn client(&self) -> Client {
        let kubeconfig =
            Kubeconfig::read_from(self.0.path().join("kubeconfig")).expect("it has a kubeconfig");
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
        let mut config = config.expect("the kubeconfig is sound");
        // As in the controller's own: whoever asks decides whether to ask again.
        config.default_retry = false;
        let client = Client::try_from(config).expect("a client can be made");
        let definitions = Api::all(client.clone());
        for definition in crds::all() {
            let name = definition.metadata.name.clone().unwrap_or_default();
            definitions.create(&PostParams::default(), &definition).await.expect("the API takes our kinds");
            let known = await_condition(definitions.clone(), &name, is_crd_established());
            let known = tokio::time::timeout(Duration::from_secs(30), known).await;
            known.expect("our kinds are served within 30 s").expect("our kinds are served");
        }
        client
    }
}

impl Drop for Testbed {
    fn drop(&mut self) {
        let ended = Self::script().arg("down").arg(self.0.path()).status();
        assert!(ended.is_ok_and(|it| it.success()), "the testbed can't be ended");
    }
}
