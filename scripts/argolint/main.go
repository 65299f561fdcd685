// argolint checks manifests with Argo Workflows' own linter, with no cluster and no network.
//
// Usage: argolint PATH...     files and folders; every template among them can be referred to
//
// It prints one line a fault, "file: what", and exits 1 when there is one. Argo's linter resolves each CronWorkflow's
// workflowTemplateRef among the given files, so a wrong template name or a missing argument is found here. Fields that
// Argo's types do not have are faults too.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/argoproj/argo-workflows/v4/cmd/argo/lint"
	"github.com/argoproj/argo-workflows/v4/pkg/apiclient"
	"github.com/argoproj/argo-workflows/v4/util/logging"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: argolint PATH...")
		os.Exit(2)
	}
	faults, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "argolint: %v\n", err)
		os.Exit(2)
	}
	if faults > 0 {
		os.Exit(1)
	}
}

// run lints the files below the paths, prints each fault and returns how many there are.
func run(paths []string) (int, error) {
	ctx := logging.WithLogger(context.Background(), logging.NewSlogLogger(logging.Error, logging.Text))
	ctx, client, err := apiclient.NewClientFromOptsWithContext(ctx, apiclient.Opts{Offline: true, OfflineFiles: paths})
	if err != nil {
		return 0, err
	}
	clients, err := serviceClients(ctx, client)
	if err != nil {
		return 0, err
	}
	results, err := lint.Lint(ctx, &lint.LintOptions{Files: paths, Strict: true, ServiceClients: clients})
	if err != nil {
		return 0, err
	}
	faults := 0
	for _, result := range results.Results {
		for _, fault := range result.Errs {
			fmt.Printf("%s: %v\n", result.File, fault)
			faults++
		}
	}
	return faults, nil
}

func serviceClients(ctx context.Context, client apiclient.Client) (lint.ServiceClients, error) {
	clients := lint.ServiceClients{WorkflowsClient: client.NewWorkflowServiceClient(ctx)}
	var err error
	if clients.WorkflowTemplatesClient, err = client.NewWorkflowTemplateServiceClient(); err != nil {
		return clients, err
	}
	if clients.CronWorkflowsClient, err = client.NewCronWorkflowServiceClient(); err != nil {
		return clients, err
	}
	clients.ClusterWorkflowTemplateClient, err = client.NewClusterWorkflowTemplateServiceClient()
	return clients, err
}
