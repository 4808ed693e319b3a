//go:build tools

// Package s3 names the command that ../build compiles: an S3 server on a directory, in a module of its own, since what
// it needs is newer than what Kubernetes 1.34 does.
package s3

import _ "github.com/versity/versitygw/cmd/versitygw"
