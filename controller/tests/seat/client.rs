//! The client, against a socket that plays no Kubernetes: it only takes requests down and answers them.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use daybreak::seat::client::{ClientError, Cluster, configure, connect};
use daybreak::seat::metrics::Metrics;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::metrics::now;

/// What was asked, and by whom.
type Asked = (String, String);

async fn refuse(State(asked): State<UnboundedSender<Asked>>, request: Request) -> StatusCode {
    let agent = request.headers()["user-agent"].to_str().unwrap_or_default().to_owned();
    let _ = asked.send((format!("{} {}", request.method(), request.uri()), agent));
    StatusCode::SERVICE_UNAVAILABLE
}

fn kubeconfig(folder: &Path, server: &str) -> PathBuf {
    let text = format!(
        "apiVersion: v1
kind: Config
clusters: [{{name: here, cluster: {{server: \"{server}\"}}}}]
contexts: [{{name: here, context: {{cluster: here, namespace: ads}}}}]
current-context: here
"
    );
    let path = folder.join("kubeconfig");
    std::fs::write(&path, text).expect("a temporary folder can be written");
    path
}

#[tokio::test]
async fn a_call_says_who_we_are_is_not_tried_again_and_is_measured() {
    let (sender, mut asked) = unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = kubeconfig(folder.path(), &format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(axum::serve(listener, Router::new().fallback(refuse).with_state(sender)).into_future());

    let config = configure(&Cluster { kubeconfig: Some(kubeconfig), context: None }).await.unwrap();
    let metrics = Metrics::new(now);
    let client = connect(config, &metrics.calls()).unwrap();
    let answer = Api::<ConfigMap>::default_namespaced(client).get("settings").await;
    assert!(answer.is_err(), "503 is no answer");

    let agent = concat!("daybreak/", env!("CARGO_PKG_VERSION")).to_owned();
    assert_eq!(
        asked.recv().await,
        Some(("GET /api/v1/namespaces/ads/configmaps/settings".to_owned(), agent))
    );
    assert!(asked.try_recv().is_err(), "it was asked once");
    let (_, text) = metrics.render().unwrap();
    let series =
        "daybreak_api_request_duration_seconds_count{verb=\"get\",resource=\"configmaps\",code=\"503\"} 1";
    assert!(text.contains(series), "{text}");
}

#[tokio::test]
async fn a_call_without_an_answer_is_measured_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = kubeconfig(folder.path(), &format!("http://{}", listener.local_addr().unwrap()));
    let config = configure(&Cluster { kubeconfig: Some(kubeconfig), context: None }).await.unwrap();
    let metrics = Metrics::new(now);
    let client = connect(config, &metrics.calls()).unwrap();
    let maps = Api::<ConfigMap>::default_namespaced(client);
    let given_up = tokio::time::timeout(std::time::Duration::from_millis(50), maps.get("settings")).await;
    assert!(given_up.is_err(), "nobody answers");
    let (_, text) = metrics.render().unwrap();
    assert!(text.contains("resource=\"configmaps\",code=\"none\"} 1"), "{text}");
}

#[tokio::test]
async fn a_kubeconfig_that_was_asked_for_is_the_only_one_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let path = kubeconfig(folder.path(), "http://127.0.0.1:1");
    let absent = Cluster { kubeconfig: Some(folder.path().join("absent")), context: None };
    let unknown = Cluster { kubeconfig: Some(path), context: Some("elsewhere".to_owned()) };
    for cluster in [absent, unknown] {
        let error = configure(&cluster).await.expect_err("there is no such cluster");
        assert!(matches!(error, ClientError::Kubeconfig(_)), "{error}");
    }
}
