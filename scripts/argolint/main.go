// argolint checks manifests with Argo Workflows' own linter, with no cluster and no network.
//
// Usage: argolint PATH...     files and folders; every template among them can be referred to
//
// It prints one line a fault, "file: what", and exits 1 when there is one. Argo's linter resolves each CronWorkflow's
// workflowTemplateRef among the given files, so a wrong template name or a missing argument is found here. Fields that
// Argo's types do not have are faults too; so is whatever Argo's linter would pass over: text that is not YAML, and
// objects that are not Argo's. EventSources and Sensors of Argo Events are held to their types, and a Workflow that a
// Sensor makes is linted like one of a file.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	events "github.com/argoproj/argo-events/pkg/apis/events/v1alpha1"
	"github.com/argoproj/argo-workflows/v4/cmd/argo/lint"
	"github.com/argoproj/argo-workflows/v4/pkg/apiclient"
	"github.com/argoproj/argo-workflows/v4/pkg/apis/workflow"
	fileutil "github.com/argoproj/argo-workflows/v4/util/file"
	"github.com/argoproj/argo-workflows/v4/util/logging"
	"github.com/argoproj/argo-workflows/v4/workflow/common"
	"sigs.k8s.io/yaml"
)

// separator is what Argo's own parser splits a file at.
var separator = regexp.MustCompile(`\n---`)

// kinds are those that Argo's linter looks at.
var kinds = map[string]bool{
	workflow.ClusterWorkflowTemplateKind: true,
	workflow.CronWorkflowKind:            true,
	workflow.WorkflowKind:                true,
	workflow.WorkflowTemplateKind:        true,
}

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
	faults, made, err := unread(ctx, paths)
	if faults > 0 || err != nil {
		return faults, err // the linter itself passes over these, or stops at the first
	}
	folder, err := os.MkdirTemp("", "argolint")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	for i, workflow := range made {
		file := filepath.Join(folder, fmt.Sprintf("made-by-sensor-%d.yaml", i+1))
		if err := os.WriteFile(file, workflow, 0o600); err != nil {
			return 0, err
		}
		paths = append(paths, file)
	}
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
	for _, result := range results.Results {
		for _, fault := range result.Errs {
			fmt.Printf("%s: %v\n", strings.TrimPrefix(result.File, folder+"/"), fault)
			faults++
		}
	}
	return faults, nil
}

// unread prints a fault for each document below the paths that cannot be read as one of Argo's objects, and returns how
// many there are, and the Workflows that Sensors make.
func unread(ctx context.Context, paths []string) (int, [][]byte, error) {
	faults, made := 0, [][]byte{}
	say := func(file string, what any) {
		fmt.Printf("%s: %v\n", file, what)
		faults++
	}
	for _, path := range paths {
		err := fileutil.WalkManifests(ctx, path, func(file string, data []byte) error {
			for i, text := range separator.Split(string(data), -1) {
				var object map[string]any
				if err := yaml.UnmarshalStrict([]byte(text), &object); err != nil {
					say(file, fmt.Sprintf("document %d is not a YAML object: %v", i+1, err))
				} else if kind, _ := object["kind"].(string); kind == "EventSource" || kind == "Sensor" {
					workflows, err := eventing(kind, []byte(text))
					if err != nil {
						say(file, fmt.Sprintf("document %d: %v", i+1, err))
					}
					made = append(made, workflows...)
				} else if object != nil && !kinds[kind] {
					say(file, fmt.Sprintf("document %d is of kind %q, which is not one of Argo Workflows'", i+1, kind))
				} else if object != nil {
					for _, parsed := range common.ParseObjects(ctx, []byte(text), false) {
						if parsed.Err != nil {
							say(file, fmt.Sprintf("document %d: %v", i+1, parsed.Err))
						}
					}
				}
			}
			return nil
		})
		if err != nil {
			return faults, nil, err
		}
	}
	return faults, made, nil
}

// eventing holds an EventSource or a Sensor to its type and returns the Workflows that it makes.
func eventing(kind string, text []byte) ([][]byte, error) {
	if kind == "EventSource" {
		return nil, yaml.UnmarshalStrict(text, &events.EventSource{})
	}
	sensor := events.Sensor{}
	if err := yaml.UnmarshalStrict(text, &sensor); err != nil {
		return nil, err
	}
	made := [][]byte{}
	for _, trigger := range sensor.Spec.Triggers {
		if k8s := trigger.Template.K8s; k8s != nil && k8s.Source != nil && k8s.Source.Resource != nil {
			workflow, err := json.Marshal(k8s.Source.Resource)
			if err != nil {
				return nil, err
			}
			made = append(made, workflow)
		}
	}
	return made, nil
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
