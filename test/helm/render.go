// Renders a chart as Helm does: text/template with Sprig, include, tpl, required, toYaml; values from values.yaml, changed
// by --set path=value; every document must be strict YAML with kind, apiVersion and metadata.name. Not Helm: no
// subcharts, hooks or schema.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "render: "+format+"\n", args...)
	os.Exit(1)
}

func load(path string) map[string]any {
	bytes, err := os.ReadFile(path)
	if err != nil {
		fail("%v", err)
	}
	var out map[string]any
	if err := yaml.UnmarshalStrict(bytes, &out); err != nil {
		fail("%s: %v", path, err)
	}
	return out
}

func set(values map[string]any, assignment string) {
	path, raw, ok := strings.Cut(assignment, "=")
	if !ok {
		fail("--set: path=value expected, got %s", assignment)
	}
	var value any
	if err := yaml.Unmarshal([]byte(raw), &value); err != nil {
		fail("--set %s: %v", path, err)
	}
	keys := strings.Split(path, ".")
	for _, key := range keys[:len(keys)-1] {
		next, ok := values[key].(map[string]any)
		if !ok {
			fail("--set %s: no such value", path)
		}
		values = next
	}
	values[keys[len(keys)-1]] = value
}

func main() {
	chart := os.Args[1]
	values := load(filepath.Join(chart, "values.yaml"))
	for _, assignment := range os.Args[2:] {
		set(values, assignment)
	}
	about := load(filepath.Join(chart, "Chart.yaml"))
	capital := map[string]any{}
	for key, value := range about {
		capital[strings.ToUpper(key[:1])+key[1:]] = value
	}
	root := template.New("chart").Option("missingkey=error")
	functions := sprig.TxtFuncMap()
	functions["toYaml"] = func(value any) (string, error) {
		out, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(out), "\n"), err
	}
	functions["required"] = func(message string, value any) (any, error) {
		if value == nil || value == "" {
			return nil, fmt.Errorf("%s", message)
		}
		return value, nil
	}
	functions["include"] = func(name string, data any) (string, error) {
		var out bytes.Buffer
		err := root.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	root.Funcs(functions)
	files, _ := filepath.Glob(filepath.Join(chart, "templates", "*"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			fail("%v", err)
		}
		if _, err := root.New(filepath.Base(file)).Parse(string(text)); err != nil {
			fail("%v", err)
		}
	}
	data := map[string]any{
		"Values":  values,
		"Chart":   capital,
		"Release": map[string]any{"Name": "release", "Namespace": "default", "Service": "Helm"},
	}
	for _, file := range files {
		if !strings.HasSuffix(file, ".yaml") {
			continue
		}
		var out bytes.Buffer
		if err := root.ExecuteTemplate(&out, filepath.Base(file), data); err != nil {
			fail("%v", err)
		}
		if strings.TrimSpace(out.String()) == "" {
			continue
		}
		var document map[string]any
		if err := yaml.UnmarshalStrict(out.Bytes(), &document); err != nil {
			fail("%s: %v\n%s", file, err, out.String())
		}
		metadata, _ := document["metadata"].(map[string]any)
		if document["kind"] == nil || document["apiVersion"] == nil || metadata["name"] == nil {
			fail("%s: kind, apiVersion and metadata.name expected, got\n%s", file, out.String())
		}
		fmt.Printf("---\n# %s\n%s", filepath.Base(file), out.String())
	}
}
