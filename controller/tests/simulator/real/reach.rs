//! How a controller reaches the real server. Only the logs of pods come from elsewhere: the server asks a kubelet for
//! them, and ours has no port.

use bytes::Bytes;
use futures::stream;
use http::{Request, Response, Uri};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use kube::Client;
use kube::client::Body;
use tower::{BoxError, Service};

use super::kubelet::Kubelet;
use crate::faults::FaultyBody;

/// A service that is the server with a kubelet behind it.
pub(super) fn reach(
    client: Client,
    kubelet: Kubelet,
) -> impl Service<
    Request<Body>,
    Response = Response<FaultyBody>,
    Error = BoxError,
    Future = impl Future<Output = Result<Response<FaultyBody>, BoxError>> + Send,
> + Clone
+ Send
+ 'static {
    tower::service_fn(move |request: Request<Body>| {
        let (client, kubelet) = (client.clone(), kubelet.clone());
        async move {
            if let Some(place) = log_of(request.uri()) {
                return Ok(Response::new(log(kubelet, place)));
            }
            let answer = client.send(request).await?;
            Ok(answer.map(|body| body.map_err(Into::into).boxed_unsync()))
        }
    })
}

/// Whose log is asked for, if one is.
fn log_of(uri: &Uri) -> Option<(String, String)> {
    let parts: Vec<_> = uri.path().split('/').skip(1).collect();
    match parts.as_slice() {
        ["api", "v1", "namespaces", namespace, "pods", pod, "log"] => {
            Some(((*namespace).to_owned(), (*pod).to_owned()))
        }
        _ => None,
    }
}

/// A line at the begin, and one at the end of the process.
fn log(kubelet: Kubelet, place: (String, String)) -> FaultyBody {
    let lines = stream::unfold(Some(("begins\n", kubelet, place)), |next| async {
        let (line, kubelet, place) = next?;
        if line == "ends\n" {
            let _ = kubelet.ended.subscribe().wait_for(|ended| ended.contains(&place)).await;
            return Some((line, None));
        }
        Some((line, Some(("ends\n", kubelet, place))))
    });
    let frames = futures::StreamExt::map(lines, |line| {
        Ok::<_, BoxError>(Frame::data(Bytes::from_static(line.as_bytes())))
    });
    StreamBody::new(frames).boxed_unsync()
}
