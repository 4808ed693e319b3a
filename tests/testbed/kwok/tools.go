//go:build tools

// Package kwok names the command that ../build compiles: fake nodes, in a module of their own, since kwok 0.7 does
// not compile with the libraries of Kubernetes 1.34, and 0.8 needs those of 1.36.
package kwok

import _ "sigs.k8s.io/kwok/cmd/kwok"
