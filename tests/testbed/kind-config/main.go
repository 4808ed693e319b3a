// Command kind-config FILE checks a kind configuration by kind's own parser and rules.
//
// kind exports neither: it checks on its way to a cluster. So it is given an engine that has no clusters yet,
// and is stopped at its first word after the checks.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/kind/pkg/cluster"
	"sigs.k8s.io/kind/pkg/log"
)

const engine = `#!/bin/sh
if [ "$1" = info ]; then echo '{"CgroupVersion": "2"}'; fi
`

var errAccepted = errors.New("accepted")

// stopper ends kind's run when it announces, at last, that it creates the cluster.
type stopper struct {
	log.NoopLogger
	log.NoopInfoLogger
}

func (stopper) V(log.Level) log.InfoLogger { return stopper{} }
func (stopper) Infof(string, ...any)       { panic(errAccepted) }

func check(file, scratch string) (err error) {
	defer func() {
		if stopped := recover(); stopped != nil && stopped != errAccepted {
			panic(stopped)
		}
	}()
	if err := os.WriteFile(filepath.Join(scratch, "docker"), []byte(engine), 0o755); err != nil {
		return err
	}
	if err := os.Setenv("PATH", scratch+":"+os.Getenv("PATH")); err != nil {
		return err
	}
	provider := cluster.NewProvider(cluster.ProviderWithDocker(), cluster.ProviderWithLogger(stopper{}))
	return provider.Create("", cluster.CreateWithConfigFile(file))
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: kind-config FILE")
		os.Exit(2)
	}
	scratch, err := os.MkdirTemp("", "kind-config")
	if err == nil {
		err = check(os.Args[1], scratch)
	}
	os.RemoveAll(scratch)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
