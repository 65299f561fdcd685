// An OpenAI-compatible endpoint that answers every question after 50 ms, and counts: what benchmarks ask.
//
//	go run ./tests/bench/eval_stub -address 127.0.0.1:8199 -delay 50ms
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"sync/atomic"
	"time"
)

const answer = `{"id":"1","object":"chat.completion","created":1,"model":"stub","choices":[{"index":0,"finish_reason":"stop",` +
	`"text":"forty two","message":{"role":"assistant","content":"forty two"}}],` +
	`"usage":{"prompt_tokens":12,"completion_tokens":2,"total_tokens":14}}`

func main() {
	address := flag.String("address", "127.0.0.1:8199", "where to listen")
	delay := flag.Duration("delay", 50*time.Millisecond, "how long an answer takes")
	flag.Parse()
	var asked atomic.Int64
	reply := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		asked.Add(1)
		time.Sleep(*delay)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	}
	http.HandleFunc("/v1/chat/completions", reply)
	http.HandleFunc("/v1/completions", reply)
	http.HandleFunc("/v1/models", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, `{"data":[]}`) })
	http.HandleFunc("/asked", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, asked.Load()) })
	log.Fatal(http.ListenAndServe(*address, nil))
}
