"""What Argo Workflows' controller and executor do with a workflow: values in, values out, no process and no file."""
