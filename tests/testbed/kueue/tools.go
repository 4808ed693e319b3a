//go:build tools

// Package kueue names the command that ../build compiles, in a module of its own, since Kueue needs the libraries of
// Kubernetes 1.35.
package kueue

import _ "sigs.k8s.io/kueue/cmd/kueue"
