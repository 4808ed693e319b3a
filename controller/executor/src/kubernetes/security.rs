//! What a step's process may do: as little as the Pod Security Standard `restricted` asks.

use k8s_openapi::api::core::v1::{Capabilities, PodSecurityContext, SeccompProfile, SecurityContext};

use super::LaunchSpec;

/// The pod's part: whom it runs as, and whose its volumes are.
pub(super) fn of_pod(spec: &LaunchSpec) -> PodSecurityContext {
    let user = spec.pod.run_as_user.unwrap_or(spec.run_as.user);
    PodSecurityContext {
        run_as_user: Some(user),
        run_as_group: Some(spec.run_as.group),
        // A step that says root asks for it: whether it may is the namespace's to judge, not the kubelet's.
        run_as_non_root: Some(user != 0),
        fs_group: Some(spec.run_as.group),
        // `Always` would walk all of a store at every launch.
        fs_group_change_policy: Some("OnRootMismatch".to_owned()),
        seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
        ..PodSecurityContext::default()
    }
}

/// The container's part: no more than it starts with.
pub(super) fn of_container() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { add: None, drop: Some(vec!["ALL".to_owned()]) }),
        ..SecurityContext::default()
    }
}
